//! Tokens, grammar and syntax tree of the pipe language.
//!
//! **Invariant.** Parsing never fails: every text gives a [`ast::Module`] and a list of errors. Spans are relative to
//! their item. Nothing here knows types, files, salsa or I/O.

pub mod ast;
mod span;

pub use span::Span;
