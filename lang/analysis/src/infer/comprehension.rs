//! Comprehensions: each element is independent of the others, so nothing in them has an effect.

use std::sync::Arc;

use pipe_syntax::{Nested, ast};

use super::context::{Nest, typed};
use super::expected::Want;
use super::{Expected, Infer};
use crate::typed::{Clause, Expr, ExprKind, Type};

impl Infer<'_> {
    pub(crate) fn comprehension(
        &mut self,
        e: &ast::Expr,
        clauses: &[ast::Clause],
        element: &ast::Expr,
        value: Option<&ast::Expr>,
        want: Want<'_>,
    ) -> Expr {
        self.nests.push(Nest::Comprehension);
        self.scopes.push(Vec::new());
        let clauses = clauses.iter().map(|clause| self.clause(clause)).collect();
        let (element, value, ty) = match value {
            Some(value) => self.map_elements(e, element, value, want),
            None => self.list_elements(element, want),
        };
        self.leave_scope(e.span.end);
        self.nests.pop();
        typed(
            ExprKind::Comprehension { clauses, element: Nested::new(element), value: value.map(Nested::new) },
            ty,
            e.span,
        )
    }

    fn clause(&mut self, clause: &ast::Clause) -> Clause {
        match clause {
            ast::Clause::For(binder, list) => {
                let list = self.infer(list);
                let element = self.element_of(&list);
                let binder = self.bind(binder, &element, super::binder::BoundBy::Other);
                Clause::For(binder, list)
            }
            ast::Clause::If(condition) => Clause::If(self.check(condition, &Expected::new(Type::Bool))),
        }
    }

    fn list_elements(&mut self, element: &ast::Expr, want: Want<'_>) -> (Expr, Option<Expr>, Type) {
        let element = match (want.expected(), self.target(want)) {
            (Some(expected), Some(Type::List(ty))) => self.check(element, &expected.part((*ty).clone())),
            (Some(expected), Some(Type::Command)) => {
                let word = expected.part(Type::String).for_purpose(super::expected::Purpose::CommandWord);
                self.check(element, &word)
            }
            (Some(_), Some(Type::Error)) => self.silently(element),
            _ => self.infer(element),
        };
        // An element that was converted has the type it was converted to; one that never returns fits any list.
        let ty = match (self.target(want), &element.ty) {
            (Some(Type::List(ty)), Type::Never) => Type::List(ty),
            _ => Type::List(Arc::new(element.ty.clone())),
        };
        (element, None, ty)
    }

    fn map_elements(
        &mut self,
        e: &ast::Expr,
        key: &ast::Expr,
        value: &ast::Expr,
        want: Want<'_>,
    ) -> (Expr, Option<Expr>, Type) {
        let (wanted_key, wanted_value) = self.pair(e, want);
        let key = self.check(key, &wanted_key);
        let value = self.check(value, &wanted_value);
        let ty = Type::Map(Arc::new(wanted_key.ty), Arc::new(wanted_value.ty));
        self.check_key(&ty, e);
        (key, Some(value), ty)
    }
}
