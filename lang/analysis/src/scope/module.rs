//! The names that a module declares.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::db::{Db, ItemNode, SourceModule, items};

/// The names that a module declares. Knows no tree, so an edit inside an item leaves it equal.
#[derive(Clone, Debug, PartialEq, Eq, Default, salsa::SalsaValue)]
pub(crate) struct ModuleScope<'db> {
    /// Functions, actions, params, lets, and the local names of `use` items.
    pub(crate) values: IndexMap<Arc<str>, ItemNode<'db>>,
    /// Records and enums.
    pub(crate) types: IndexMap<Arc<str>, ItemNode<'db>>,
    /// Items whose name another one has already taken, with that one.
    pub(crate) duplicates: Vec<(ItemNode<'db>, ItemNode<'db>)>,
}

/// The names that a module declares.
#[salsa::tracked]
pub(crate) fn module_scope<'db>(db: &'db dyn Db, module: SourceModule) -> ModuleScope<'db> {
    let mut scope = ModuleScope::default();
    for &node in &items(db, module).nodes {
        let key = node.key(db);
        let names = match key.kind {
            kind if kind.is_value() => &mut scope.values,
            kind if kind.is_type() => &mut scope.types,
            _ => continue,
        };
        // Nothing can be called by an empty name: the parser has reported its absence.
        if key.name.is_empty() {
            continue;
        }
        match names.get(&key.name) {
            Some(&first) => scope.duplicates.push((node, first)),
            None => {
                names.insert(key.name.clone(), node);
            }
        }
    }
    scope
}
