//! Names of a body: what binds them, and who sees them.

use std::sync::Arc;

use pipe_syntax::{Span, ast};

use super::Infer;
use super::context::Local;
use super::text::article;
use super::trace::Meant;
use crate::place::ItemTag;
use crate::typed::{Binder, LocalDecl, LocalId, Type};

/// What binds a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BoundBy {
    /// A parameter of the function; it may repeat the name of a `param`.
    Parameter,
    /// `let`; it should be used.
    Let,
    /// A `for`, a pattern, a lambda's parameter.
    Other,
}

impl Infer<'_> {
    /// Binds the names of a binder to the parts of a type.
    pub(crate) fn bind(&mut self, binder: &ast::Binder, ty: &Type, by: BoundBy) -> Binder {
        match &binder.kind {
            ast::BinderKind::Name(name) => Binder::Local(self.declare(name, ty.clone(), by)),
            ast::BinderKind::Wildcard | ast::BinderKind::Error => Binder::Wildcard,
            ast::BinderKind::Tuple(parts) => {
                let types = self.tuple_parts(parts.len(), ty, binder.span);
                Binder::Tuple(parts.iter().zip(&types).map(|(part, ty)| self.bind(part, ty, by)).collect())
            }
        }
    }

    /// The types of the parts of a tuple that is taken apart; errors when it is none of that size.
    pub(crate) fn tuple_parts(&mut self, len: usize, ty: &Type, span: Span) -> Vec<Type> {
        match self.table.resolve(ty) {
            Type::Tuple(types) if types.len() == len => types.to_vec(),
            Type::Error | Type::Never => vec![Type::Error; len],
            variable @ Type::Variable(_) => {
                let unknown = super::table::Unknown::Element;
                let types: Vec<Type> = (0..len).map(|_| self.table.fresh(span, unknown.clone())).collect();
                self.table.unify(&variable, &Type::Tuple(types.clone().into()));
                types
            }
            other => {
                let shown = self.show(&other);
                let message = match &other {
                    Type::Tuple(types) => {
                        format!("this takes {len} parts apart; the tuple has {}", types.len())
                    }
                    _ => format!("only a tuple can be taken apart; this is {}", article(&shown)),
                };
                self.report(self.error("type-mismatch", message, span));
                vec![Type::Error; len]
            }
        }
    }

    /// Declares a local in the innermost scope.
    pub(crate) fn declare(&mut self, name: &ast::Name, ty: Type, by: BoundBy) -> LocalId {
        self.shadowing(name, by);
        let id = LocalId(self.locals.len() as u32);
        let text: Arc<str> = name.text.shared();
        let unused_let = by == BoundBy::Let && !text.starts_with('_');
        self.locals.push(Local {
            decl: LocalDecl { name: text.clone(), ty, span: name.span, id },
            unused_let,
            value: None,
        });
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((text, id));
        }
        self.trace_use(name.span, || Meant::Local(id));
        id
    }

    /// The local that a name means, the innermost first.
    pub(crate) fn local(&self, name: &str) -> Option<LocalId> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.iter().rev().find(|(local, _)| &**local == name))
            .map(|(_, id)| *id)
    }

    /// Notes that a local is used.
    pub(crate) fn use_local(&mut self, name: &str) {
        if let Some(id) = self.local(name)
            && let Some(local) = self.locals.get_mut(id.0 as usize)
        {
            local.unused_let = false;
        }
    }

    /// Warns when a name hides another one of the program's own.
    fn shadowing(&mut self, name: &ast::Name, by: BoundBy) {
        if name.text.starts_with('_') || self.matched.as_deref() == Some(name.text.as_str()) {
            return;
        }
        let earlier = match self.local(&name.text) {
            Some(id) => self.locals.get(id.0 as usize).map(|local| self.place(local.decl.span)),
            None => self.shadowed_item(&name.text, by),
        };
        let Some(earlier) = earlier else { return };
        let message = format!("`{}` hides another `{}`", name.text, name.text);
        let found = self.warning("shadowing", message, name.span).label(earlier, "the one that is hidden");
        self.report(found.help("give one of them another name"));
    }

    fn shadowed_item(&self, name: &str, by: BoundBy) -> Option<crate::place::Place> {
        let node = self.names.own_value(name)?;
        let kind = node.key(self.db).kind;
        if kind == ItemTag::Param && by == BoundBy::Parameter {
            return None;
        }
        Some(node.place(self.db, crate::checks::name_span(self.db, node)))
    }
}
