//! The way into an expression.

use std::sync::Arc;

use pipe_syntax::ast::{self, ExprKind as Tree};
use pipe_syntax::deeper;

use super::Infer;
use super::context::{broken, typed};
use super::expected::{Expected, Want};
use super::table::Unknown;
use crate::typed::{Expr, ExprKind, Type};

impl<'db> Infer<'db> {
    /// The expression, typed, whatever its type.
    pub(crate) fn infer(&mut self, e: &ast::Expr) -> Expr {
        self.expr(e, Want::Infer)
    }

    /// The expression, typed and converted to what is expected; what does not fit is reported.
    pub(crate) fn check(&mut self, e: &ast::Expr, expected: &Expected) -> Expr {
        self.expr(e, Want::Check(expected))
    }

    pub(crate) fn expr(&mut self, e: &ast::Expr, want: Want<'_>) -> Expr {
        if let Want::Check(expected) = want {
            self.trace_expected(e.span, &expected.ty);
        }
        let expr = deeper(|| self.form(e, want));
        let expr = self.bounded(expr);
        self.trace_type(e.span, &expr.ty);
        match want {
            Want::Infer => expr,
            Want::Check(expected) => self.coerce(expr, expected),
        }
    }

    fn form(&mut self, e: &ast::Expr, want: Want<'_>) -> Expr {
        let span = e.span;
        match &e.kind {
            Tree::Name(name) => self.name(name),
            Tree::TypeName(name) => self.type_name(name, want),
            Tree::Number(number) => self.number(number, want),
            Tree::String(string) => self.string(string, want),
            Tree::Script(script) => self.script(script),
            Tree::Bool(value) => typed(ExprKind::Bool(*value), Type::Bool, span),
            Tree::None => self.none(e, want),
            Tree::Paren(inner) => self.expr(inner, want),
            Tree::Tuple(parts) => self.tuple(e, parts, want),
            Tree::List { elements, .. } => self.list(e, elements, want),
            Tree::Map { entries, .. } => self.map(e, entries, want),
            Tree::Comprehension { clauses, element, value } => {
                self.comprehension(e, clauses, element, value.as_deref(), want)
            }
            Tree::Call { callee, args, .. } => self.call(e, callee, args, want),
            Tree::Field { base, optional, name, .. } => self.field(e, base, *optional, name.as_ref()),
            Tree::Pipe(pipe) => self.pipe(e, pipe, want),
            Tree::Unary { op, operand, .. } => self.unary(e, *op, operand, want),
            Tree::Do { do_span, action } => self.do_expr(e, *do_span, action),
            Tree::Binary { op, op_span, left, right } => self.binary(e, *op, *op_span, left, right, want),
            Tree::Lambda { params, body } => self.lambda(e, params, body, want),
            Tree::If { if_span, condition, then, otherwise } => {
                self.if_expr(e, *if_span, condition, then, otherwise.as_deref(), want)
            }
            Tree::Match { match_span, scrutinee, arms } => {
                self.match_expr(e, *match_span, scrutinee, arms, want)
            }
            Tree::Error => broken(span),
        }
    }

    fn none(&mut self, e: &ast::Expr, want: Want<'_>) -> Expr {
        let inner = match want.expected().map(|expected| self.table.resolve(&expected.ty)) {
            Some(Type::Optional(inner)) => (*inner).clone(),
            Some(Type::Error) => Type::Error,
            _ => self.table.fresh(e.span, Unknown::Element),
        };
        typed(ExprKind::None, Type::Optional(Arc::new(inner)), e.span)
    }

    /// Stops types that grow beyond reason.
    fn bounded(&mut self, expr: Expr) -> Expr {
        if matches!(expr.ty, Type::Tuple(_) | Type::Record(..) | Type::Enum(..))
            && self.table.bounded(&expr.ty).is_none()
        {
            // What is made of it is too large as well.
            if !self.findings.iter().any(|found| found.code == "type-too-large") {
                let found = self.error("type-too-large", "the type of this value is too large", expr.span);
                self.report(found.help("give its parts names in a `record`"));
            }
            return broken(expr.span);
        }
        expr
    }

    /// What a literal should take its type from: the expected type without `?`.
    pub(crate) fn target(&self, want: Want<'_>) -> Option<Type> {
        let mut ty = self.table.resolve(&want.expected()?.ty);
        while let Type::Optional(inner) = ty {
            ty = self.table.resolve(&inner);
        }
        Some(ty)
    }

    /// Looks at an expression whose place is not known to expect anything, because of an error that was reported: finds
    /// what it uses and what is wrong inside it, and says nothing about its own type.
    pub(crate) fn silently(&mut self, e: &ast::Expr) -> Expr {
        self.check(e, &Expected::new(Type::Error))
    }
}
