//! The side of the sandbox that lives in `pipe` itself.

mod connection;
mod diagnosis;
mod identity;
mod launch;
mod namespace;
mod output;
mod sandbox;
mod step;

pub(crate) use diagnosis::explain;
pub use identity::layer_owner;
pub use sandbox::{IdRange, Sandbox, SandboxOptions};
