//! Operators between operands.

use super::Formatter;
use super::comments::Comment;
use super::delimited::Hug;
use super::doc::{Doc, Fit, Layout, Shape, choice, comment, concat, hard, indent, text};
use crate::ast::{BinaryOp, Expr, ExprKind};

/// An operator and the operand behind it.
struct Operation<'e> {
    op: BinaryOp,
    operand: &'e Expr,
    doc: Doc,
    /// Comments around the operator.
    comments: Vec<Comment>,
}

/// Operators of one level stand in one sequence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Default,
    Or,
    And,
    Comparison,
    Sum,
    Product,
}

fn level(op: BinaryOp) -> Level {
    use BinaryOp::*;
    match op {
        Default => Level::Default,
        Or => Level::Or,
        And => Level::And,
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => Level::Comparison,
        Add | Subtract => Level::Sum,
        Multiply | Divide => Level::Product,
    }
}

fn sign(op: BinaryOp) -> &'static str {
    use BinaryOp::*;
    match op {
        Equal => "==",
        NotEqual => "!=",
        Less => "<",
        LessEqual => "<=",
        Greater => ">",
        GreaterEqual => ">=",
        And => "&&",
        Or => "||",
        Add => "+",
        Subtract => "-",
        Multiply => "*",
        Divide => "/",
        Default => "??",
    }
}

impl Formatter<'_> {
    pub(super) fn infix(&mut self, expr: &Expr) -> Doc {
        let Some((first, rest)) = sequence(expr) else { return text(self.slice(expr.span)) };
        let mut end = self.place(first.span).end;
        let head = self.expr(first);
        let mut operations = Vec::with_capacity(rest.len());
        for (op, operand) in rest {
            let place = self.place(operand.span);
            let comments = self.comments.take(end, place.start);
            operations.push(Operation { op, operand, doc: self.expr(operand), comments });
            end = place.end;
        }
        self.lay_out(first, head, &operations)
    }

    fn lay_out(&self, first: &Expr, head: Doc, operations: &[Operation<'_>]) -> Doc {
        let flat = operations.iter().flat_map(|o| [text(format!(" {} ", sign(o.op))), o.doc.clone()]);
        let compact = concat(std::iter::once(head.clone()).chain(flat));
        let broken = broken(&head, operations);
        if operations.iter().any(|o| !o.comments.is_empty()) {
            return broken;
        }
        let Some((last, before)) = operations.split_last() else { return head };
        let mut layouts = Vec::new();
        if !compact.is_multi() {
            layouts.push(Layout::compact(&compact));
        }
        let before = before.iter().try_fold(head.shape().flat(), |sum, o| {
            Some(Some(sum? + sign(o.op).len() + 2 + o.doc.shape().flat()?))
        });
        if let Some(before) = before.flatten() {
            layouts.extend(self.hugging(before + sign(last.op).len() + 2, last, &compact));
        }
        if let [only] = operations
            && level(only.op) == Level::Comparison
        {
            layouts.extend(self.closing(first, &head, only, &compact, &broken));
        }
        choice(layouts, broken)
    }

    /// `x == [` with the list broken behind it.
    fn hugging(&self, before: usize, last: &Operation<'_>, compact: &Doc) -> Option<Layout> {
        let comparison = level(last.op) == Level::Comparison;
        let hugs = match last.operand.kind {
            ExprKind::List { .. } | ExprKind::Map { .. } => self.hug(last.operand) == Hug::Anywhere,
            ExprKind::Call { .. } => comparison && self.hug(last.operand) == Hug::Alone,
            _ => false,
        };
        if !hugs {
            return None;
        }
        let fits = match last.doc.shape() {
            Shape::Flat(_) => vec![Fit::here(before + last.doc.reach().width), Fit::line(0, 1).with_rest()],
            Shape::Multi { first, last } => vec![Fit::here(before + first), Fit::line(0, last).with_rest()],
        };
        Some(Layout::broken(compact, fits))
    }

    /// `] == x`, when what stands before the operator has several lines or needs them.
    fn closing(
        &self,
        first: &Expr,
        head: &Doc,
        only: &Operation<'_>,
        compact: &Doc,
        broken: &Doc,
    ) -> Vec<Layout> {
        let (Some(right), true) = (only.doc.shape().flat(), self.hug(first) != Hug::Never) else {
            return Vec::new();
        };
        let tail = sign(only.op).len() + 2 + right;
        match head.shape() {
            Shape::Flat(width) => vec![
                Layout::broken(broken, vec![Fit::here(width)]),
                Layout::broken(compact, vec![Fit::line(0, 1 + tail).with_rest()]),
            ],
            Shape::Multi { first, last } => {
                vec![Layout::broken(compact, vec![Fit::here(first), Fit::line(0, last + tail).with_rest()])]
            }
        }
    }
}

/// The first operand and what follows it on the same level; `None` if it is no operation.
fn sequence(expr: &Expr) -> Option<(&Expr, Vec<(BinaryOp, &Expr)>)> {
    let ExprKind::Binary { op, left, right, .. } = &expr.kind else { return None };
    let own = level(*op);
    let mut rest = vec![(*op, &**right)];
    let mut first = &**left;
    if own == Level::Default {
        // It binds to the right.
        while let Some((last_op, last)) = rest.pop() {
            let ExprKind::Binary { op, left, right, .. } = &last.kind else {
                rest.push((last_op, last));
                break;
            };
            if level(*op) != own {
                rest.push((last_op, last));
                break;
            }
            rest.extend([(last_op, &**left), (*op, &**right)]);
        }
        return Some((first, rest));
    }
    while let ExprKind::Binary { op, left, right, .. } = &first.kind
        && level(*op) == own
    {
        rest.push((*op, right));
        first = left;
    }
    rest.reverse();
    Some((first, rest))
}

/// One operation a line. A line cannot begin with `-`, which would be the sign of a statement of its own: where there is
/// one, all operators stand at the end of lines.
fn broken(head: &Doc, operations: &[Operation<'_>]) -> Doc {
    let mut lines = Vec::new();
    let trailing = operations.iter().any(|o| o.op == BinaryOp::Subtract);
    for operation in operations {
        if trailing {
            lines.push(text(format!(" {}", sign(operation.op))));
        }
        for (i, own) in operation.comments.iter().enumerate() {
            match i == 0 && !own.own_line {
                true => lines.push(comment(&own.text)),
                false => lines.extend([hard(false), text(&own.text)]),
            }
        }
        lines.push(hard(false));
        if !trailing {
            lines.push(text(format!("{} ", sign(operation.op))));
        }
        lines.push(operation.doc.clone());
    }
    concat([head.clone(), indent(concat(lines))])
}
