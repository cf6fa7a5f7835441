//! What the engine gave, by output.

use std::collections::HashMap;

use pipe_engine::{RunReport, TreeValue, Value};
use pipe_ops::{Arg, Datum, Output};
use pipe_store::FileRef;

/// Values by the outputs that were demanded. An output that is missing failed or was stopped.
#[derive(Debug, Default)]
pub(crate) struct Answers(HashMap<Output, Value>);

impl Answers {
    /// From a report.
    pub(crate) fn of(report: &RunReport) -> Answers {
        let given = report.outcomes.iter().filter_map(|outcome| {
            let value = outcome.result.as_ref().ok()?;
            Some((outcome.demand.output, value.clone()))
        });
        Answers(given.collect())
    }

    /// Whether all of these are there.
    pub(crate) fn have(&self, outputs: &[Output]) -> bool {
        outputs.iter().all(|output| self.0.contains_key(output))
    }

    /// Data that was known before, or came out of a step.
    pub(crate) fn datum(&self, arg: &Arg) -> Option<Datum> {
        match arg {
            Arg::Const(datum) => Some(datum.clone()),
            Arg::Output(output) => match self.0.get(output)? {
                Value::Datum(datum) => Some(datum.clone()),
                Value::Tree(_) | Value::File(_) | Value::Service(_) | Value::Secret(_) => None,
            },
        }
    }

    /// A tree.
    pub(crate) fn tree(&self, output: Output) -> Option<&TreeValue> {
        match self.0.get(&output)? {
            Value::Tree(tree) => Some(tree),
            Value::File(_) | Value::Datum(_) | Value::Service(_) | Value::Secret(_) => None,
        }
    }

    /// A file.
    pub(crate) fn file(&self, output: Output) -> Option<&FileRef> {
        match self.0.get(&output)? {
            Value::File(file) => Some(file),
            Value::Tree(_) | Value::Datum(_) | Value::Service(_) | Value::Secret(_) => None,
        }
    }
}
