//! The branches of an `if`.

use pipe_syntax::ast::{BinaryOp, Else, Expr, ExprKind, UnaryOp};

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::Node;

/// Turns a condition around, with its branches.
pub(super) fn invert(site: &Site<'_>) -> Option<Action> {
    let Node::Expr(e, _) = *site
        .path
        .iter()
        .rev()
        .find(|node| matches!(node, Node::Expr(Expr { kind: ExprKind::If { .. }, .. }, _)))?
    else {
        return None;
    };
    let ExprKind::If { if_span, condition, then, otherwise: Some(otherwise) } = &e.kind else { return None };
    let Else::Block(otherwise) = &**otherwise else { return None };
    if site.range.start > site.at(if_span.to(condition.span)).end {
        return None;
    }
    let edits = vec![
        site.edit(site.at(condition.span), negated(site, condition)),
        site.edit(site.at(then.span), site.text_of(site.at(otherwise.span))),
        site.edit(site.at(otherwise.span), site.text_of(site.at(then.span))),
    ];
    site.action(ActionKind::Rewrite, "turn the condition around", edits)
}

fn negated(site: &Site<'_>, condition: &Expr) -> String {
    let text = |e: &Expr| site.text_of(site.at(e.span)).to_owned();
    match &condition.kind {
        ExprKind::Unary { op: UnaryOp::Not, operand, .. } => text(operand),
        ExprKind::Bool(value) => (!value).to_string(),
        ExprKind::Binary { op, left, right, .. } => {
            let turned = match op {
                BinaryOp::Equal => "!=",
                BinaryOp::NotEqual => "==",
                BinaryOp::Less => ">=",
                BinaryOp::LessEqual => ">",
                BinaryOp::Greater => "<=",
                BinaryOp::GreaterEqual => "<",
                _ => return format!("!({})", text(condition)),
            };
            format!("{} {turned} {}", text(left), text(right))
        }
        ExprKind::Name(_) | ExprKind::Call { .. } | ExprKind::Field { .. } | ExprKind::Paren(_) => {
            format!("!{}", text(condition))
        }
        _ => format!("!({})", text(condition)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn conditions_are_turned_around() {
        check(
            "fn f(a: Int) -> Int { $0if a == 1 { 2 } else { 3 } }\n",
            "turn the condition around",
            "fn f(a: Int) -> Int { if a != 1 { 3 } else { 2 } }\n",
        );
        check(
            "fn f(a: Bool, b: Bool) -> Int { $0if a && b { 2 } else { 3 } }\n",
            "turn the condition around",
            "fn f(a: Bool, b: Bool) -> Int { if !(a && b) { 3 } else { 2 } }\n",
        );
    }
}
