//! Evaluates expressions: one file for each family of forms.

mod access;
mod call;
mod collection;
mod comprehension;
mod control;
mod convert;
mod literal;
mod operator;
mod pattern;
mod script;
mod statement;

use pipe_analysis::typed::{Expr, ExprKind};

use crate::error::{self, Result};
use crate::frame::Env;
use crate::machine::Machine;
use crate::value::Value;

/// When less stack than this is left, more is allocated.
const RED_ZONE: usize = 128 << 10;
/// How much is allocated then.
const STACK: usize = 2 << 20;

/// Goes on with enough stack.
pub(crate) fn on_stack<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, STACK, step)
}

impl Machine {
    /// The value of an expression. The stack grows with need; calls and the depth of values are limited by the budget.
    pub(crate) fn eval(&mut self, expr: &Expr, env: &mut Env) -> Result<Value> {
        self.step(1, &env.frame, expr.span)?;
        on_stack(|| self.eval_kind(expr, env)).or_else(|error| self.undecided(error, expr, env))
    }

    fn eval_kind(&mut self, expr: &Expr, env: &mut Env) -> Result<Value> {
        match &expr.kind {
            ExprKind::Unit => Ok(Value::Unit),
            ExprKind::Bool(value) => Ok(Value::Bool(*value)),
            ExprKind::None => Ok(Value::Optional(None)),
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Duration(_) | ExprKind::Size(_) => {
                self.number(expr, env)
            }
            ExprKind::Text(pieces) => self.text(pieces, expr, env),
            ExprKind::Script { shell, parts } => self.script(*shell, parts, expr, env),
            ExprKind::Local(id) => self.local(*id, expr, env),
            ExprKind::Param(global) => self.param(global, &env.place(expr.span)),
            ExprKind::Let(global) => self.module_let(global, expr, env),
            ExprKind::FunctionValue { function, type_args } => {
                self.callee(function, type_args, expr, env).map(Value::Function)
            }
            ExprKind::Call { function, type_args, args } => self.call((function, type_args), args, expr, env),
            ExprKind::CallValue { callee, args } => self.call_function_value(callee, args, expr, env),
            ExprKind::Record { record, fields } => self.record(record, fields, expr, env),
            ExprKind::Update { base, fields } => self.update(base, fields, expr, env),
            ExprKind::Variant { r#enum, variant, payload } => {
                self.variant(r#enum, *variant, payload, expr, env)
            }
            ExprKind::AllVariants(global) => self.all_variants(global, expr, env),
            ExprKind::Field { base, index } => self.field(base, *index, expr, env),
            ExprKind::IntrinsicField { base, field } => self.intrinsic_field(base, field, expr, env),
            ExprKind::OptionalChain { base, local, body } => {
                self.optional_chain(base, *local, body, expr, env)
            }
            ExprKind::Some(inner) => Ok(Value::optional(Some(self.eval(inner, env)?))),
            ExprKind::Tuple(parts) => self.tuple(parts, expr, env),
            ExprKind::List(elements) => self.list(elements, expr, env),
            ExprKind::Map(entries) => self.map(entries, expr, env),
            ExprKind::Comprehension { clauses, element, value } => {
                self.comprehension(clauses, element, value.as_deref(), expr, env)
            }
            ExprKind::Unary { op, operand } => self.unary(*op, operand, expr, env),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, expr, env),
            ExprKind::Lambda { params, body } => self.lambda(params, body, expr, env),
            ExprKind::If { condition, then, otherwise } => {
                self.if_(condition, then, otherwise.as_deref(), env)
            }
            ExprKind::Match { scrutinee, arms } => self.match_(scrutinee, arms, expr, env),
            ExprKind::Block(statements) => self.block(statements, env),
            ExprKind::Do(action) => self.do_(action, env),
            ExprKind::Parse { target, text } => self.parse(target, text, expr, env),
            ExprKind::Convert { conversion, expr: inner } => self.convert(conversion, inner, expr, env),
            ExprKind::Error => {
                Err(error::internal("an expression with an error is evaluated", env.place(expr.span)))
            }
        }
    }
}
