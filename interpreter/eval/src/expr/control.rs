//! `if` and `match`.

use pipe_analysis::typed::{Arm, Expr};

use crate::error::{self, Result};
use crate::frame::Env;
use crate::machine::Machine;
use crate::value::Value;

impl Machine {
    /// A condition: it must be known.
    pub(super) fn condition(&mut self, what: &str, condition: &Expr, env: &mut Env) -> Result<bool> {
        let value = self.eval(condition, env)?;
        match self.resolved_at(value, &env.frame.clone(), condition.span)? {
            Value::Bool(value) => Ok(value),
            other => Err(self.unusable(what, &other, env.place(condition.span))),
        }
    }

    pub(super) fn if_(
        &mut self,
        condition: &Expr,
        then: &Expr,
        otherwise: Option<&Expr>,
        env: &mut Env,
    ) -> Result<Value> {
        match (self.condition("`if`", condition, env)?, otherwise) {
            (true, Some(_)) => self.eval(then, env),
            (true, None) => self.eval(then, env).map(|_| Value::Unit),
            (false, Some(otherwise)) => self.eval(otherwise, env),
            (false, None) => Ok(Value::Unit),
        }
    }

    pub(super) fn match_(
        &mut self,
        scrutinee: &Expr,
        arms: &[Arm],
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let value = self.eval(scrutinee, env)?;
        let value = self.resolved_at(value, &env.frame.clone(), scrutinee.span)?;
        for arm in arms {
            if !self.matches(&arm.pattern, &value, scrutinee, env)? {
                continue;
            }
            let taken = match &arm.guard {
                Some(guard) => self.condition("`if`", guard, env)?,
                None => true,
            };
            if taken {
                if let Some(coverage) = &mut self.coverage {
                    coverage.take(env.place(arm.body.span));
                }
                return self.eval(&arm.body, env);
            }
        }
        Err(error::internal("no arm of a `match` fits", env.place(expr.span)))
    }
}
