//! Diagnostics as data, and their renderers.
//!
//! **Invariant.** Pure data and pure functions from data to text: no salsa, no I/O, no async, no knowledge of what a
//! diagnostic means. Each diagnostic is built by a small function beside the check that finds it.

mod diagnostic;
mod fixes;
mod lines;
mod nearest;
pub mod render;
mod sources;

pub use diagnostic::*;
pub use fixes::{Applied, apply};
pub use lines::LineStarts;
pub use nearest::nearest;
pub use sources::{Position, Sources};
