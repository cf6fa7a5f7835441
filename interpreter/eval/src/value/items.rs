//! Elements of lists, tuples, records and payloads.

use std::sync::Arc;

use super::Value;

/// A sequence of values that is shared, with how deep it nests: values that could nest without end (a record in a record, a
/// thousand times folded) are refused at a depth where dropping or comparing one still fits on a stack.
#[derive(Clone, Debug)]
pub struct Items {
    values: Arc<[Value]>,
    depth: u32,
    waits: bool,
}

impl Items {
    pub(crate) fn new(values: Vec<Value>) -> Items {
        let depth = values.iter().map(Value::depth).max().unwrap_or(0) + 1;
        let waits = values.iter().any(Value::waits);
        Items { values: values.into(), depth, waits }
    }

    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// Whether one of them waits for a later round.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }
}

impl std::ops::Deref for Items {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.values
    }
}
