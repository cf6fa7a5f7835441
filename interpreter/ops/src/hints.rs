//! What the engine should mind when it runs a node, and that is no part of what the node is.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What the engine should mind when it runs a node. Never part of a digest; when two equal ops differ here, the more generous
/// value holds, and of two wishes for a fresh result the stricter one.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hints {
    /// Kill the step after so many nanoseconds; a service if it cannot be used by then.
    pub timeout: Option<i64>,
    /// The command is a script literal: its shell's path. A root without it gets an error that names it.
    pub shell: Option<Arc<str>>,
    /// Run the step again so many times at most while it does not succeed.
    pub retries: u32,
    /// What the step may use of the machine.
    pub limits: Limits,
    /// A result that is older than so many nanoseconds is not used; 0 is every one that this session did not make.
    pub fresh: Option<i64>,
}

impl Hints {
    /// What holds for one node that was written twice.
    pub(crate) fn merge(&mut self, other: Hints) {
        self.timeout = generous(self.timeout, other.timeout);
        self.retries = self.retries.max(other.retries);
        self.limits = self.limits.merged(other.limits);
        self.fresh = [self.fresh, other.fresh].into_iter().flatten().min();
        if self.shell.is_none() {
            self.shell = other.shell;
        }
    }
}

/// What a step may use of the machine. `None`: what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Limits {
    /// Processors, in thousandths.
    pub millicpus: Option<u32>,
    /// Memory, in bytes.
    pub memory: Option<u64>,
    /// Processes and threads at one time.
    pub pids: Option<u32>,
}

impl Limits {
    /// No limit is set.
    pub fn is_empty(&self) -> bool {
        *self == Limits::default()
    }

    fn merged(self, other: Limits) -> Limits {
        Limits {
            millicpus: generous(self.millicpus, other.millicpus),
            memory: generous(self.memory, other.memory),
            pids: generous(self.pids, other.pids),
        }
    }
}

/// None at all is more generous than any limit.
fn generous<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.zip(other).map(|(one, other)| one.max(other))
}
