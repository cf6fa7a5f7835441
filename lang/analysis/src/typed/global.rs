//! Names of modules and items.

use std::fmt::{self, Debug, Formatter};
use std::ops::Deref;
use std::sync::Arc;

/// The name of a module, unique in a program: `main`, `deploy`, `go_ci/main`, and for the standard library `std/prelude`,
/// `std/host`, …
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub Arc<str>);

/// The name of an item, unique in a program. One pointer, for every call and every type of a body holds one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Global(Arc<GlobalName>);

/// The parts of a [`Global`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalName {
    /// The module that declares it.
    pub module: ModuleId,
    /// Its name there. An operation of a type is `Type.name`: `Container.mount`.
    pub name: Arc<str>,
}

impl Global {
    /// The item of a name in a module.
    pub fn new(module: ModuleId, name: impl Into<Arc<str>>) -> Global {
        Global(Arc::new(GlobalName { module, name: name.into() }))
    }
}

impl Deref for Global {
    type Target = GlobalName;

    fn deref(&self) -> &GlobalName {
        &self.0
    }
}

impl Debug for Global {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Global").field("module", &self.module).field("name", &self.name).finish()
    }
}
