//! Facts and trees of the git repository that a package stands in.
//!
//! **Invariant.** Runs no program: no hook, filter, pager, external diff or file-system monitor, whatever the repository's
//! configuration says. Reads the repository and its own folder, no other configuration and no environment; writes nothing but the store.

mod diff;
mod dirty;
mod error;
mod facts;
mod open;
mod submodules;
mod tree;

pub use error::GitError;
pub use facts::Commit;
pub use open::Repository;
pub use tree::fill_commit;
