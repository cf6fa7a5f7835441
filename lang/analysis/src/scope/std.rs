//! The names of the standard library: the prelude's, its namespaces, and the operations of types.

use std::sync::Arc;

use indexmap::IndexMap;
use pipe_stdlib::{MODULES, Scope};

use super::module_scope;
use crate::db::{Db, ItemNode, SourceModule, StdLibrary};
use crate::typed::Type;

/// The names of the standard library.
#[derive(Clone, Debug, PartialEq, Eq, Default, salsa::SalsaValue)]
pub(crate) struct StdScope<'db> {
    /// Functions and values of the prelude.
    pub(crate) values: IndexMap<Arc<str>, ItemNode<'db>>,
    /// Types of the prelude.
    pub(crate) types: IndexMap<Arc<str>, ItemNode<'db>>,
    /// Modules that are there without `use`: `workspace`, `host`, …
    pub(crate) namespaces: IndexMap<Arc<str>, SourceModule>,
    /// Operations by the name of their type, then by their own.
    pub(crate) operations: IndexMap<Arc<str>, IndexMap<Arc<str>, ItemNode<'db>>>,
}

/// The names of the standard library.
#[salsa::tracked]
pub(crate) fn std_scope<'db>(db: &'db dyn Db) -> StdScope<'db> {
    let mut scope = StdScope::default();
    for (source, &module) in MODULES.iter().zip(StdLibrary::get(db).modules(db).iter()) {
        let own = module_scope(db, module);
        for (name, node) in &own.values {
            if let Some((receiver, operation)) = name.split_once('.') {
                scope.operations.entry(receiver.into()).or_default().insert(operation.into(), *node);
            } else if source.scope == Scope::Prelude {
                scope.values.insert(name.clone(), *node);
            }
        }
        match source.scope {
            Scope::Prelude => scope.types.extend(own.types.iter().map(|(name, node)| (name.clone(), *node))),
            Scope::Namespace(name) => {
                scope.namespaces.insert(name.into(), module);
            }
        }
    }
    scope
}

/// What a name of the standard library means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, salsa::SalsaValue)]
pub(crate) struct StdName<'db> {
    /// A function or value of the prelude.
    pub(crate) value: Option<ItemNode<'db>>,
    /// A type of the prelude.
    pub(crate) ty: Option<ItemNode<'db>>,
    /// A module that is there without `use`.
    pub(crate) namespace: Option<SourceModule>,
}

/// What a name of the standard library means: who asks for one is not computed again when another one is declared.
pub(crate) fn std_name<'db>(db: &'db dyn Db, name: &str) -> StdName<'db> {
    std_named(db, Word::new(db, name))
}

/// The operation of a type.
pub(crate) fn operation<'db>(db: &'db dyn Db, receiver: &str, name: &str) -> Option<ItemNode<'db>> {
    operation_named(db, Operation::new(db, receiver, name))
}

#[salsa::interned(debug)]
struct Word<'db> {
    text: String,
}

#[salsa::tracked(returns(copy))]
fn std_named<'db>(db: &'db dyn Db, name: Word<'db>) -> StdName<'db> {
    let (scope, name) = (std_scope(db), name.text(db).as_str());
    StdName {
        value: scope.values.get(name).copied(),
        ty: scope.types.get(name).copied(),
        namespace: scope.namespaces.get(name).copied(),
    }
}

#[salsa::interned(debug)]
struct Operation<'db> {
    receiver: String,
    name: String,
}

#[salsa::tracked(returns(copy))]
fn operation_named<'db>(db: &'db dyn Db, operation: Operation<'db>) -> Option<ItemNode<'db>> {
    let operations = std_scope(db).operations.get(operation.receiver(db).as_str())?;
    operations.get(operation.name(db).as_str()).copied()
}

/// The text of a module of the standard library: `std/prelude`.
pub fn standard_library(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|source| source.name == name).map(|source| source.text)
}

/// The name under which the operations of a type are declared.
pub(crate) fn receiver_name(ty: &Type) -> Option<&str> {
    Some(match ty {
        Type::Bool => "Bool",
        Type::Int => "Int",
        Type::Float => "Float",
        Type::String => "String",
        Type::Duration => "Duration",
        Type::Size => "Size",
        Type::Checked(kind) => kind.name(),
        Type::List(_) => "List",
        Type::Map(..) => "Map",
        Type::Action(_) => "Action",
        // A type of the program may have the name of one that has operations.
        Type::Opaque(global, _) | Type::Record(global, _) | Type::Enum(global, _)
            if global.module.0.starts_with("std/") =>
        {
            &global.name
        }
        _ => return None,
    })
}
