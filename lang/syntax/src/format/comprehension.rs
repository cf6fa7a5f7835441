//! Comprehensions.

use super::Formatter;
use super::doc::{Doc, Fit, INDENT, Layout, choice, concat, group, hard, indent, join, line, text};
use super::rows::{Documented, Place, Row, Rows};
use crate::Span;
use crate::ast::{Clause, Expr};

/// A part of a comprehension: a `for` with the `if`s behind it, or what is built.
enum Part<'e> {
    For(&'e [Clause]),
    Element(&'e Expr, Option<&'e Expr>),
}

impl Formatter<'_> {
    pub(super) fn comprehension(
        &mut self,
        span: Span,
        clauses: &[Clause],
        element: &Expr,
        value: Option<&Expr>,
    ) -> Doc {
        let place = self.place(span);
        let around = Place { start: place.start + 1, end: place.end.saturating_sub(1) };
        let mut parts: Vec<Part<'_>> = loops(clauses).into_iter().map(Part::For).collect();
        parts.push(Part::Element(element, value));
        let places = parts.iter().map(|part| self.part_place(part)).collect();
        let places = self.at_first_tokens(around.start, places);
        let broken = places.first().is_some_and(|first| self.breaks(around.start, first.start));
        let placed: Vec<_> = places.into_iter().zip(&parts).collect();
        let rows = self.rows(
            around,
            Documented::No,
            &placed,
            |part| part.0,
            |this, (_, part)| match part {
                Part::For(clauses) => this.clauses(clauses),
                Part::Element(element, value) => this.element(element, *value),
            },
        );
        lay_out(rows, broken)
    }

    fn part_place(&self, part: &Part<'_>) -> Place {
        match part {
            Part::For(clauses) => {
                let spans = clauses.iter().map(|clause| match clause {
                    Clause::For(binder, list) => binder.span.to(list.span),
                    Clause::If(condition) => condition.span,
                });
                self.place(spans.reduce(Span::to).unwrap_or_default())
            }
            Part::Element(element, value) => {
                self.place(value.map_or(element.span, |value| element.span.to(value.span)))
            }
        }
    }

    /// `for p in ps if a if b`.
    fn clauses(&mut self, clauses: &[Clause]) -> Doc {
        let mut parts = Vec::new();
        for clause in clauses {
            match clause {
                Clause::For(binder, list) => {
                    let binder = self.binder(binder);
                    parts.push(concat([text("for "), binder, text(" in "), self.expr(list)]));
                }
                Clause::If(condition) => {
                    let condition = self.expr(condition);
                    parts.push(indent(concat([line(), text("if "), condition])));
                }
            }
        }
        group(concat(parts))
    }

    fn element(&mut self, element: &Expr, value: Option<&Expr>) -> Doc {
        let element = self.expr(element);
        match value {
            Some(value) => concat([element, text(": "), self.expr(value)]),
            None => element,
        }
    }
}

/// The clauses, cut before each `for`.
fn loops(clauses: &[Clause]) -> Vec<&[Clause]> {
    let mut out = Vec::new();
    let mut rest = clauses;
    while !rest.is_empty() {
        let next =
            rest.iter().skip(1).position(|c| matches!(c, Clause::For(..))).map_or(rest.len(), |n| n + 1);
        let (first, others) = rest.split_at(next);
        out.push(first);
        rest = others;
    }
    out
}

fn lay_out(mut rows: Rows, broken: bool) -> Doc {
    let comments = rows.has_comments();
    let docs: Vec<Doc> = rows.docs().collect();
    let Some((element, clauses)) = docs.split_last() else { return text("[]") };
    let head = join(clauses.iter().cloned(), " ");
    let Some(last) = rows.rows.pop() else { return text("[]") };
    let loops = Rows { rows: rows.rows, dangling: Vec::new() };
    let doc = concat([text("=> "), element.clone()]);
    let arrow = Rows { rows: vec![Row { doc, ..last }], dangling: rows.dangling };
    // The arrow stands one level in from the clauses.
    let lines = concat([hard(false), loops.lines(""), indent(concat([hard(false), arrow.lines("")]))]);
    let expanded = concat([text("["), indent(lines), hard(false), text("]")]);
    if broken || comments {
        return expanded;
    }
    let compact = concat([text("["), head.clone(), text(" => "), element.clone(), text("]")]);
    let mut layouts = Vec::new();
    if !compact.is_multi() {
        layouts.push(Layout::compact(&compact));
    }
    // A line before the arrow and one from it on.
    if let (Some(width), Some(arrow)) = (head.shape().flat(), element.shape().flat()) {
        let second = indent(concat([hard(false), text("=> "), element.clone()]));
        let two = concat([text("["), head, second, text("]")]);
        layouts
            .push(Layout::broken(&two, vec![Fit::here(1 + width), Fit::line(INDENT, 4 + arrow).with_rest()]));
    }
    choice(layouts, expanded)
}
