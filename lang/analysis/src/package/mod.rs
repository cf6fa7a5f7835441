//! Packages: where they begin, what their manifest says, and which modules they are made of.

mod imports;
mod lints;
mod loader;
mod manifest;
mod root;

pub(crate) use loader::{Loaded, Loader, pipe_files};
pub use manifest::{Dependency, DependencySource, Manifest, Permissions, Setting};
pub use root::PackageRoot;
pub(crate) use root::{absolute, shown};
