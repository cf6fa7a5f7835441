//! The one place that decides what beyond its own folder a package may use.
//!
//! A package may read its own folder, but not through links that leave it. Everything else is granted by the user, in words that
//! [`Grant`] defines; what a graph asks for is found by [`HostAccess::missing`] before anything of it is done.

mod access;
mod ask;
mod grant;
mod path;

pub use access::{Grants, HostAccess, ignore_files_from};
pub use ask::MissingGrant;
pub use grant::{Grant, GrantError, SecretPlace};
pub use path::normalised;
