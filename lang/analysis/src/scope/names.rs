//! Looking names up from inside a module.

use std::sync::Arc;

use indexmap::IndexMap;

use super::std::{operation, std_name, std_scope};
use super::{ModuleScope, StdScope, module_scope, receiver_name};
use crate::db::{Db, ItemNode, Role, SourceModule, imported, items_of};
use crate::place::ItemTag;
use crate::typed::{CheckedKind, Type};

/// What a name at the start of a path means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'db> {
    /// A function, a param, a let, a record or an enum.
    Item(ItemNode<'db>),
    /// A module, by `use` or as a namespace of the standard library; `None` when the loader could not find it.
    Module(Option<SourceModule>),
}

/// The names that can be used in a module. Each is asked for alone: who asks for all of them, as suggestions do, is computed
/// again whenever one more is declared.
#[derive(Clone, Copy)]
pub(crate) struct Names<'db> {
    pub(crate) db: &'db dyn Db,
    pub(crate) module: SourceModule,
}

impl<'db> Names<'db> {
    /// The names that can be used in a module.
    pub(crate) fn new(db: &'db dyn Db, module: SourceModule) -> Names<'db> {
        Names { db, module }
    }

    /// All names that the module declares.
    pub(crate) fn all_own(&self) -> &'db ModuleScope<'db> {
        module_scope(self.db, self.module)
    }

    /// All names of the standard library.
    pub(crate) fn all_std(&self) -> &'db StdScope<'db> {
        std_scope(self.db)
    }

    /// A function, param, let or `use` item of this module.
    pub(crate) fn own_value(&self, name: &str) -> Option<ItemNode<'db>> {
        self.declared(self.module, name, ItemTag::is_value)
    }

    fn declared(
        &self,
        module: SourceModule,
        name: &str,
        kind: impl Fn(ItemTag) -> bool,
    ) -> Option<ItemNode<'db>> {
        // Nothing can be called by an empty name: the parser has reported its absence.
        let nodes = if name.is_empty() { &[] } else { items_of(self.db, module, name) };
        nodes.iter().copied().find(|node| kind(node.key(self.db).kind))
    }

    /// What a lower-case name means: the module's own first.
    pub(crate) fn value(&self, name: &str) -> Option<Found<'db>> {
        if let Some(node) = self.own_value(name) {
            if node.key(self.db).kind == ItemTag::Use {
                return Some(Found::Module(imported(self.db, self.module, name)));
            }
            return Some(Found::Item(node));
        }
        let std = std_name(self.db, name);
        let module = || std.namespace.map(|module| Found::Module(Some(module)));
        std.value.map(Found::Item).or_else(module)
    }

    /// What an upper-case name means: the module's own first.
    pub(crate) fn ty(&self, name: &str) -> Option<ItemNode<'db>> {
        let own = self.declared(self.module, name, ItemTag::is_type);
        own.or_else(|| self.std_type(name))
    }

    /// A type of the prelude.
    pub(crate) fn std_type(&self, name: &str) -> Option<ItemNode<'db>> {
        std_name(self.db, name).ty
    }

    /// The operation of a type.
    pub(crate) fn operation(&self, ty: &Type, name: &str) -> Option<ItemNode<'db>> {
        operation(self.db, receiver_name(ty)?, name)
    }

    /// All operations of a type.
    pub(crate) fn operations(&self, ty: &Type) -> Option<&'db IndexMap<Arc<str>, ItemNode<'db>>> {
        self.all_std().operations.get(receiver_name(ty)?)
    }

    /// A type that this module declares. Where the standard library declares a built-in type again, for its fields, that is the
    /// built-in one.
    pub(crate) fn own_type(&self, name: &str) -> Option<ItemNode<'db>> {
        let again = CheckedKind::from_name(name).is_some() && self.module.role(self.db) == Role::Std;
        if again { None } else { self.declared(self.module, name, ItemTag::is_type) }
    }

    /// A `use` item of this module with that local name.
    pub(crate) fn alias(&self, name: &str) -> Option<ItemNode<'db>> {
        self.own_value(name).filter(|node| node.key(self.db).kind == ItemTag::Use)
    }

    /// Lower-case names that can be used, own ones first: for suggestions.
    pub(crate) fn value_names(&self) -> Vec<Arc<str>> {
        let own = self.all_own().values.keys();
        let std = self.all_std();
        own.chain(std.values.keys()).chain(std.namespaces.keys()).cloned().collect()
    }

    /// Upper-case names that can be used, own ones first: for suggestions.
    pub(crate) fn type_names(&self) -> Vec<Arc<str>> {
        self.all_own().types.keys().chain(self.all_std().types.keys()).cloned().collect()
    }

    /// A member of another module: lower-case or upper-case. Operations of types are no members.
    pub(crate) fn member(&self, module: SourceModule, name: &str) -> Option<ItemNode<'db>> {
        let value = self.declared(module, name, ItemTag::is_value);
        let value = value.filter(|node| node.key(self.db).kind != ItemTag::Use);
        value.or_else(|| self.declared(module, name, ItemTag::is_type))
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
