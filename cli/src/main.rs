//! The pipe command line.
fn main() {}
