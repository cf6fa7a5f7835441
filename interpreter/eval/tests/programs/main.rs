//! Programs as users write them, checked and evaluated.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod actions;
mod checks;
mod containers;
mod control;
mod dockerfile;
mod errors;
mod evaluated;
mod graph_text;
mod hello;
mod library;
mod packages;
mod pages;
mod pipeline;
mod rounds;
mod scripts;
mod simulations;
mod symbolic;
mod tests_of_programs;
mod values;
mod variant;
mod variants;
