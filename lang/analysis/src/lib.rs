//! Name resolution and type checking of the pipe language, incremental.
//!
//! **Invariant.** The only crate that knows salsa; what it hands out ([`typed::Program`], diagnostics) is plain data. The
//! outside is reached only through the [`System`] trait.
//!
//! The way of a file: text → items (`db`) → names (`scope`) → signatures (`signature`) → bodies (`infer`) → findings
//! of its module (`checks`) and a typed module (`program`). Each step is a query for one module or one item; a body reads
//! the signatures of what it uses and never their bodies, so no query is cyclic and an edit inside a body stays there.

mod analysis;
mod checks;
mod codes;
mod db;
mod expression;
mod foreign;
mod infer;
pub mod inspect;
mod lints;
mod nearest;
mod package;
mod place;
mod program;
mod reachable;
mod scope;
mod signature;
mod system;
pub mod typed;

pub use analysis::{Analysis, COMMAND_LINE, is_command_line};
pub use codes::codes;
pub use db::Work;
pub use expression::CheckedExpression;
pub use lints::{Level, Levels, lints};
pub use package::{
    Dependency, DependencySource, Edited, Edition, LockError, LockedPackage, Manifest, NeededPackage,
    NetworkPermission, PackageFiles, PackageLock, PackageRoot, PackageSource, PackageState, Permissions,
    Reference, Setting, VENDOR, VENDORED, check_repository, folder_in_repository, is_package_file, meaning,
    needed_packages, package_digest, read_package, to_accept, vendor_folders,
};
pub use pipe_literal::platforms;
pub use scope::standard_library;
pub use system::{Entry, FileKind, MAX_FILE_BYTES, MemorySystem, OsSystem, System};
