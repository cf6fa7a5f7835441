//! Numbers and strings.

use pipe_analysis::typed::{Expr, ExprKind, TextPiece, Type};
use pipe_ops::{Arg, Datum, Float, pure};

use crate::error::{self, Result};
use crate::frame::Env;
use crate::intrinsic::Defaults;
use crate::machine::Machine;
use crate::value::Value;

impl Machine {
    /// A number; one of a checked type (`Port`, `Percent`) is its text.
    pub(super) fn number(&mut self, expr: &Expr, env: &Env) -> Result<Value> {
        let checked = matches!(expr.ty, Type::Checked(_));
        match expr.kind {
            ExprKind::Int(number) if checked => Ok(Value::text(number.to_string())),
            ExprKind::Int(number) => Ok(Value::Int(number)),
            ExprKind::Float(bits) => Ok(Value::Float(Float::new(f64::from_bits(bits)))),
            ExprKind::Duration(nanoseconds) => Ok(Value::Duration(nanoseconds)),
            ExprKind::Size(bytes) => Ok(Value::Size(bytes)),
            _ => Err(error::internal("no number", env.place(expr.span))),
        }
    }

    /// A string: its pieces one after the other. The fixed parts of a checked one with holes were checked by the front end; the
    /// whole is checked here.
    pub(super) fn text(&mut self, pieces: &[TextPiece], expr: &Expr, env: &mut Env) -> Result<Value> {
        match pieces {
            [] => return Ok(Value::text("")),
            [TextPiece::Fixed(text)] => return Ok(Value::Text(text.clone())),
            _ => {}
        }
        let site = self.site(&env.frame.clone(), expr.span);
        let mut args = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                TextPiece::Fixed(text) => args.push(Arg::text(text.clone())),
                TextPiece::Hole(hole) => {
                    let value = self.eval(hole, env)?;
                    args.push(self.arg(&value, &site)?);
                }
            }
        }
        let value = self.apply_args("concat", args, &Type::String, &site)?;
        match &expr.ty {
            Type::Checked(kind) => self.checked(kind.name(), value, expr, env),
            _ => Ok(value),
        }
    }

    /// `T.parse(text)`, a `Result`.
    pub(super) fn parse(&mut self, target: &Type, text: &Expr, expr: &Expr, env: &mut Env) -> Result<Value> {
        let text = self.eval(text, env)?;
        let site = self.site(&env.frame.clone(), expr.span);
        let shapes = self.shapes(target, Defaults::Dropped, &site)?;
        let args = vec![Arg::Const(shapes), self.arg(&text, &site)?];
        self.apply_args("parse", args, &expr.ty, &site)
    }

    /// A text as a checked type: refused now if it is known, else when it is.
    pub(super) fn checked(&mut self, kind: &str, value: Value, expr: &Expr, env: &Env) -> Result<Value> {
        if let Value::Text(text) = &value {
            pure::check_text(kind, text).map_err(|e| error::pure(&e, env.place(expr.span)))?;
            return Ok(value);
        }
        let site = self.site(&env.frame.clone(), expr.span);
        let args = vec![Arg::Const(Datum::text(kind)), self.arg(&value, &site)?];
        self.apply_args("check", args, &expr.ty, &site)
    }
}
