//! Plans, schedules and caches the operations of a graph.
//!
//! **Invariant.** Names no backend, knows no language, never prints, reads no environment: what happens is told by the closed
//! [`Event`] enum, and every byte a step prints goes through the one `Redactor`. A [`Graph`](pipe_ops::Graph) may come from
//! anywhere.

mod backend;
mod event;
mod redact;

pub use backend::*;
pub use event::*;
pub use redact::{MIN_SECRET, RedactError, RedactedStream, Redactor};
