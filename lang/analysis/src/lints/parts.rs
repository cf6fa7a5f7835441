//! The parts of typed expressions, to be looked at.

use crate::stack::deeper;
use crate::typed::{Clause, Expr, ExprKind, ListElement, ScriptPiece, Statement, TextPiece};

/// Visits an expression and all inside it, outer ones first.
pub(crate) fn for_each<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expr);
    for_each_part(expr, &mut |part| deeper(|| for_each(part, visit)));
}

/// Visits the expressions that an expression is directly made of.
pub(crate) fn for_each_part<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Text(pieces) => pieces.iter().for_each(|piece| {
            if let TextPiece::Hole(expr) = piece {
                visit(expr);
            }
        }),
        ExprKind::Script { parts, .. } => parts.iter().for_each(|part| {
            if let ScriptPiece::Hole { expr, .. } = part {
                visit(expr);
            }
        }),
        ExprKind::Call { args, .. }
        | ExprKind::Record { fields: args, .. }
        | ExprKind::Variant { payload: args, .. } => args.iter().flatten().for_each(visit),
        ExprKind::CallValue { callee, args } => {
            visit(callee);
            args.iter().for_each(visit);
        }
        ExprKind::Update { base, fields } => {
            visit(base);
            fields.iter().for_each(|(_, field)| visit(field));
        }
        ExprKind::Field { base: part, .. }
        | ExprKind::IntrinsicField { base: part, .. }
        | ExprKind::Some(part)
        | ExprKind::Unary { operand: part, .. }
        | ExprKind::Do(part)
        | ExprKind::Convert { expr: part, .. } => visit(part),
        ExprKind::OptionalChain { base: first, body: second, .. }
        | ExprKind::Binary { left: first, right: second, .. } => {
            visit(first);
            visit(second);
        }
        ExprKind::Tuple(parts) => parts.iter().for_each(visit),
        ExprKind::List(elements) => elements.iter().for_each(|element| match element {
            ListElement::Item(expr) | ListElement::Spread(expr) => visit(expr),
        }),
        ExprKind::Map(entries) => entries.iter().for_each(|(key, value)| {
            visit(key);
            visit(value);
        }),
        ExprKind::Lambda { body, .. } => visit(body),
        _ => for_each_nested(expr, visit),
    }
}

/// Visits the parts of the forms that hold clauses, arms or statements.
fn for_each_nested<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Comprehension { clauses, element, value } => {
            clauses.iter().for_each(|clause| match clause {
                Clause::For(_, expr) | Clause::If(expr) => visit(expr),
            });
            visit(element);
            value.iter().for_each(|value| visit(value));
        }
        ExprKind::If { condition, then, otherwise } => {
            visit(condition);
            visit(then);
            otherwise.iter().for_each(|otherwise| visit(otherwise));
        }
        ExprKind::Match { scrutinee, arms } => {
            visit(scrutinee);
            for arm in arms {
                arm.guard.iter().for_each(&mut *visit);
                visit(&arm.body);
            }
        }
        ExprKind::Block(statements) => statements.iter().for_each(|statement| match statement {
            Statement::Let(_, expr)
            | Statement::Expect(expr, _)
            | Statement::Gate(expr, _)
            | Statement::Value(expr) => visit(expr),
        }),
        _ => {}
    }
}
