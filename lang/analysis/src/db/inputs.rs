//! Inputs of the database: set from outside, never computed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::package::{Edition, Permissions};
use crate::typed::ModuleId;

/// A file with its text.
#[salsa::input(debug)]
pub(crate) struct SourceFile {
    /// Its name as it is shown to people.
    pub(crate) name: Arc<str>,
    /// Its text.
    pub(crate) text: Arc<str>,
}

/// A module: a file, its name in the program, and what its `use` items mean.
#[salsa::input(debug)]
pub(crate) struct SourceModule {
    /// Its name in the program.
    pub(crate) id: ModuleId,
    /// Its file.
    #[returns(copy)]
    pub(crate) file: SourceFile,
    /// Where it belongs.
    #[returns(copy)]
    pub(crate) role: Role,
    /// The package that it belongs to.
    pub(crate) package: Arc<PackageFacts>,
    /// The modules that its `use` items name.
    pub(crate) imports: Arc<Imports>,
}

/// What its modules are told of a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct PackageFacts {
    /// What its user calls it, behind what that is called itself: `web`, `web/go_ci`. Empty for the package that is checked.
    pub(crate) name: Arc<str>,
    /// What it says that it wants.
    pub(crate) permissions: Permissions,
    /// The language that it is written in.
    pub(crate) edition: Edition,
}

/// The modules that `use` items name, by local name. `None` when it could not be found, which the loader has reported.
pub(crate) type Imports = BTreeMap<Arc<str>, Option<SourceModule>>;

/// Where a module belongs, which decides what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// The standard library: may declare intrinsics, opaque types and operations.
    Std,
    /// The entry module of the root package: may declare params and read the host in defaults.
    Entry,
    /// Another module of the root package: may read the host in defaults.
    Root,
    /// A module of a dependency.
    Dependency,
}

impl Role {
    /// Whether it belongs to the package that is checked.
    pub(crate) fn in_root_package(self) -> bool {
        matches!(self, Role::Entry | Role::Root)
    }
}

/// The modules of the standard library, in the order of `pipe_stdlib::MODULES`.
#[salsa::input(singleton, debug)]
pub(crate) struct StdLibrary {
    pub(crate) modules: Arc<[SourceModule]>,
}

/// Every module of the program but the standard library's, each after those it uses.
#[salsa::input(singleton, debug)]
pub(crate) struct Workspace {
    pub(crate) modules: Arc<[SourceModule]>,
}
