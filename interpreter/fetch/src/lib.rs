//! Packages and commits out of git repositories.
//!
//! **Invariant.** The only crate that starts the `git` program, and always with an empty configuration: no hook, filter, helper or
//! attribute of a repository or of a user runs. Nothing of a repository reaches the file system but files that a caller asks for by
//! their names, under paths that were checked.

mod authorities;
mod commit;
mod error;
mod git;
mod guard;
mod listing;
mod login;
mod remote;
mod shelf;
mod stop;
mod submodules;

pub use commit::{ResolvedName, resolved};
pub use error::FetchError;
pub use git::GitSettings;
pub use login::Login;
pub use remote::{Fetched, Remote, Versions, Wanted, WantedVersion};
pub use shelf::{Scratch, Shelf, write_files};
pub use stop::Stop;
pub use submodules::{Submodule, submodule_address};
