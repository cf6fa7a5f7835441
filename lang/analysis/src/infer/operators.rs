//! Operators.

use std::sync::Arc;

use pipe_syntax::ast::{self, BinaryOp, UnaryOp};
use pipe_syntax::{Nested, Span};

use super::coerce::converted;
use super::context::{broken, typed};
use super::demand::DemandKind;
use super::expected::{Purpose, Want};
use super::mismatch::{is_secret, is_text};
use super::parse::is_result;
use super::text::article;
use super::{Expected, Infer, units};
use crate::checks::{self, no_data, no_order};
use crate::typed::{CheckedKind, Conversion, Expr, ExprKind, Type};

impl Infer<'_> {
    pub(crate) fn unary(&mut self, e: &ast::Expr, op: UnaryOp, operand: &ast::Expr, want: Want<'_>) -> Expr {
        if let (UnaryOp::Negate, ast::ExprKind::Number(number)) = (op, &operand.kind)
            && let Some(reported) = self.negative_number(number, e.span, want)
        {
            return reported;
        }
        let operand = match op {
            UnaryOp::Not => self.check(operand, &Expected::new(Type::Bool)),
            UnaryOp::Negate => match self.target(want) {
                // `-1` where a `Float` is expected.
                Some(Type::Float) => self.check(operand, &Expected::new(Type::Float)),
                _ => self.infer(operand),
            },
        };
        let ty = self.table.resolve(&operand.ty);
        let fits = match op {
            UnaryOp::Not => true,
            UnaryOp::Negate => matches!(ty, Type::Int | Type::Float | Type::Duration),
        };
        match ty {
            Type::Error | Type::Never => broken(e.span),
            _ if !fits => {
                let message = format!("{} has no negative", article(&self.show(&ty)));
                self.report(self.error("operator", message, e.span));
                broken(e.span)
            }
            ty => typed(ExprKind::Unary { op, operand: Nested::new(operand) }, ty, e.span),
        }
    }

    pub(crate) fn binary(
        &mut self,
        e: &ast::Expr,
        op: BinaryOp,
        op_span: Span,
        left: &ast::Expr,
        right: &ast::Expr,
        want: Want<'_>,
    ) -> Expr {
        let (left, right, ty) = match op {
            BinaryOp::And | BinaryOp::Or => {
                let bool = Expected::new(Type::Bool);
                (self.check(left, &bool), self.check(right, &bool), Type::Bool)
            }
            BinaryOp::Equal | BinaryOp::NotEqual => self.equality(op_span, left, right),
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                self.order(op_span, left, right)
            }
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
                self.arithmetic(op, op_span, left, right, want)
            }
            BinaryOp::Default => self.default(left, right, want),
        };
        typed(ExprKind::Binary { op, left: Nested::new(left), right: Nested::new(right) }, ty, e.span)
    }

    /// The right side is checked against the left; a literal on the left takes the type of the right.
    /// `equality`: a side that may be none is compared with one that is not as with `some(…)`.
    fn sides(
        &mut self,
        op_span: Span,
        left: &ast::Expr,
        right: &ast::Expr,
        equality: bool,
    ) -> (Expr, Expr, Type) {
        let swapped = takes_its_type(left) && !takes_its_type(right);
        let (first, second) = if swapped { (right, left) } else { (left, right) };
        let optional = equality && !takes_its_type(second) && !branches(second);
        let mut first = self.infer(first);
        let mut ty = first.ty.clone();
        let text = format!("this side is {}", article(&self.show(&ty)));
        let mut expected = Expected::new(ty.clone()).because(self.place(first.span), text);
        if matches!(self.table.resolve(&ty), Type::Error) {
            expected = Expected::new(Type::Error).because(self.place(op_span), "");
        }
        let known = self.table.resolve(&ty);
        expected.or_optional =
            optional && !matches!(known, Type::Optional(_) | Type::Variable(_) | Type::Error);
        let second = self.check(second, &expected);
        let other = self.table.resolve(&second.ty);
        if expected.or_optional && matches!(other, Type::Optional(_)) {
            first = converted(first, Conversion::ToOptional, other.clone());
            ty = other;
        }
        if swapped { (second, first, ty) } else { (first, second, ty) }
    }

    fn equality(&mut self, op_span: Span, left: &ast::Expr, right: &ast::Expr) -> (Expr, Expr, Type) {
        let (left, right, ty) = self.sides(op_span, left, right, true);
        let ty = self.table.follow(&ty);
        let span = left.span.to(right.span);
        if let Some(part) = no_data(self.db, &ty) {
            let place = self.place(span);
            let found = checks::not_comparable(&part, place);
            self.forget_mismatch(&left, &right);
            self.report(found.label(self.place(op_span), "compared here"));
        } else {
            self.demand(DemandKind::Compare, ty, span);
        }
        (left, right, Type::Bool)
    }

    /// Of what can be compared with nothing, it is no second mistake that the other side has another type.
    fn forget_mismatch(&mut self, left: &Expr, right: &Expr) {
        let sides = [self.place(left.span), self.place(right.span)];
        self.findings.retain(|found| found.code != "type-mismatch" || !sides.contains(&found.primary.place));
    }

    fn order(&mut self, op_span: Span, left: &ast::Expr, right: &ast::Expr) -> (Expr, Expr, Type) {
        let (left, right, ty) = self.sides(op_span, left, right, false);
        let ty = self.table.follow(&ty);
        let span = left.span.to(right.span);
        if let Type::Optional(_) = ty {
            let message = format!("values of `{ty}` have no order: one may be none");
            let found = self.error("operator", message, span).label(self.place(op_span), "compared here");
            self.report(found.help("give another value with `??`, or take it apart with `match`"));
            return (left, right, Type::Bool);
        }
        let found = match no_data(self.db, &ty) {
            Some(part) => Some(checks::not_comparable(&part, self.place(span))),
            None => no_order(self.db, &ty).map(|part| checks::not_ordered(&part, self.place(span))),
        };
        match found {
            Some(found) => {
                self.forget_mismatch(&left, &right);
                self.report(found.label(self.place(op_span), "compared here"));
            }
            None => self.demand(DemandKind::Order, ty, span),
        }
        (left, right, Type::Bool)
    }

    fn arithmetic(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &ast::Expr,
        right: &ast::Expr,
        want: Want<'_>,
    ) -> (Expr, Expr, Type) {
        let left = self.left_operand(op, left, want);
        let ty = self.table.resolve(&left.ty);
        if matches!(ty, Type::Error | Type::Never) {
            let right = self.silently(right);
            return (left, right, Type::Error);
        }
        let (wanted, result) = match (&ty, op) {
            (Type::Duration | Type::Size, _) => return self.with_units(op, op_span, left, right),
            (Type::Int | Type::Float, _) if has_unit(right) => {
                return self.with_units(op, op_span, left, right);
            }
            (Type::Int, BinaryOp::Multiply) => return self.scaled(op_span, left, right),
            (Type::Int | Type::Float, _) => (ty.clone(), ty),
            (Type::String | Type::List(_), BinaryOp::Add) => (ty.clone(), ty),
            _ => {
                let right = self.infer(right);
                self.no_operator(op, op_span, &ty, &left, &right);
                return (left, right, Type::Error);
            }
        };
        let text = format!("this side is {}", article(&self.show(&result)));
        let expected = Expected::new(wanted).because(self.place(left.span), text);
        let right = self.check(right, &expected);
        // What was reported of one side is not reported of both.
        let result = if matches!(right.kind, ExprKind::Error) { Type::Error } else { result };
        (left, right, result)
    }

    /// The left side takes the expected type where the operator keeps it: `["linux/amd64"] + more`.
    fn left_operand(&mut self, op: BinaryOp, left: &ast::Expr, want: Want<'_>) -> Expr {
        let keeps = matches!(op, BinaryOp::Add | BinaryOp::Subtract);
        match (want.expected(), self.target(want)) {
            (Some(expected), Some(Type::Command)) if keeps => {
                let words = expected.part(Type::List(Arc::new(Type::String)));
                self.check(left, &words.for_purpose(super::expected::Purpose::CommandWord))
            }
            (Some(expected), Some(ty @ (Type::List(_) | Type::Float))) if keeps => {
                self.check(left, &expected.part(ty))
            }
            (Some(expected), Some(ty @ Type::Float)) => self.check(left, &expected.part(ty)),
            _ => self.infer(left),
        }
    }

    /// `n * 3`, where the right side may turn out to have a unit.
    fn scaled(&mut self, op_span: Span, left: Expr, right: &ast::Expr) -> (Expr, Expr, Type) {
        let right = self.infer(right);
        let ty = self.table.resolve(&right.ty);
        if matches!(ty, Type::Duration | Type::Size) {
            return self.of_units(BinaryOp::Multiply, op_span, left, right);
        }
        let expected = Expected::new(Type::Int).because(self.place(left.span), "this side is an `Int`");
        let right = self.coerce(right, &expected);
        // What it would be is not known when the other side is broken: `5 * time.Minute`.
        let broken = matches!(ty, Type::Error) || matches!(right.kind, ExprKind::Error);
        let ty = if broken { Type::Error } else { Type::Int };
        (left, right, ty)
    }

    fn with_units(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: Expr,
        right: &ast::Expr,
    ) -> (Expr, Expr, Type) {
        let right = self.infer(right);
        self.of_units(op, op_span, left, right)
    }

    /// A duration or a size with something: like is added to like, a number is a factor, and two of a kind have a ratio.
    fn of_units(&mut self, op: BinaryOp, op_span: Span, left: Expr, right: Expr) -> (Expr, Expr, Type) {
        let (a, b) = (self.table.resolve(&left.ty), self.table.resolve(&right.ty));
        if matches!(b, Type::Error | Type::Never) {
            return (left, right, Type::Error);
        }
        if let Type::Variable(_) = b {
            self.table.unify(&b, &if op == BinaryOp::Multiply { Type::Int } else { a.clone() });
        }
        let b = self.table.resolve(&b);
        match units::result(op, &a, &b) {
            Some(ty) => (left, right, ty),
            None => {
                let (message, help) = units::reason(op, &a, &b);
                let wrong = if matches!(a, Type::Duration | Type::Size) { right.span } else { left.span };
                let found = self.error("operator", message, wrong).label(self.place(op_span), "used here");
                self.report(if help.is_empty() { found } else { found.help(help) });
                (left, right, Type::Error)
            }
        }
    }

    fn no_operator(&mut self, op: BinaryOp, op_span: Span, ty: &Type, left: &Expr, right: &Expr) {
        let symbol = match op {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            _ => "/",
        };
        if is_secret(ty) {
            return self.report(self.secret(left, Purpose::Value));
        }
        let message = format!("{} has no `{symbol}`", article(&self.show(ty)));
        let found = self.error("operator", message, left.span.to(right.span));
        let found = found.label(self.place(op_span), "used here");
        self.report(match ty {
            Type::Checked(CheckedKind::Port | CheckedKind::Percent) => {
                found.help("`.to_int()` is its number")
            }
            Type::Optional(_) => {
                found.help("it may be none: give another value with `??`, or take it apart with `match`")
            }
            Type::Map(..) if op == BinaryOp::Add => found.help("maps are put together by `.merge(other)`"),
            Type::List(_) => found.help("`.filter(fn(x) => …)` leaves elements out"),
            Type::Checked(CheckedKind::Path) if op != BinaryOp::Add => {
                found.help("paths are put together by `.join(part)`")
            }
            Type::Checked(_) => found.help("insert it into a string: `\"${value}…\"`"),
            Type::Opaque(global, _) if &*global.name == "Dir" => {
                found.help("directories are laid over each other by `.merge(other)`")
            }
            _ => found,
        });
    }

    /// `a ?? b`.
    fn default(&mut self, left: &ast::Expr, right: &ast::Expr, want: Want<'_>) -> (Expr, Expr, Type) {
        let wrapped = want.expected().filter(|_| matches!(left.kind, ast::ExprKind::None)).map(|expected| {
            let inner = self.target(Want::Check(expected)).unwrap_or(Type::Error);
            expected.part(Type::Optional(Arc::new(inner)))
        });
        let left = match &wrapped {
            Some(expected) => self.check(left, expected),
            None => self.infer(left),
        };
        let inner = match self.table.resolve(&left.ty) {
            Type::Optional(inner) => self.table.resolve(&inner),
            Type::Error => return (left, self.silently(right), Type::Error),
            ty => {
                let message = format!("this is never none: it is {}", article(&self.show(&ty)));
                let found = self.error("needless-default", message, left.span);
                self.report(match &ty {
                    Type::Enum(global, _) if is_result(global) => {
                        let end = Span { start: left.span.end, end: left.span.end };
                        found.help("it may be an error: `.ok()` is its value, or none").fix(
                            "write `.ok()`",
                            self.place(end),
                            ".ok()",
                        )
                    }
                    _ => found.help("remove `??` and what follows it"),
                });
                self.silently(right);
                return (left, broken(right.span), Type::Error);
            }
        };
        if is_secret(&inner) && self.target(want).is_some_and(|wanted| is_text(&wanted)) {
            let purpose = want.expected().map_or(Purpose::Value, |expected| expected.purpose);
            self.report(self.secret(&left, purpose));
            return (left, self.silently(right), Type::Error);
        }
        let text = format!("this side is {}", article(&format!("{}?", self.show(&inner))));
        let mut expected = Expected::new(inner.clone()).because(self.place(left.span), text);
        expected.or_optional = true;
        let right = self.check(right, &expected);
        let ty = match self.table.resolve(&right.ty) {
            // Reported: what is expected of both together would be the same mistake.
            _ if matches!(right.kind, ExprKind::Error) => Type::Error,
            optional @ Type::Optional(_) => optional,
            _ => inner,
        };
        (left, right, ty)
    }
}

/// Whether an expression is a literal that takes the type that is expected.
fn takes_its_type(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::Paren(inner) => takes_its_type(inner),
        ast::ExprKind::Number(_) => !has_unit(e),
        ast::ExprKind::String(_)
        | ast::ExprKind::TypeName(_)
        | ast::ExprKind::None
        | ast::ExprKind::List { .. }
        | ast::ExprKind::Map { .. } => true,
        _ => false,
    }
}

/// Whether an expression is one of several, each of which takes the type that is expected.
fn branches(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::Paren(inner) => branches(inner),
        kind => matches!(kind, ast::ExprKind::If { .. } | ast::ExprKind::Match { .. }),
    }
}

/// Whether an expression is a duration or a size as it is written.
fn has_unit(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::Paren(inner) => has_unit(inner),
        ast::ExprKind::Number(number) => {
            matches!(number.value, ast::NumValue::Duration(_) | ast::NumValue::Size(_))
        }
        _ => false,
    }
}
