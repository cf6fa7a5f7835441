//! Patterns and binders.

use pipe_analysis::typed::{Binder, Expr, Pattern};
use pipe_ops::Float;

use crate::error::{self, Result};
use crate::frame::Env;
use crate::machine::Machine;
use crate::value::Value;

impl Machine {
    /// Binds what a `let`, a `for` or a lambda's parameter names. `at`: where errors point.
    pub(super) fn bind(&mut self, binder: &Binder, value: Value, at: &Expr, env: &mut Env) -> Result<()> {
        match binder {
            Binder::Wildcard => Ok(()),
            Binder::Local(id) => self.bind_local(*id, value, at, env),
            Binder::Tuple(binders) => {
                if let Value::Waiting(_) = &value {
                    return binders.iter().try_for_each(|binder| self.bind(binder, value.clone(), at, env));
                }
                let value = self.resolved_at(value, &env.frame.clone(), at.span)?;
                let Value::Tuple(parts) = &value else {
                    return Err(self.unusable("taking a tuple apart", &value, env.place(at.span)));
                };
                for (binder, part) in binders.iter().zip(parts.iter()) {
                    self.bind(binder, part.clone(), at, env)?;
                }
                Ok(())
            }
        }
    }

    /// Whether a value has the form of a pattern; binds the pattern's locals. `at`: where errors point.
    pub(super) fn matches(
        &mut self,
        pattern: &Pattern,
        value: &Value,
        at: &Expr,
        env: &mut Env,
    ) -> Result<bool> {
        self.step(1, &env.frame, at.span)?;
        match (pattern, value) {
            (Pattern::Wildcard, _) => Ok(true),
            (Pattern::Bind(id), value) => self.bind_local(*id, value.clone(), at, env).map(|()| true),
            (Pattern::Or(patterns), value) => {
                for pattern in patterns {
                    if self.matches(pattern, value, at, env)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (Pattern::Int(a), Value::Int(b)) => Ok(a == b),
            // Numbers of checked types are kept as text.
            (Pattern::Int(a), Value::Text(b)) => Ok(a.to_string() == **b),
            (Pattern::Float(bits), Value::Float(b)) => Ok(Float::new(f64::from_bits(*bits)) == *b),
            (Pattern::Duration(a), Value::Duration(b)) => Ok(a == b),
            (Pattern::Size(a), Value::Size(b)) => Ok(a == b),
            (Pattern::Text(a), Value::Text(b)) => Ok(a == b),
            (Pattern::Bool(a), Value::Bool(b)) => Ok(a == b),
            (Pattern::None, Value::Optional(b)) => Ok(b.is_none()),
            (Pattern::Some(_), Value::Optional(None)) => Ok(false),
            (Pattern::Some(inner), Value::Optional(Some(value))) => self.matches(inner, value, at, env),
            (Pattern::Variant { variant, payload }, Value::Variant(value)) => {
                Ok(*variant == value.index && self.all_match(payload, &value.payload, at, env)?)
            }
            (Pattern::Record(patterns), Value::Record(record)) => {
                self.all_match(patterns, &record.fields, at, env)
            }
            (Pattern::Tuple(patterns), Value::Tuple(parts)) => self.all_match(patterns, parts, at, env),
            (Pattern::List(patterns), Value::List(items)) => {
                Ok(patterns.len() == items.len() && self.all_match(patterns, items, at, env)?)
            }
            (_, Value::Symbolic(symbolic)) if self.is_known(symbolic.output) => {
                let value = self.resolved_at(value.clone(), &env.frame.clone(), at.span)?;
                self.matches(pattern, &value, at, env)
            }
            (_, Value::Symbolic(_) | Value::Waiting(_)) => {
                Err(self.unusable("`match`", value, env.place(at.span)))
            }
            (_, other) => {
                Err(error::internal(&format!("a pattern does not fit {}", other.kind()), env.place(at.span)))
            }
        }
    }

    fn all_match(
        &mut self,
        patterns: &[Pattern],
        values: &[Value],
        at: &Expr,
        env: &mut Env,
    ) -> Result<bool> {
        for (pattern, value) in patterns.iter().zip(values) {
            if !self.matches(pattern, value, at, env)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
