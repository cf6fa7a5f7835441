//! Walking over trees.

use pipe_syntax::ast::{
    ArmBody, Block, Clause, Element, Else, Expr, ExprKind, ItemKind, LambdaBody, Name, ScriptLit, ScriptPart,
    StatementKind, StrPart,
};
use pipe_syntax::deeper;

/// Visits the lower-case names that begin a path anywhere in an expression.
pub(crate) fn for_each_name(e: &Expr, visit: &mut dyn FnMut(&Name)) {
    for_each_expr(e, &mut |e| match &e.kind {
        ExprKind::Name(name) => visit(name),
        ExprKind::Pipe(pipe) => {
            if let Some(first) = pipe.function.first() {
                visit(first);
            }
        }
        _ => {}
    });
}

/// Visits the scripts of an item.
pub(crate) fn for_each_script<'t>(item: &'t ItemKind, visit: &mut dyn FnMut(&'t ScriptLit)) {
    let mut visit = |e: &'t Expr| {
        if let ExprKind::Script(script) = &e.kind {
            visit(script);
        }
    };
    match item {
        ItemKind::Param(param) => param.default.iter().for_each(|e| for_each_expr(e, &mut visit)),
        ItemKind::Let(item) => for_each_expr(&item.value, &mut visit),
        ItemKind::Function(function) => {
            let defaults = function.params.iter().filter_map(|param| param.default.as_ref());
            defaults.for_each(|e| for_each_expr(e, &mut visit));
            for_each_in_block(&function.body, &mut visit);
        }
        ItemKind::Record(record) => {
            let defaults = record.fields.iter().filter_map(|field| field.default.as_ref());
            defaults.for_each(|e| for_each_expr(e, &mut visit));
        }
        ItemKind::Enum(item) => {
            let payload = item.variants.iter().flat_map(|variant| &variant.payload);
            payload.filter_map(|field| field.default.as_ref()).for_each(|e| for_each_expr(e, &mut visit));
        }
        ItemKind::Test(test) => {
            test.with.iter().for_each(|arg| for_each_expr(&arg.value, &mut visit));
            for_each_in_block(&test.body, &mut visit);
        }
        ItemKind::Use(_) | ItemKind::Error => {}
    }
}

/// Visits an expression and all inside it, outer ones first.
pub(crate) fn for_each_expr<'t>(e: &'t Expr, visit: &mut dyn FnMut(&'t Expr)) {
    visit(e);
    deeper(|| for_each_inside(e, visit));
}

fn for_each_inside<'t>(e: &'t Expr, visit: &mut dyn FnMut(&'t Expr)) {
    match &e.kind {
        ExprKind::Name(_)
        | ExprKind::TypeName(_)
        | ExprKind::Number(_)
        | ExprKind::Bool(_)
        | ExprKind::None
        | ExprKind::Error => {}
        ExprKind::String(string) => {
            for part in &string.parts {
                if let StrPart::Hole { expr, .. } = part {
                    for_each_expr(expr, visit);
                }
            }
        }
        ExprKind::Script(script) => {
            for part in &script.parts {
                if let ScriptPart::Hole { expr, .. } = part {
                    for_each_expr(expr, visit);
                }
            }
        }
        ExprKind::Paren(inner) | ExprKind::Field { base: inner, .. } => for_each_expr(inner, visit),
        ExprKind::Unary { operand: inner, .. } | ExprKind::Do { action: inner, .. } => {
            for_each_expr(inner, visit)
        }
        ExprKind::Tuple(parts) => parts.iter().for_each(|part| for_each_expr(part, visit)),
        ExprKind::List { elements, .. } => elements.iter().for_each(|element| match element {
            Element::Item(inner) | Element::Spread(inner) => for_each_expr(inner, visit),
        }),
        ExprKind::Map { entries, .. } => entries.iter().for_each(|(key, value)| {
            for_each_expr(key, visit);
            for_each_expr(value, visit);
        }),
        ExprKind::Call { callee, args, .. } => {
            for_each_expr(callee, visit);
            args.iter().for_each(|arg| for_each_expr(&arg.value, visit));
        }
        ExprKind::Pipe(pipe) => {
            pipe.args.iter().for_each(|arg| for_each_expr(&arg.value, visit));
        }
        ExprKind::Binary { left, right, .. } => {
            for_each_expr(left, visit);
            for_each_expr(right, visit);
        }
        _ => for_each_nested(e, visit),
    }
}

/// The forms that hold clauses, arms or blocks.
fn for_each_nested<'t>(e: &'t Expr, visit: &mut dyn FnMut(&'t Expr)) {
    match &e.kind {
        ExprKind::Comprehension { clauses, element, value } => {
            clauses.iter().for_each(|clause| match clause {
                Clause::For(_, inner) | Clause::If(inner) => for_each_expr(inner, visit),
            });
            for_each_expr(element, visit);
            value.iter().for_each(|value| for_each_expr(value, visit));
        }
        ExprKind::Lambda { body, .. } => match &**body {
            LambdaBody::Expr(inner) => for_each_expr(inner, visit),
            LambdaBody::Block(block) => for_each_in_block(block, visit),
        },
        ExprKind::If { condition, then, otherwise, .. } => {
            for_each_expr(condition, visit);
            for_each_in_block(then, visit);
            match otherwise.as_deref() {
                Some(Else::Block(block)) => for_each_in_block(block, visit),
                Some(Else::If(inner)) => for_each_expr(inner, visit),
                None => {}
            }
        }
        ExprKind::Match { scrutinee, arms, .. } => {
            for_each_expr(scrutinee, visit);
            for arm in arms {
                arm.guard.iter().for_each(|guard| for_each_expr(guard, visit));
                match &arm.body {
                    ArmBody::Expr(inner) => for_each_expr(inner, visit),
                    ArmBody::Block(block) => for_each_in_block(block, visit),
                }
            }
        }
        _ => {}
    }
}

fn for_each_in_block<'t>(block: &'t Block, visit: &mut dyn FnMut(&'t Expr)) {
    for statement in &block.statements {
        match &statement.kind {
            StatementKind::Let { value: e, .. }
            | StatementKind::Expect(e)
            | StatementKind::Gate(e)
            | StatementKind::Expr(e) => for_each_expr(e, visit),
            StatementKind::Error => {}
        }
    }
}
