//! The end of a body: every variable has its type, or is reported.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_diagnostics::Severity;
use pipe_syntax::{Span, deeper};

use super::Infer;
use super::context::References;
use super::demand::Demands;
use super::table::{Unknown, first_variable};
use super::trace::Trace;
use crate::checks;
use crate::place::Finding;
use crate::signature::{for_each_declared, map_type};
use crate::typed::{Body, Clause, Expr, ExprKind, ListElement, ScriptPiece, Statement, TextPiece, Type};

/// What is known about a body at its end.
pub(crate) struct Finished<'db> {
    pub(crate) body: Body,
    pub(crate) findings: Vec<Finding>,
    pub(crate) references: References,
    pub(crate) demands: Demands,
    pub(crate) trace: Option<Box<Trace<'db>>>,
}

impl<'db> Infer<'db> {
    /// The body of an expression.
    pub(crate) fn finish(self, expr: Expr) -> Finished<'db> {
        self.finish_with(expr, Vec::new()).0
    }

    /// The body of an expression, with others that share its locals.
    pub(crate) fn finish_with(mut self, mut expr: Expr, mut others: Vec<Expr>) -> (Finished<'db>, Vec<Expr>) {
        self.leave_all_scopes();
        let trace = self.settled_trace();
        let mut unknown = BTreeSet::new();
        self.settle(&mut expr, &mut unknown);
        for other in &mut others {
            self.settle(other, &mut unknown);
        }
        let locals: Vec<_> = self.locals.iter().map(|local| local.decl.clone()).collect();
        let locals = locals.into_iter().map(|mut decl| {
            decl.ty = self.settled(&decl.ty, &mut unknown);
            decl
        });
        let locals: Vec<_> = locals.collect();
        let demands = if unknown.is_empty() { self.settled_demands() } else { Demands::default() };
        self.report_unknown(unknown);
        let failed = self.findings.iter().any(|found| found.severity == Severity::Error);
        if !failed {
            self.findings.extend(checks::unused_lets(&self));
        }
        let finished = Finished {
            body: Body { locals: locals.into(), expr },
            findings: self.findings,
            references: self.references,
            demands,
            trace,
        };
        (finished, others)
    }

    /// What an editor is told, with types that have no variables.
    fn settled_trace(&mut self) -> Option<Box<Trace<'db>>> {
        let mut trace = self.trace.take()?;
        let mut unknown = BTreeSet::new();
        let types = trace.types.iter_mut().chain(&mut trace.expected).map(|(_, ty)| ty);
        for ty in types.chain(trace.calls.iter_mut().flat_map(|call| &mut call.types)) {
            *ty = self.settled(ty, &mut unknown);
        }
        Some(trace)
    }

    /// The type without variables; those that stay unknown are noted.
    fn settled(&self, ty: &Type, unknown: &mut BTreeSet<u32>) -> Type {
        map_type(&self.table.follow(ty), &mut |leaf| match leaf {
            Type::Variable(id) => match self.table.origin(*id).map(|origin| &origin.what) {
                Some(Unknown::Branches) => Some(Type::Never),
                _ => {
                    unknown.insert(*id);
                    Some(Type::Error)
                }
            },
            _ => None,
        })
    }

    fn settled_demands(&mut self) -> Demands {
        let mut demands = std::mem::take(&mut self.demands);
        let mut unknown = BTreeSet::new();
        for demand in &mut demands.demands {
            demand.ty = self.settled(&demand.ty, &mut unknown);
        }
        for (_, ty) in demands.uses.iter_mut().flat_map(|used| &mut used.args) {
            *ty = self.settled(ty, &mut unknown);
        }
        demands
    }

    /// One report for each place that has an unknown type; none when something else is wrong already, which may be why.
    fn report_unknown(&mut self, unknown: BTreeSet<u32>) {
        if self.findings.iter().any(|found| found.severity == Severity::Error) {
            return;
        }
        let mut places: BTreeSet<Span> = BTreeSet::new();
        for id in unknown {
            let Some(origin) = self.table.origin(id).cloned() else { continue };
            if !places.insert(origin.span) {
                continue;
            }
            let (message, help): (String, &str) = match origin.what {
                Unknown::Parameter { function } => (
                    format!("which type `{function}` gives is not known here"),
                    "write the type of the result: `let x: T = …`",
                ),
                Unknown::LambdaParameter => {
                    ("the type of this parameter is not known here".into(), "write it: `fn(x: T) => …`")
                }
                Unknown::Element | Unknown::Branches => (
                    "the type of this is not known here".into(),
                    "write it where the value is bound: `let xs: List[T] = []`",
                ),
            };
            let found = self.error("ambiguous-type", message, origin.span);
            self.report(found.help(help));
        }
    }

    fn settle(&mut self, expr: &mut Expr, unknown: &mut BTreeSet<u32>) {
        if first_variable(&expr.ty, &|_| true).is_some() {
            expr.ty = self.settled(&expr.ty, unknown);
        }
        if let ExprKind::Call { type_args, .. } | ExprKind::FunctionValue { type_args, .. } = &mut expr.kind
            && type_args.iter().any(|ty| first_variable(ty, &|_| true).is_some())
        {
            *type_args = type_args.iter().map(|ty| self.settled(ty, unknown)).collect();
        }
        let types = &mut self.references.types;
        for_each_declared(&expr.ty, &mut |global| {
            if !types.contains(global) {
                types.insert(global.clone());
            }
        });
        for_each_part(&mut expr.kind, &mut |part| deeper(|| self.settle(part, unknown)));
    }
}

