//! Walking over typed expressions.

use pipe_syntax::deeper;

use super::{
    Body, Clause, Expr, ExprKind, Function, FunctionBody, ListElement, ScriptPiece, Statement, TextPiece,
};

impl Expr {
    /// Visits it and all expressions inside it, outer ones first, in the order of the source.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        visit(self);
        deeper(|| self.walk_inside(visit));
    }

    fn walk_inside<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        match &self.kind {
            ExprKind::Unit
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Duration(_)
            | ExprKind::Size(_)
            | ExprKind::Local(_)
            | ExprKind::Param(_)
            | ExprKind::Let(_)
            | ExprKind::FunctionValue { .. }
            | ExprKind::AllVariants(_)
            | ExprKind::None
            | ExprKind::Error => {}
            ExprKind::Text(pieces) => pieces.iter().for_each(|piece| match piece {
                TextPiece::Fixed(_) => {}
                TextPiece::Hole(expr) => expr.walk(visit),
            }),
            ExprKind::Script { parts, .. } => parts.iter().for_each(|part| match part {
                ScriptPiece::Fixed(_) => {}
                ScriptPiece::Hole { expr, .. } => expr.walk(visit),
            }),
            ExprKind::Call { args: parts, .. }
            | ExprKind::Record { fields: parts, .. }
            | ExprKind::Variant { payload: parts, .. } => {
                parts.iter().flatten().for_each(|part| part.walk(visit));
            }
            ExprKind::CallValue { callee, args } => {
                callee.walk(visit);
                args.iter().for_each(|arg| arg.walk(visit));
            }
            ExprKind::Update { base, fields } => {
                base.walk(visit);
                fields.iter().for_each(|(_, field)| field.walk(visit));
            }
            ExprKind::Field { base: inner, .. }
            | ExprKind::IntrinsicField { base: inner, .. }
            | ExprKind::Some(inner)
            | ExprKind::Unary { operand: inner, .. }
            | ExprKind::Do(inner)
            | ExprKind::Parse { text: inner, .. }
            | ExprKind::Convert { expr: inner, .. } => inner.walk(visit),
            ExprKind::OptionalChain { base: first, body: second, .. }
            | ExprKind::Binary { left: first, right: second, .. } => {
                first.walk(visit);
                second.walk(visit);
            }
            ExprKind::Tuple(parts) => parts.iter().for_each(|part| part.walk(visit)),
            ExprKind::List(elements) => elements.iter().for_each(|element| match element {
                ListElement::Item(expr) | ListElement::Spread(expr) => expr.walk(visit),
            }),
            ExprKind::Map(entries) => entries.iter().for_each(|(key, value)| {
                key.walk(visit);
                value.walk(visit);
            }),
            ExprKind::Comprehension { clauses, element, value } => {
                clauses.iter().for_each(|clause| match clause {
                    Clause::For(_, expr) | Clause::If(expr) => expr.walk(visit),
                });
                element.walk(visit);
                value.iter().for_each(|value| value.walk(visit));
            }
            ExprKind::Lambda { body, .. } => body.walk(visit),
            ExprKind::If { condition, then, otherwise } => {
                condition.walk(visit);
                then.walk(visit);
                otherwise.iter().for_each(|otherwise| otherwise.walk(visit));
            }
            ExprKind::Match { scrutinee, arms } => {
                scrutinee.walk(visit);
                for arm in arms {
                    arm.guard.iter().for_each(|guard| guard.walk(visit));
                    arm.body.walk(visit);
                }
            }
            ExprKind::Block(statements) => statements.iter().for_each(|statement| match statement {
                Statement::Let(_, expr)
                | Statement::Expect(expr, _)
                | Statement::Gate(expr, _)
                | Statement::Value(expr) => expr.walk(visit),
            }),
        }
    }
}

impl Function {
    /// The bodies that are written for it: defaults of parameters, then its own.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        let own = match &self.body {
            FunctionBody::Source(body) => Some(&**body),
            FunctionBody::Intrinsic => None,
        };
        self.params.iter().filter_map(|param| param.default.as_deref()).chain(own)
    }
}
