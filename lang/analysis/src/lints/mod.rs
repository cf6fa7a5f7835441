//! Lints: what is probably a mistake, though the program is right. Each has a level that `[lints]` of `pipe.toml` changes, and
//! `# pipe: allow(code)` takes one back at its place.
//!
//! They are computed for who asks what is wrong (`pipe check`, an editor), never for a program that is to run: nothing
//! that is evaluated depends on one.

mod allow;
mod frame;
mod image;
mod item;
mod key;
mod levels;
mod package;
mod reach;
mod scan;
mod script;
mod secret_env;
mod volume;

pub(crate) use allow::{Allows, allows, unknown as unknown_lint};
pub(crate) use image::{pinned, pins};
pub use levels::{Level, Levels, lints};
pub(crate) use levels::{Opinion, judge, lint};
pub(crate) use package::package_lints;
