//! Script literals. A script's text is constant: values travel in the step's environment, and the place of each hole in the shell's
//! quoting decides how the variable is written.
//!
//! Hole number 2 is the variable `PIPE_2`; the elements of a list in it are `PIPE_2_1`, `PIPE_2_2` and so on.

use std::sync::Arc;

use pipe_analysis::typed::{Expr, ScriptPiece, Type};
use pipe_ops::{Arg, Datum, Op, pure};
use pipe_syntax::Span;
use pipe_syntax::ast::{HolePosition, Shell};

use crate::error::{self, Result};
use crate::frame::Env;
use crate::machine::Machine;
use crate::value::{ScriptValue, Value};

/// A variable of a script, with the hole it fills.
struct Variable {
    name: String,
    value: Arg,
    hole: Span,
}

impl Machine {
    pub(super) fn script(
        &mut self,
        shell: Shell,
        parts: &[ScriptPiece],
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let mut text = String::new();
        let mut variables = Vec::new();
        let mut holes = 0;
        for part in parts {
            match part {
                ScriptPiece::Fixed(fixed) => text.push_str(fixed),
                ScriptPiece::Hole { expr, position, span } => {
                    holes += 1;
                    let value = self.eval(expr, env)?;
                    let name = format!("PIPE_{holes}");
                    text.push_str(&self.hole(name, &value, *position, *span, &mut variables, env)?);
                }
            }
        }
        let variables = self.check_variables(variables, env)?;
        let place = env.place(expr.span);
        Ok(Value::Script(Arc::new(ScriptValue { shell, text: text.into(), variables, place })))
    }

    /// What stands in the text for a hole; its value goes into `variables`.
    fn hole(
        &mut self,
        name: String,
        value: &Value,
        position: HolePosition,
        hole: Span,
        variables: &mut Vec<Variable>,
        env: &Env,
    ) -> Result<String> {
        let site = self.site(&env.frame, hole);
        let known = match value {
            // How many words there are decides the text.
            Value::Symbolic(symbolic) if matches!(symbolic.ty, Type::List(_)) => {
                self.resolved(value.clone(), &site)?
            }
            value => value.clone(),
        };
        match (&known, position) {
            (_, HolePosition::Refused(_)) => Err(error::internal("a hole where none can be", site.place)),
            (Value::List(items), HolePosition::Word { glued: false }) => {
                let mut words = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    let name = format!("{name}_{}", i + 1);
                    words.push(format!("\"${name}\""));
                    variables.push(Variable { name, value: self.arg(item, &site)?, hole });
                }
                Ok(words.join(" "))
            }
            (Value::Symbolic(symbolic), _) if matches!(symbolic.ty, Type::List(_)) => {
                Err(self.later("a list in a script", symbolic.output, site.place))
            }
            (value, position) => {
                let written = match position {
                    HolePosition::Word { .. } => format!("\"${name}\""),
                    _ => format!("${{{name}}}"),
                };
                variables.push(Variable { name, value: self.arg(value, &site)?, hole });
                Ok(written)
            }
        }
    }

    /// Checks the lengths of known values now and has the engine check the others, at their holes.
    fn check_variables(&mut self, variables: Vec<Variable>, env: &Env) -> Result<Vec<(String, Arg)>> {
        let values: Vec<Arg> = variables.iter().map(|variable| variable.value.clone()).collect();
        let last_unknown = values.iter().rposition(|value| matches!(value, Arg::Output(_)));
        let (mut before, mut total): (Vec<Datum>, usize) = (Vec::new(), 0);
        let mut checked = Vec::with_capacity(variables.len());
        for (i, Variable { name, value, hole }) in variables.into_iter().enumerate() {
            let value = match value {
                Arg::Const(datum) => {
                    let fails = |e| error::pure(&e, env.place(hole));
                    before.push(datum);
                    let own = before.last().map(std::slice::from_ref).unwrap_or_default();
                    let text = pure::apply("script_value", own).map_err(fails)?;
                    total = total.saturating_add(text.as_text().map_or(0, str::len));
                    if total > pure::MAX_SCRIPT_VALUES {
                        before.reverse();
                        pure::apply("script_value", &before).map_err(fails)?;
                    }
                    Arg::Const(text)
                }
                // The last one to be known also has the sum of all checked.
                unknown => {
                    let others =
                        values.iter().enumerate().filter(|(j, _)| Some(i) == last_unknown && *j != i);
                    let args =
                        std::iter::once(unknown).chain(others.map(|(_, other)| other.clone())).collect();
                    let site = self.site(&env.frame, hole);
                    Arg::Output(self.add_main(Op::Apply { function: "script_value".into(), args }, &site)?)
                }
            };
            checked.push((name, value));
        }
        Ok(checked)
    }
}
