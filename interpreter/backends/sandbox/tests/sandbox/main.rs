//! Steps run for real, as whoever runs the tests.
#![allow(clippy::unwrap_used, missing_docs)]

mod death;
mod isolation;
mod lab;
mod layers;
mod network;
mod outcomes;
mod probe;
mod secrets;
mod toolchain;
