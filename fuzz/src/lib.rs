//! What is demanded of whatever reads bytes that others wrote, one target a module. A target panics when a demand is not met;
//! `cargo xtask fuzz` looks for bytes that make it.
//!
//! **Invariant.** Nothing here is used by the product; nothing here reaches the network.

pub mod archive;
pub mod checker;
mod demands;
pub mod dockerfile;
pub mod editor;
pub mod evaluator;
pub mod formatter;
pub mod framing;
pub mod image;
pub mod lexer;
pub mod manifest;
pub mod mutator;
pub mod parser;
mod project;
mod scratch;

/// Runs a target on bytes that are a text; others say nothing new.
pub fn with_text(data: &[u8], run: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(data) {
        run(text);
    }
}
