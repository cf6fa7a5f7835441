//! Packages: where they begin, what their manifest says, which modules they are made of, and which others they need.

mod content;
mod dependencies;
mod edition;
mod fetched;
mod imports;
mod lints;
mod loader;
mod lock;
mod manifest;
mod needed;
mod permissions;
mod root;
mod source;
mod target;
mod unusable;
mod vendor;

pub use content::{PackageFiles, is_package_file, package_digest, read_package};
pub use edition::Edition;
pub use loader::Edited;
pub(crate) use loader::{Loaded, Loader, pipe_files};
pub use lock::{LockError, LockedPackage, PackageLock};
pub use manifest::{Dependency, DependencySource, Manifest, Setting};
pub use needed::{NeededPackage, PackageState, needed_packages};
pub(crate) use permissions::EFFECTS;
pub use permissions::{NetworkPermission, Permissions, meaning, to_accept};
pub use root::PackageRoot;
pub(crate) use root::{absolute, shown};
pub use source::{PackageSource, Reference, check_repository, folder_in_repository};
pub use vendor::{VENDOR, VENDORED, vendor_folders};
