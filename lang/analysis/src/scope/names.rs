//! Looking names up from inside a module.

use std::sync::Arc;

use super::{ModuleScope, StdScope, module_scope, std_scope};
use crate::db::{Db, ItemNode, Role, SourceModule};
use crate::place::ItemTag;
use crate::typed::CheckedKind;

/// What a name at the start of a path means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'db> {
    /// A function, a param, a let, a record or an enum.
    Item(ItemNode<'db>),
    /// A module, by `use` or as a namespace of the standard library; `None` when the loader could not find it.
    Module(Option<SourceModule>),
}

/// The names that can be used in a module.
#[derive(Clone, Copy)]
pub(crate) struct Names<'db> {
    pub(crate) db: &'db dyn Db,
    pub(crate) module: SourceModule,
    pub(crate) own: &'db ModuleScope<'db>,
    pub(crate) std: &'db StdScope<'db>,
}

impl<'db> Names<'db> {
    /// The names that can be used in a module.
    pub(crate) fn new(db: &'db dyn Db, module: SourceModule) -> Names<'db> {
        Names { db, module, own: module_scope(db, module), std: std_scope(db) }
    }

    /// What a lower-case name means: the module's own first.
    pub(crate) fn value(&self, name: &str) -> Option<Found<'db>> {
        if let Some(&node) = self.own.values.get(name) {
            if node.key(self.db).kind == ItemTag::Use {
                return Some(Found::Module(self.module.imports(self.db).get(name).copied().flatten()));
            }
            return Some(Found::Item(node));
        }
        if let Some(&node) = self.std.values.get(name) {
            return Some(Found::Item(node));
        }
        self.std.namespaces.get(name).map(|&module| Found::Module(Some(module)))
    }

    /// What an upper-case name means: the module's own first.
    pub(crate) fn ty(&self, name: &str) -> Option<ItemNode<'db>> {
        self.own.types.get(name).or_else(|| self.std.types.get(name)).copied()
    }

    /// A type that this module declares. Where the standard library declares a built-in type again, for its fields, that is the
    /// built-in one.
    pub(crate) fn own_type(&self, name: &str) -> Option<ItemNode<'db>> {
        let again = self.module.role(self.db) == Role::Std && CheckedKind::from_name(name).is_some();
        if again { None } else { self.own.types.get(name).copied() }
    }

    /// A `use` item of this module with that local name.
    pub(crate) fn alias(&self, name: &str) -> Option<ItemNode<'db>> {
        self.own.values.get(name).copied().filter(|node| node.key(self.db).kind == ItemTag::Use)
    }

    /// Lower-case names that can be used, own ones first: for suggestions.
    pub(crate) fn value_names(&self) -> Vec<Arc<str>> {
        let own = self.own.values.keys();
        own.chain(self.std.values.keys()).chain(self.std.namespaces.keys()).cloned().collect()
    }

    /// Upper-case names that can be used, own ones first: for suggestions.
    pub(crate) fn type_names(&self) -> Vec<Arc<str>> {
        self.own.types.keys().chain(self.std.types.keys()).cloned().collect()
    }

    /// A member of another module: lower-case or upper-case. Operations of types are no members.
    pub(crate) fn member(&self, module: SourceModule, name: &str) -> Option<ItemNode<'db>> {
        let scope = module_scope(self.db, module);
        let value = scope.values.get(name).filter(|node| node.key(self.db).kind != ItemTag::Use);
        value.or_else(|| scope.types.get(name)).copied()
    }

    /// The public names of another module: for suggestions.
    pub(crate) fn public_names(&self, module: SourceModule) -> Vec<Arc<str>> {
        let scope = module_scope(self.db, module);
        let all = scope.values.iter().chain(scope.types.iter());
        all.filter(|(name, node)| node.public(self.db) && !name.contains('.'))
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// A module's name as a program writes it: `std/host` is `host`.
pub(crate) fn short(id: &str) -> &str {
    id.strip_prefix("std/").or_else(|| id.strip_suffix("/main")).unwrap_or(id)
}
