//! Expressions.

use super::Formatter;
use super::delimited::Brackets;
use super::doc::{Doc, bracketed, concat, text};
use super::rows::{Documented, Place, Rows};
use crate::Span;
use crate::ast::{Arg, Element, Expr, ExprKind, LambdaBody, LambdaParam, UnaryOp};

impl Formatter<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Name(name) | ExprKind::TypeName(name) => text(name.text.as_str()),
            ExprKind::Number(number) => text(number.text.as_str()),
            ExprKind::String(literal) => self.string(literal),
            ExprKind::Script(literal) => self.script(literal),
            ExprKind::Bool(value) => text(if *value { "true" } else { "false" }),
            ExprKind::None => text("none"),
            ExprKind::Paren(inner) => concat([text("("), self.expr(inner), text(")")]),
            ExprKind::Tuple(parts) => self.tuple(expr.span, parts),
            ExprKind::List { elements, broken } => self.list(expr.span, elements, *broken),
            ExprKind::Map { entries, broken } => self.map(expr.span, entries, *broken),
            ExprKind::Comprehension { clauses, element, value } => {
                self.comprehension(expr.span, clauses, element, value.as_deref())
            }
            ExprKind::Call { .. } | ExprKind::Field { .. } | ExprKind::Pipe(_) => self.chain(expr),
            ExprKind::Unary { op, operand, .. } => {
                let sign = match op {
                    UnaryOp::Negate => "-",
                    UnaryOp::Not => "!",
                };
                concat([text(sign), self.expr(operand)])
            }
            ExprKind::Do { action, .. } => concat([text("do "), self.expr(action)]),
            ExprKind::Binary { .. } => self.infix(expr),
            ExprKind::Lambda { params, body } => self.lambda(expr.span, params, body),
            ExprKind::If { .. } => {
                let open = self.place(expr.span).start;
                self.if_else(expr, open)
            }
            ExprKind::Match { scrutinee, arms, .. } => self.matching(expr.span, scrutinee, arms),
            ExprKind::Error => text(self.slice(expr.span)),
        }
    }

    fn tuple(&mut self, span: Span, parts: &[Expr]) -> Doc {
        let place = self.place(span);
        let (open, close) = (place.start + 1, place.end.saturating_sub(1));
        let places: Vec<_> = parts.iter().map(|part| self.place(part.span)).collect();
        let broken = self.breaks_first(open, &places);
        let rows = self.plain_rows(open, close, parts, &places, Self::expr);
        Brackets { open: "(", close: ")", broken, hugs: Vec::new() }.doc(rows)
    }

    fn list(&mut self, span: Span, elements: &[Element], broken: bool) -> Doc {
        let place = self.place(span);
        let places = elements.iter().map(|element| self.place(value(element).span)).collect();
        let places = self.at_first_tokens(place.start + 1, places);
        let rows = self.plain_rows(
            place.start + 1,
            place.end.saturating_sub(1),
            elements,
            &places,
            |this, element| match element {
                Element::Item(value) => this.expr(value),
                Element::Spread(value) => concat([text(".."), this.expr(value)]),
            },
        );
        Brackets { open: "[", close: "]", broken, hugs: Vec::new() }.doc(rows)
    }

    fn map(&mut self, span: Span, entries: &[(Expr, Expr)], broken: bool) -> Doc {
        if entries.is_empty() {
            return text("[:]");
        }
        let place = self.place(span);
        let places: Vec<_> = entries.iter().map(|(key, value)| self.place(key.span.to(value.span))).collect();
        let rows = self.plain_rows(
            place.start + 1,
            place.end.saturating_sub(1),
            entries,
            &places,
            |this, (key, value)| concat([this.expr(key), text(": "), this.expr(value)]),
        );
        Brackets { open: "[", close: "]", broken, hugs: Vec::new() }.doc(rows)
    }

    fn lambda(&mut self, span: Span, params: &[LambdaParam], body: &LambdaBody) -> Doc {
        let params = params.iter().map(|param| self.lambda_param(param)).collect();
        let head = concat([text("fn"), bracketed("(", params, ")"), text(" => ")]);
        let body = match body {
            LambdaBody::Expr(body) => self.expr(body),
            LambdaBody::Block(body) => {
                let open = self.place(span).start;
                self.block(body, open)
            }
        };
        concat([head, body])
    }

    fn lambda_param(&mut self, param: &LambdaParam) -> Doc {
        let binder = self.binder(&param.binder);
        match &param.ty {
            Some(ty) => concat([binder, text(": "), self.ty(ty)]),
            None => binder,
        }
    }

    /// The place of an argument.
    pub(super) fn arg_place(&self, arg: &Arg) -> Place {
        self.place(arg.name.as_ref().map_or(arg.value.span, |name| name.span.to(arg.value.span)))
    }

    /// Rows without documentation, whose places are known.
    pub(super) fn plain_rows<T>(
        &mut self,
        open: u32,
        close: u32,
        parts: &[T],
        places: &[Place],
        mut build: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Rows {
        let placed: Vec<(Place, &T)> = places.iter().copied().zip(parts).collect();
        let around = Place { start: open, end: close };
        self.rows(around, Documented::No, &placed, |part| part.0, |this, part| build(this, part.1))
    }
}

fn value(element: &Element) -> &Expr {
    match element {
        Element::Item(value) | Element::Spread(value) => value,
    }
}
