//! What an editor wants to know of a body besides its typed form: what each written name means, the type of each written
//! expression, and who sees which local. Gathered only when it is asked for, so that checking pays nothing.

use std::sync::Arc;

use pipe_syntax::{Span, ast};

use super::Infer;
use super::arguments::Callable;
use super::call::CallSite;
use super::path::Entity;
use crate::db::{ItemNode, SourceModule};
use crate::scope::{Found, Names};
use crate::typed::{Body, CheckedKind, LocalId, Type};

/// What a body was found to mean. Spans are relative to its item.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace<'db> {
    /// Written expressions, with their types before any conversion.
    pub(crate) types: Vec<(Span, Type)>,
    /// Written expressions whose place takes a value of a certain type, with that type.
    pub(crate) expected: Vec<(Span, Type)>,
    /// Written names.
    pub(crate) uses: Vec<(Span, Meant<'db>)>,
    /// Where locals stop being visible.
    pub(crate) visible: Vec<Visible>,
    pub(crate) calls: Vec<TracedCall<'db>>,
}

/// What a written name means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meant<'db> {
    Local(LocalId),
    Item(ItemNode<'db>),
    Part(ItemNode<'db>, Part),
    Module(SourceModule),
    Checked(CheckedKind),
}

/// A part of an item that has a name, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Of a function.
    Parameter(usize),
    /// Of a record.
    Field(usize),
    /// Of an enum.
    Variant(usize),
    /// Of a variant of an enum.
    Payload(usize, usize),
}

/// Where a local can be seen: from `from` to `until`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visible {
    pub(crate) local: LocalId,
    pub(crate) from: u32,
    pub(crate) until: u32,
}

/// A call of something that has named parameters.
#[derive(Clone, Debug)]
pub(crate) struct TracedCall<'db> {
    pub(crate) site: CallSite,
    pub(crate) node: ItemNode<'db>,
    /// The variant, when it is one of an enum.
    pub(crate) variant: Option<usize>,
    /// Parameters that are given otherwise: the receiver, or what stands before `|>`.
    pub(crate) skip: usize,
    /// The parameters' types in this call.
    pub(crate) types: Vec<Type>,
}

/// A finished body with what it was found to mean.
#[derive(Clone, Debug)]
pub(crate) struct Traced<'db> {
    pub(crate) body: Arc<Body>,
    pub(crate) trace: Trace<'db>,
}

impl<'db> Infer<'db> {
    /// Notes the type of a written expression.
    pub(super) fn trace_type(&mut self, span: Span, ty: &Type) {
        if let Some(trace) = &mut self.trace {
            trace.types.push((span, ty.clone()));
        }
    }

    /// Notes which type the place of a written expression takes.
    pub(super) fn trace_expected(&mut self, span: Span, ty: &Type) {
        if let Some(trace) = &mut self.trace {
            trace.expected.push((span, ty.clone()));
        }
    }

    /// Notes what a written name means.
    pub(super) fn trace_use(&mut self, span: Span, meant: impl FnOnce() -> Meant<'db>) {
        if let Some(trace) = &mut self.trace {
            trace.uses.push((span, meant()));
        }
    }

    /// Lets what was noted as one local be another: the alternatives of a pattern bind the same ones.
    pub(super) fn trace_same_local(&mut self, from: LocalId, to: LocalId) {
        for (_, meant) in self.trace.iter_mut().flat_map(|trace| &mut trace.uses) {
            if matches!(meant, Meant::Local(id) if *id == from) {
                *meant = Meant::Local(to);
            }
        }
    }

    pub(super) fn trace_entity(&mut self, span: Span, entity: Entity<'db>) {
        let meant = match entity {
            Entity::Local(id) => Meant::Local(id),
            Entity::Item(node) => Meant::Item(node),
            Entity::Checked(kind) => Meant::Checked(kind),
            Entity::Module(module) => Meant::Module(module),
            Entity::Broken => return,
        };
        self.trace_use(span, || meant);
    }

    pub(super) fn trace_call(&mut self, callable: &Callable<'_, 'db>, site: CallSite, piped: usize) {
        if let Some(trace) = &mut self.trace {
            let (node, variant, skip) = (callable.node, callable.variant, callable.skip + piped);
            trace.calls.push(TracedCall { site, node, variant, skip, types: callable.types.clone() });
        }
    }

    /// Ends the innermost scope, whose locals are visible up to a place.
    pub(super) fn leave_scope(&mut self, until: u32) {
        let left = self.scopes.pop().unwrap_or_default();
        self.trace_scope(left.into_iter().map(|(_, id)| id), until);
    }

    /// Ends all scopes that are left: of parameters.
    pub(super) fn leave_all_scopes(&mut self) {
        while !self.scopes.is_empty() {
            self.leave_scope(u32::MAX);
        }
    }

    fn trace_scope(&mut self, locals: impl Iterator<Item = LocalId>, until: u32) {
        let Some(trace) = &mut self.trace else { return };
        for local in locals {
            let Some(known) = self.locals.get(local.0 as usize) else { continue };
            // A name is not known in its own value.
            let from = known.value.map_or(known.decl.span.end, |value| value.end);
            trace.visible.push(Visible { local, from, until });
        }
    }

    /// Looks at what stands before a point behind which nothing follows yet: an editor asks for its type, and everybody else
    /// has been told what is wrong.
    pub(super) fn unfinished(&mut self, base: &ast::Expr) {
        if self.trace.is_none() {
            self.silently(base);
        } else if self.type_path(base).is_none() && self.entity_of_module(base).is_none() {
            self.infer(base);
        }
    }
}

/// Notes what the names of a written type mean.
pub(crate) fn trace_written_type<'db>(
    names: Names<'db>,
    ty: &ast::TypeExpr,
    uses: &mut Vec<(Span, Meant<'db>)>,
) {
    match &ty.kind {
        ast::TypeKind::Named { modules, name, args } => {
            let meant = match &**modules {
                [] => match (names.own_type(&name.text), CheckedKind::from_name(&name.text)) {
                    (Some(node), _) => Some(Meant::Item(node)),
                    (None, Some(kind)) => Some(Meant::Checked(kind)),
                    (None, None) => names.ty(&name.text).map(Meant::Item),
                },
                [module, ..] => match names.value(&module.text) {
                    Some(Found::Module(Some(target))) => {
                        uses.push((module.span, Meant::Module(target)));
                        names.member(target, &name.text).map(Meant::Item)
                    }
                    _ => None,
                },
            };
            uses.extend(meant.map(|meant| (name.span, meant)));
            args.iter().for_each(|arg| trace_written_type(names, arg, uses));
        }
        ast::TypeKind::Optional(inner) => trace_written_type(names, inner, uses),
        ast::TypeKind::Tuple(parts) => parts.iter().for_each(|part| trace_written_type(names, part, uses)),
        ast::TypeKind::Function { params, ret } => {
            params.iter().for_each(|param| trace_written_type(names, param, uses));
            trace_written_type(names, ret, uses);
        }
        ast::TypeKind::Error => {}
    }
}
