//! Services: processes that run beside the commands that use them.
//!
//! A service's node only says what it is. An instance is started when a command that is bound to it really runs, and lives as long as
//! somebody holds it: that command, or, of a shared one, the node itself, which is dropped with its last user.

mod chain;
mod death;
mod define;
mod instance;
mod log;
mod running;
mod up;
mod used;

pub(crate) use chain::warnings;
pub use define::ServiceValue;
pub(crate) use define::{PreparedBinding, bindings, define};
pub(crate) use running::RunningServices;
pub(crate) use up::up;
pub(crate) use used::{InUse, Lost};
