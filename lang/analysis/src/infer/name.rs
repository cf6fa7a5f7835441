//! Names as values.

use std::sync::Arc;

use pipe_syntax::{Span, ast};

use super::context::{broken, typed};
use super::expected::Want;
use super::path::Entity;
use super::text::article;
use super::{Expected, Infer};
use crate::checks;
use crate::db::ItemNode;
use crate::foreign::{self, with_here};
use crate::nearest::with_nearest;
use crate::place::ItemTag;
use crate::signature::{Signature, signature};
use crate::typed::{Expr, ExprKind, Type};

impl<'db> Infer<'db> {
    /// A lower-case name.
    pub(crate) fn name(&mut self, name: &ast::Name) -> Expr {
        match self.entity_of_value(name) {
            Some(Entity::Local(id)) => {
                let ty = self.locals.get(id.0 as usize).map_or(Type::Error, |local| local.decl.ty.clone());
                typed(ExprKind::Local(id), ty, name.span)
            }
            Some(Entity::Item(node)) => self.item_value(node, name.span),
            Some(Entity::Module(_)) => {
                let message = format!("`{}` is a module, not a value", name.text);
                let found = self.error("not-a-value", message, name.span);
                self.report(found.help(format!("use what it holds: `{}.…`", name.text)));
                broken(name.span)
            }
            Some(Entity::Broken | Entity::Checked(_)) => broken(name.span),
            None => self.unknown_name(name),
        }
    }

    fn unknown_name(&mut self, name: &ast::Name) -> Expr {
        let locals: Vec<Arc<str>> =
            self.scopes.iter().rev().flatten().map(|(local, _)| local.clone()).collect();
        let mistyped = pipe_diagnostics::nearest(&name.text, locals.iter().map(|local| &**local)).is_some();
        let candidates: Vec<Arc<str>> = locals.into_iter().chain(self.names.value_names()).collect();
        let found = self.error("unknown-name", format!("there is no `{}` here", name.text), name.span);
        let place = self.place(name.span);
        let found = match (foreign::name(&name.text), self.operation_called(&name.text)) {
            _ if mistyped => with_nearest(found, &name.text, &candidates, place),
            (Some(here), _) => with_here(found, here, place),
            (None, Some(receiver)) => found.help(format!(
                "`{}` is an operation of {}: `x.{}(…)`",
                name.text,
                article(&receiver),
                name.text
            )),
            (None, None) => with_nearest(found, &name.text, &candidates, place),
        };
        self.report(found);
        broken(name.span)
    }

    /// The type of the standard library that has an operation of that name.
    fn operation_called(&self, name: &str) -> Option<Arc<str>> {
        let operations = &self.names.all_std().operations;
        // What is worked on most comes first.
        let first = ["List", "String", "Container"]
            .into_iter()
            .find(|ty| operations.get(*ty).is_some_and(|names| names.contains_key(name)));
        first.map(Arc::from).or_else(|| {
            operations.iter().find(|(_, names)| names.contains_key(name)).map(|(ty, _)| ty.clone())
        })
    }

    /// An item used as a value.
    pub(crate) fn item_value(&mut self, node: ItemNode<'db>, span: Span) -> Expr {
        self.refer(node);
        self.host_access(node, span);
        let global = node.global(self.db);
        match &signature(self.db, node).signature {
            Signature::Function(function) if function.broken => broken(span),
            Signature::Function(function) => {
                let args = self.instantiate(&function.type_params, &function.global.name, span);
                // A function value is given all its arguments.
                self.generic_use(&function.global, &args, &[], span, None);
                let params = function.params.iter().map(|p| args.apply(&p.ty)).collect();
                let ret = args.apply(&function.ret);
                let ret = if function.action { Type::Action(Arc::new(ret)) } else { ret };
                let kind = ExprKind::FunctionValue { function: global, type_args: args.args };
                typed(kind, Type::Function { params, ret: Arc::new(ret) }, span)
            }
            Signature::Value(value) => {
                let kind = match node.key(self.db).kind {
                    ItemTag::Param => ExprKind::Param(global),
                    _ => ExprKind::Let(global),
                };
                typed(kind, value.ty.clone(), span)
            }
            Signature::Record(_) | Signature::Enum(_) | Signature::None => {
                let name = &node.key(self.db).name;
                let found = self.error("not-a-value", format!("`{name}` is a type, not a value"), span);
                self.report(match &signature(self.db, node).signature {
                    Signature::Record(record) if !record.opaque => {
                        found.help(format!("make one: `{name}(…)`"))
                    }
                    Signature::Enum(_) => found.help(format!("choose a variant: `{name}.…`")),
                    _ => found,
                });
                broken(span)
            }
        }
    }

