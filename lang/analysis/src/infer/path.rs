//! Names and paths that stand for items, types and modules.

use std::sync::Arc;

use pipe_syntax::ast::{self, ExprKind as Tree};

use super::Infer;
use crate::checks;
use crate::db::{ItemNode, SourceModule};
use crate::foreign;
use crate::nearest::with_nearest;
use crate::scope::{Found, short};
use crate::typed::{CheckedKind, LocalId};

/// What a path stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entity<'db> {
    /// A local of the body.
    Local(LocalId),
    /// A function, a param, a let, a record or an enum.
    Item(ItemNode<'db>),
    /// The type of checked literals of a kind.
    Checked(CheckedKind),
    /// A module.
    Module(SourceModule),
    /// Something that was reported.
    Broken,
}

impl<'db> Infer<'db> {
    /// What a path stands for; `None` when it is no path, or begins with a name that means nothing.
    pub(crate) fn entity(&mut self, e: &ast::Expr) -> Option<Entity<'db>> {
        match &e.kind {
            Tree::Name(name) => self.entity_of_value(name),
            Tree::TypeName(name) => self.entity_of_type(name),
            Tree::Field { base, optional: false, name: Some(name), .. } => {
                match self.entity_of_module(base)? {
                    Entity::Module(module) => Some(self.member_of_module(module, name)),
                    _ => Some(Entity::Broken),
                }
            }
            _ => None,
        }
    }

    /// The module that an expression names, if it names one.
    pub(crate) fn entity_of_module(&mut self, e: &ast::Expr) -> Option<Entity<'db>> {
        let Tree::Name(name) = &e.kind else { return None };
        match self.entity_of_value(name)? {
            found @ (Entity::Module(_) | Entity::Broken) => Some(found),
            _ => None,
        }
    }

    pub(crate) fn entity_of_value(&mut self, name: &ast::Name) -> Option<Entity<'db>> {
        let entity = self.value_named(&name.text)?;
        self.trace_entity(name.span, entity);
        Some(entity)
    }

    fn value_named(&mut self, name: &str) -> Option<Entity<'db>> {
        if let Some(id) = self.local(name) {
            self.use_local(name);
            return Some(Entity::Local(id));
        }
        if self.names.alias(name).is_some() {
            self.references.aliases.insert(Arc::from(name));
        }
        Some(match self.names.value(name)? {
            Found::Item(node) => Entity::Item(node),
            Found::Module(Some(module)) => Entity::Module(module),
            Found::Module(None) => Entity::Broken,
        })
    }

    fn entity_of_type(&mut self, name: &ast::Name) -> Option<Entity<'db>> {
        let entity = self.type_named(&name.text)?;
        self.trace_entity(name.span, entity);
        Some(entity)
    }

    fn type_named(&self, name: &str) -> Option<Entity<'db>> {
        // The module's own types come first, then the built-in ones, which the prelude declares again for their fields.
        if self.names.own_type(name).is_none()
            && let Some(kind) = CheckedKind::from_name(name)
        {
            return Some(Entity::Checked(kind));
        }
        self.names.ty(name).map(Entity::Item)
    }

    fn member_of_module(&mut self, module: SourceModule, name: &ast::Name) -> Entity<'db> {
        let Some(node) = self.names.member(module, &name.text) else {
            let candidates = self.names.public_names(module);
            let shown = short(&module.id(self.db).0).to_owned();
            let found =
                self.error("unknown-name", format!("module `{shown}` has no `{}`", name.text), name.span);
            let place = self.place(name.span);
            let found = match foreign::member(&module.id(self.db).0, &name.text) {
                Some(here) => foreign::with_here(found, here, place),
                None => with_nearest(found, &name.text, &candidates, place),
            };
            self.report(found);
            return Entity::Broken;
        };
        if !node.public(self.db) {
            let found =
                checks::private(self.names, node, short(&module.id(self.db).0), self.place(name.span));
            self.report(found);
        }
        self.trace_entity(name.span, Entity::Item(node));
        Entity::Item(node)
    }
}
