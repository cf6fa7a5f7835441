//! Documentation of packages, made from their declarations: what `pipe doc` shows, and the pages of the standard library in
//! `docs/reference/library`.
//!
//! **Invariant.** No I/O and no evaluation: a [`Snapshot`] in, text out. No page loads anything or lets a text of a package
//! become markup.
//!
//! The way: declarations → [`Docs`] (`collect`) → one HTML page (`html`) or Markdown pages (`markdown`).

mod capabilities;
mod collect;
mod html;
mod markdown;
mod model;

pub use collect::{package, standard_library};
pub use html::page;
pub use markdown::pages;
pub use model::{Docs, Item, Module, Part};
pub use pipe_analysis::inspect::{DeclarationKind, Snapshot};
