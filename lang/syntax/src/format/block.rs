//! Blocks, statements, `if` and `match`.

use super::Formatter;
use super::doc::{Doc, Layout, choice, concat, hard, indent, join, text};
use super::rows::Rows;
use crate::Span;
use crate::ast::{Arm, ArmBody, Block, Else, Expr, ExprKind, Statement, StatementKind};

/// A block in both layouts.
struct Layouts {
    /// On one line, if the author wrote it so and it can be.
    flat: Option<Doc>,
    broken: Doc,
}

impl Layouts {
    /// Parts between braces, of which only those that the author left on one line can be there. `between` stands
    /// between two of them on one line.
    fn braces(rows: Rows, broken: bool, between: &str) -> Layouts {
        if rows.is_empty() {
            return Layouts { flat: Some(text("{}")), broken: text("{}") };
        }
        let parts: Vec<Doc> = rows.docs().collect();
        let flat = (!broken && !rows.has_comments() && !parts.iter().any(Doc::is_multi))
            .then(|| concat([text("{ "), join(parts, between), text(" }")]));
        let lines = indent(concat([hard(false), rows.lines("")]));
        Layouts { flat, broken: concat([text("{"), lines, hard(false), text("}")]) }
    }

    fn choice(self) -> Doc {
        choice(self.flat.iter().map(Layout::compact).collect(), self.broken)
    }
}

/// Braces with parts that a comma or a line end separates: fields, variants, arms.
pub(super) fn comma_braces(rows: Rows, broken: bool) -> Doc {
    Layouts::braces(rows, broken, ", ").choice()
}

impl Formatter<'_> {
    /// A block. Comments from `open` on that have no place yet go to its top.
    pub(super) fn block(&mut self, block: &Block, open: u32) -> Doc {
        self.block_layouts(block, open).choice()
    }

    fn block_layouts(&mut self, block: &Block, open: u32) -> Layouts {
        let place = self.place(block.span);
        let places: Vec<_> = block.statements.iter().map(|s| self.place(s.span)).collect();
        let broken = places.len() > 1 || self.breaks_first(place.start + 1, &places);
        let close = place.end.saturating_sub(1);
        let rows = self.plain_rows(open, close, &block.statements, &places, Self::statement);
        Layouts::braces(rows, broken, " ")
    }

    fn statement(&mut self, statement: &Statement) -> Doc {
        match &statement.kind {
            StatementKind::Let { binder, ty, value } => {
                let mut parts = vec![text("let "), self.binder(binder)];
                if let Some(ty) = ty {
                    parts.extend([text(": "), self.ty(ty)]);
                }
                parts.extend([text(" = "), self.expr(value)]);
                concat(parts)
            }
            StatementKind::Expect(value) => concat([text("expect "), self.expr(value)]),
            StatementKind::Gate(value) => concat([text("gate "), self.expr(value)]),
            StatementKind::Expr(value) => self.expr(value),
            StatementKind::Error => text(self.slice(statement.span)),
        }
    }

    /// `if … { } else if … { } else { }`: all blocks on one line or none.
    pub(super) fn if_else(&mut self, expr: &Expr, open: u32) -> Doc {
        let (mut flat, mut broken) = (Some(Vec::new()), Vec::new());
        let (mut at, mut open) = (expr, open);
        let mut add = |head: Doc, block: Option<Layouts>| {
            let (in_flat, in_broken) = match block {
                Some(Layouts { flat, broken }) => (flat, Some(broken)),
                None => (Some(text("")), None),
            };
            broken.push(head.clone());
            broken.extend(in_broken);
            flat = flat.take().zip(in_flat).map(|(mut parts, block)| {
                parts.extend([head, block]);
                parts
            });
        };
        loop {
            let ExprKind::If { condition, then, otherwise, .. } = &at.kind else {
                add(text(self.slice(at.span)), None);
                break;
            };
            let head = concat([text("if "), self.condition(condition), text(" ")]);
            add(head, Some(self.block_layouts(then, open)));
            open = self.place(then.span).end;
            match otherwise.as_deref() {
                None => break,
                Some(Else::Block(block)) => {
                    add(text(" else "), Some(self.block_layouts(block, open)));
                    break;
                }
                Some(Else::If(next)) => {
                    add(text(" else "), None);
                    at = next;
                }
            }
        }
        let flat = flat.map(concat).filter(|flat| !flat.is_multi());
        choice(flat.iter().map(Layout::compact).collect(), concat(broken))
    }

    /// What stands between `if` or `match` and the brace. Its further lines are two levels in, so that they are not read
    /// as the first lines of the block.
    fn condition(&mut self, condition: &Expr) -> Doc {
        let doc = self.expr(condition);
        match condition.kind {
            ExprKind::Binary { .. } => indent(doc),
            _ => doc,
        }
    }

    pub(super) fn matching(&mut self, span: Span, scrutinee: &Expr, arms: &[Arm]) -> Doc {
        let head = concat([text("match "), self.condition(scrutinee), text(" ")]);
        let place = self.place(span);
        let brace = self.find(self.place(scrutinee.span).end, '{');
        let places: Vec<_> = arms.iter().map(|arm| self.place(arm.span)).collect();
        let broken = self.breaks_first(brace + 1, &places);
        let rows = self.plain_rows(place.start, place.end.saturating_sub(1), arms, &places, Self::arm);
        concat([head, comma_braces(rows, broken)])
    }

    fn arm(&mut self, arm: &Arm) -> Doc {
        let mut parts = vec![self.pattern(&arm.pattern)];
        if let Some(guard) = &arm.guard {
            parts.extend([text(" if "), self.condition(guard)]);
        }
        parts.push(text(" => "));
        parts.push(match &arm.body {
            ArmBody::Expr(body) => self.expr(body),
            ArmBody::Block(body) => {
                let open = self.place(arm.span).start;
                self.block(body, open)
            }
        });
        concat(parts)
    }
}
