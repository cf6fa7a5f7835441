//! Name resolution and type checking of the pipe language, incremental.
//!
//! **Invariant.** The only crate that knows salsa; what it hands out ([`typed::Program`], diagnostics) is plain data. The
//! outside is reached only through the `System` trait.

pub mod typed;
