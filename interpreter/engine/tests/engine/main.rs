//! The engine with a real store and a backend of closures: graphs are built here by hand, without the language.
#![allow(clippy::unwrap_used, missing_docs)]

mod backend;
mod breakpoints;
mod caching;
mod cancelling;
mod failures;
mod flight;
mod graphs;
mod host;
mod output;
mod planning;
mod property;
mod reasons;
mod rounds;
mod scheduling;
mod secrets;
mod sessions;
mod world;