/// Visits the expressions that an expression is directly made of.
fn for_each_part(kind: &mut ExprKind, visit: &mut dyn FnMut(&mut Expr)) {
    match kind {
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
        ExprKind::Text(pieces) => pieces.iter_mut().for_each(|piece| {
            if let TextPiece::Hole(expr) = piece {
                visit(expr);
            }
        }),
        ExprKind::Script { parts, .. } => parts.iter_mut().for_each(|part| {
            if let ScriptPiece::Hole { expr, .. } = part {
                visit(expr);
            }
        }),
        ExprKind::Call { args, .. }
        | ExprKind::Record { fields: args, .. }
        | ExprKind::Variant { payload: args, .. } => {
            args.iter_mut().flatten().for_each(visit);
        }
        ExprKind::CallValue { callee, args } => {
            visit(callee);
            args.iter_mut().for_each(visit);
        }
        ExprKind::Update { base, fields } => {
            visit(base);
            fields.iter_mut().for_each(|(_, field)| visit(field));
        }
        ExprKind::Field { base: part, .. }
        | ExprKind::IntrinsicField { base: part, .. }
        | ExprKind::Some(part)
        | ExprKind::Unary { operand: part, .. }
        | ExprKind::Do(part)
        | ExprKind::Parse { text: part, .. }
        | ExprKind::Convert { expr: part, .. } => visit(part),
        ExprKind::OptionalChain { base, body, .. } => {
            visit(base);
            visit(body);
        }
        ExprKind::Tuple(parts) => parts.iter_mut().for_each(visit),
        ExprKind::List(elements) => elements.iter_mut().for_each(|element| match element {
            ListElement::Item(expr) | ListElement::Spread(expr) => visit(expr),
        }),
        ExprKind::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            visit(key);
            visit(value);
        }),
        ExprKind::Binary { left, right, .. } => {
            visit(left);
            visit(right);
        }
        ExprKind::Lambda { body, .. } => visit(Arc::make_mut(body)),
        other => for_each_nested(other, visit),
    }
}

/// Visits the parts of the forms that hold clauses, arms or statements.
fn for_each_nested(kind: &mut ExprKind, visit: &mut dyn FnMut(&mut Expr)) {
    match kind {
        ExprKind::Comprehension { clauses, element, value } => {
            clauses.iter_mut().for_each(|clause| match clause {
                Clause::For(_, expr) | Clause::If(expr) => visit(expr),
            });
            visit(element);
            value.iter_mut().for_each(|value| visit(value));
        }
        ExprKind::If { condition, then, otherwise } => {
            visit(condition);
            visit(then);
            otherwise.iter_mut().for_each(|otherwise| visit(otherwise));
        }
        ExprKind::Match { scrutinee, arms } => {
            visit(scrutinee);
            for arm in arms {
                arm.guard.iter_mut().for_each(&mut *visit);
                visit(&mut arm.body);
            }
        }
        ExprKind::Block(statements) => statements.iter_mut().for_each(|statement| match statement {
            Statement::Let(_, expr)
            | Statement::Expect(expr, _)
            | Statement::Gate(expr, _)
            | Statement::Value(expr) => {
                visit(expr);
            }
        }),
        _ => {}
    }
}
