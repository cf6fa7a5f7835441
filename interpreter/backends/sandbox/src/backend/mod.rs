//! The side of the sandbox that lives in `pipe` itself.

mod connection;
mod diagnosis;
mod identity;
mod launch;
mod namespace;
mod output;
mod sandbox;
mod shell;
mod step;

pub use identity::layer_owner;
pub(crate) use identity::{range_command, root_ranges, user_name};
pub use sandbox::{IdRange, Sandbox, SandboxOptions};
