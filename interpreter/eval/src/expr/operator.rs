//! Operators. What they mean for data is decided in [`pipe_ops::pure`].

use pipe_analysis::typed::{Expr, ExprKind, Type};
use pipe_syntax::ast::{BinaryOp, UnaryOp};

use crate::course::decides;
use crate::error::{ErrorKind, EvalError, Result};
use crate::frame::Env;
use crate::machine::{Machine, Site};
use crate::value::Value;

impl Machine {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &Expr, expr: &Expr, env: &mut Env) -> Result<Value> {
        let value = self.eval(operand, env)?;
        let function = match op {
            UnaryOp::Negate => "negate",
            UnaryOp::Not => "not",
        };
        let site = self.site(&env.frame.clone(), expr.span);
        self.apply(function, &[&value], &expr.ty, &site)
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let mut a = self.eval(left, env)?;
        let in_action = env.frame.call.as_ref().is_some_and(|(function, _)| function.action);
        // In an action the right side may do something: whether it does has to be known.
        if in_action && decides(op) && matches!(a, Value::Symbolic(_)) {
            a = self.resolved_at(a, &env.frame.clone(), left.span)?;
            if let Value::Symbolic(_) = a {
                return Err(self.unusable("this operator", &a, env.place(left.span)));
            }
        }
        if let Some(decided) = decided(op, &a, left, expr) {
            return Ok(decided);
        }
        if decides(op) && !matches!(a, Value::Symbolic(_)) {
            return self.eval(right, env);
        }
        if let (BinaryOp::Default, Some(message)) = (op, failing(right)) {
            let message = self.eval(message, env)?;
            let site = self.site(&env.frame.clone(), right.span);
            return self.apply("or_fail", &[&a, &message], &expr.ty, &site);
        }
        let b = match self.eval(right, env) {
            Err(error) if decides(op) && error.kind == ErrorKind::Pipeline => {
                return self.once_decided(op, a, left, expr, error, env);
            }
            b => b?,
        };
        if let (BinaryOp::Add, Value::List(x), Value::List(y)) = (op, &a, &b) {
            self.count_elements(x.len() + y.len(), expr, env)?;
            return self.counted_items([&x[..], &y[..]].concat(), expr, env).map(Value::List);
        }
        let site = self.site(&env.frame.clone(), expr.span);
        self.operate(op, &env.frame.settled(&left.ty), &a, &b, &expr.ty, &site)
    }

    /// The right side has no value, which matters only if the left side leaves it to that: so the left side has to be known.
    fn once_decided(
        &mut self,
        op: BinaryOp,
        a: Value,
        left: &Expr,
        expr: &Expr,
        error: Box<EvalError>,
        env: &mut Env,
    ) -> Result<Value> {
        let known = self.resolved_at(a, &env.frame.clone(), left.span)?;
        if let Value::Symbolic(_) = known {
            return Err(self.unusable("this operator", &known, env.place(left.span)));
        }
        decided(op, &known, left, expr).ok_or(error)
    }

    /// An operator whose both sides are evaluated.
    pub(super) fn operate(
        &mut self,
        op: BinaryOp,
        left: &Type,
        a: &Value,
        b: &Value,
        result: &Type,
        site: &Site,
    ) -> Result<Value> {
        let function = function_of(op, left, result);
        match op {
            BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Less | BinaryOp::LessEqual => {
                self.compare(function, left, [a, b], result, site)
            }
            BinaryOp::Greater | BinaryOp::GreaterEqual => self.compare(function, left, [b, a], result, site),
            _ => self.apply(function, &[a, b], result, site),
        }
    }
}

/// The value of an operator whose left side is enough for it.
fn decided(op: BinaryOp, a: &Value, left: &Expr, expr: &Expr) -> Option<Value> {
    match (op, a) {
        (BinaryOp::And, Value::Bool(false)) | (BinaryOp::Or, Value::Bool(true)) => Some(a.clone()),
        (BinaryOp::Default, Value::Optional(Some(inner))) => {
            let optional = matches!(expr.ty, Type::Optional(_)) && expr.ty == left.ty;
            Some(if optional { a.clone() } else { (**inner).clone() })
        }
        _ => None,
    }
}

/// The message of a `fail(…)`.
fn failing(expr: &Expr) -> Option<&Expr> {
    let ExprKind::Call { function, args, .. } = &expr.kind else { return None };
    let is_fail = &*function.module.0 == "std/prelude" && &*function.name == "fail";
    args.first().filter(|_| is_fail)?.as_ref()
}

/// The pure function of an operator. `>` and `>=` are `<` and `<=` with their sides exchanged.
fn function_of(op: BinaryOp, left: &Type, result: &Type) -> &'static str {
    match op {
        BinaryOp::Equal => "equal",
        BinaryOp::NotEqual => "not_equal",
        BinaryOp::Less | BinaryOp::Greater => "less",
        BinaryOp::LessEqual | BinaryOp::GreaterEqual => "less_equal",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        BinaryOp::Add => "add",
        BinaryOp::Subtract => "subtract",
        BinaryOp::Multiply => "multiply",
        BinaryOp::Divide => "divide",
        BinaryOp::Default if result == left => "default_optional",
        BinaryOp::Default => "default",
    }
}
