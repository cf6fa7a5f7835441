//! The values an op works on.

use pipe_ops::{Arg, Datum, Op, Output};
use pipe_store::FileRef;

use crate::failure::Cause;
use crate::{HeldSecret, Secret, TreeValue, Value};

/// The values of an op's edges. Owned, so that the op can be done elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inputs {
    values: Vec<(Output, Value)>,
}

impl Inputs {
    /// Collects what an op needs.
    ///
    /// # Errors
    /// The first output that has no value: a text that is none.
    pub(crate) fn of(
        op: &Op,
        mut value: impl FnMut(Output) -> Result<Value, Cause>,
    ) -> Result<Inputs, Cause> {
        let values = op.inputs().into_iter().map(|output| value(output).map(|value| (output, value)));
        Ok(Inputs { values: values.collect::<Result<_, _>>()? })
    }

    pub(crate) fn get(&self, output: Output) -> Result<&Value, Cause> {
        let found = self.values.iter().find(|(known, _)| *known == output);
        found
            .map(|(_, value)| value)
            .ok_or_else(|| Cause::machine("an op names an input that it does not list"))
    }

    pub(crate) fn tree(&self, output: Output) -> Result<&TreeValue, Cause> {
        match self.get(output)? {
            Value::Tree(tree) => Ok(tree),
            other => Err(mismatch("a folder", other)),
        }
    }

    pub(crate) fn file(&self, output: Output) -> Result<&FileRef, Cause> {
        match self.get(output)? {
            Value::File(file) => Ok(file),
            other => Err(mismatch("a file", other)),
        }
    }

    /// A plain value that was computed.
    pub(crate) fn value_of(&self, output: Output) -> Result<&Datum, Cause> {
        match self.get(output)? {
            Value::Datum(datum) => Ok(datum),
            other => Err(mismatch("a plain value", other)),
        }
    }

    /// A secret that was read.
    pub(crate) fn secret(&self, output: Output) -> Result<&Secret, Cause> {
        self.held_secret(output)?.get()
    }

    /// A secret, read or not.
    pub(crate) fn held_secret(&self, output: Output) -> Result<&HeldSecret, Cause> {
        match self.get(output)? {
            Value::Secret(secret) => Ok(secret),
            other => Err(mismatch("a secret", other)),
        }
    }

    /// A plain value, given or computed.
    pub(crate) fn datum<'a>(&'a self, arg: &'a Arg) -> Result<&'a Datum, Cause> {
        match arg {
            Arg::Const(datum) => Ok(datum),
            Arg::Output(output) => self.value_of(*output),
        }
    }

    /// A text, given or computed.
    pub(crate) fn text<'a>(&'a self, arg: &'a Arg) -> Result<&'a str, Cause> {
        self.datum(arg)?
            .as_text()
            .ok_or_else(|| Cause::machine("a value that is no text stands where a text is needed"))
    }
}

fn mismatch(wanted: &str, found: &Value) -> Cause {
    Cause::machine(format!("{} stands where {wanted} is needed", found.kind()))
}
