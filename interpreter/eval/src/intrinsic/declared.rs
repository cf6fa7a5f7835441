//! Operations that are declared and not there yet. Their values can be passed on; planning refuses a graph that needs one.

use pipe_ops::{Arg, Datum, Output};

use crate::error::{self, Result};
use crate::machine::{Machine, Site};
use crate::rounds::Wait;
use crate::value::{CheckKind, Value};

impl Machine {
    /// What arguments come down to for a node: the outputs they stand on, and what is known of them.
    pub(super) fn described(&mut self, values: &[Value], site: &Site) -> Result<(Vec<Output>, Vec<Datum>)> {
        let (mut inputs, mut args) = (Vec::new(), Vec::new());
        for value in values {
            self.describe(value, &mut inputs, &mut args, site)?;
        }
        Ok((inputs, args))
    }

    fn describe(
        &mut self,
        value: &Value,
        inputs: &mut Vec<Output>,
        args: &mut Vec<Datum>,
        site: &Site,
    ) -> Result<()> {
        if let Some(datum) = self.known_datum(value, site)? {
            args.push(datum);
            return Ok(());
        }
        match value {
            Value::Container(container) => inputs.extend(container.outputs()),
            Value::Dir(output)
            | Value::File(output)
            | Value::Secret(output)
            | Value::Opaque { output, .. } => inputs.push(*output),
            Value::Symbolic(symbolic) => inputs.push(symbolic.output),
            Value::Script(script) => {
                args.push(Datum::Text(script.text.clone()));
                for (name, value) in &script.variables {
                    args.push(Datum::text(name.as_str()));
                    match value {
                        Arg::Const(datum) => args.push(datum.clone()),
                        Arg::Output(output) => inputs.push(*output),
                    }
                }
            }
            Value::Check(check) => {
                if check.waits {
                    return Err(error::waits(Wait::Along(Vec::new()), site.place.clone()));
                }
                if let CheckKind::Built { outputs, .. } = &check.kind {
                    inputs.extend(outputs);
                }
            }
            Value::List(items) | Value::Tuple(items) => self.describe_all(items, inputs, args, site)?,
            Value::Optional(Some(value)) => self.describe(value, inputs, args, site)?,
            Value::Record(record) => self.describe_all(&record.fields, inputs, args, site)?,
            Value::Variant(variant) => self.describe_all(&variant.payload, inputs, args, site)?,
            Value::Map(map) => {
                for (key, value) in &map.entries {
                    args.push(key.clone());
                    self.describe(value, inputs, args, site)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn describe_all(
        &mut self,
        values: &[Value],
        inputs: &mut Vec<Output>,
        args: &mut Vec<Datum>,
        site: &Site,
    ) -> Result<()> {
        values.iter().try_for_each(|value| self.describe(value, inputs, args, site))
    }
}
