//! Conversions that the checker inserted.

use pipe_analysis::typed::{Conversion, Expr};

use crate::error::Result;
use crate::frame::Env;
use crate::machine::Machine;
use crate::value::Value;

impl Machine {
    pub(super) fn convert(
        &mut self,
        conversion: &Conversion,
        inner: &Expr,
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let value = self.eval(inner, env)?;
        match conversion {
            Conversion::ToOptional => Ok(Value::optional(Some(value))),
            // The unions' members are told apart by their values.
            Conversion::ToTree | Conversion::ToCommand => Ok(value),
            Conversion::Check(kind) => self.checked(kind.name(), value, expr, env),
        }
    }
}
