//! Operators. What they mean for data is decided in [`pipe_ops::pure`].

use pipe_analysis::typed::{Expr, Type};
use pipe_syntax::ast::{BinaryOp, UnaryOp};

use crate::course::decides;
use crate::error::Result;
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
        match (op, &a) {
            (BinaryOp::And, Value::Bool(false)) | (BinaryOp::Or, Value::Bool(true)) => return Ok(a),
            (BinaryOp::And, Value::Bool(true)) | (BinaryOp::Or, Value::Bool(false)) => {
                return self.eval(right, env);
            }
            (BinaryOp::Default, Value::Optional(Some(inner))) => {
                let optional = matches!(expr.ty, Type::Optional(_)) && expr.ty == left.ty;
                return Ok(if optional { a } else { (**inner).clone() });
            }
            (BinaryOp::Default, Value::Optional(None)) => return self.eval(right, env),
            _ => {}
        }
        let b = self.eval(right, env)?;
        if let (BinaryOp::Add, Value::List(x), Value::List(y)) = (op, &a, &b) {
            return self.items([&x[..], &y[..]].concat(), expr, env).map(Value::List);
        }
        let site = self.site(&env.frame.clone(), expr.span);
        self.operate(op, &env.frame.settled(&left.ty), &a, &b, &expr.ty, &site)
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
            BinaryOp::Less | BinaryOp::LessEqual => self.compare(function, left, [a, b], result, site),
            BinaryOp::Greater | BinaryOp::GreaterEqual => self.compare(function, left, [b, a], result, site),
            _ => self.apply(function, &[a, b], result, site),
        }
    }
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