    /// An upper-case name alone: a variant of the enum that is expected, else a type that is no value.
    pub(crate) fn type_name(&mut self, name: &ast::Name, want: Want<'_>) -> Expr {
        let target = self.target(want);
        if matches!(target, Some(Type::Error)) {
            return broken(name.span);
        }
        if let Some(variant) = self.bare_variant(name, None, target.as_ref(), name.span) {
            return variant;
        }
        match self.entity(&ast::Expr { kind: ast::ExprKind::TypeName(name.clone()), span: name.span }) {
            Some(Entity::Item(node)) => self.item_value(node, name.span),
            Some(Entity::Checked(kind)) => {
                let found = self.error("not-a-value", format!("`{kind}` is a type, not a value"), name.span);
                self.report(found);
                broken(name.span)
            }
            _ => self.unknown_variant(name, target.as_ref()),
        }
    }

    /// An upper-case name that means nothing.
    pub(crate) fn unknown_variant(&mut self, name: &ast::Name, target: Option<&Type>) -> Expr {
        let place = self.place(name.span);
        let found = match self.variants_of(target) {
            Some((shown, variants)) => {
                let message = format!("`{shown}` has no variant `{}`", name.text);
                let found = self.error("unknown-variant", message, name.span);
                match pipe_diagnostics::nearest(&name.text, variants.iter().map(|v| &**v)) {
                    Some(_) => with_nearest(found, &name.text, &variants, place),
                    None => found.help(format!("it has {}", variants.join(", "))),
                }
            }
            None => {
                let found =
                    self.error("unknown-name", format!("there is no `{}` here", name.text), name.span);
                match (self.enum_with(&name.text), foreign::name(&name.text)) {
                    (Some(owner), _) => {
                        let full = format!("{owner}.{}", name.text);
                        found.help(format!("which enum is meant is not known here; write `{full}`")).fix(
                            format!("write `{full}`"),
                            place,
                            full,
                        )
                    }
                    (None, Some(here)) => with_here(found, here, place),
                    (None, None) => with_nearest(found, &name.text, &self.names.type_names(), place),
                }
            }
        };
        self.report(found);
        broken(name.span)
    }

    /// An enum of this module or the prelude that has a variant of that name.
    fn enum_with(&self, variant: &str) -> Option<Arc<str>> {
        self.names.type_names().into_iter().find(|name| {
            let node = self.names.ty(name);
            matches!(node.map(|node| &signature(self.db, node).signature),
                Some(Signature::Enum(item)) if item.variant(variant).is_some())
        })
    }

    /// Reports the host where it cannot be read.
    pub(crate) fn host_access(&mut self, node: ItemNode<'db>, span: Span) {
        if let Some(found) = checks::host_access(self, node, span) {
            self.report(found);
        }
    }

    /// Checks an argument that is expected to have a type, for a reason in another item.
    pub(crate) fn check_for(
        &mut self,
        e: &ast::Expr,
        ty: Type,
        node: ItemNode<'db>,
        span: Span,
        why: &str,
    ) -> Expr {
        let expected = Expected::new(ty).because(node.place(self.db, span), why);
        self.check(e, &expected)
    }
}
