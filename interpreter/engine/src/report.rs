//! What a run came to.

use std::sync::Arc;
use std::time::Duration;

use pipe_ops::Output;

use crate::{Failure, FailureClass, Summary, Value};

/// Something that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What.
    pub output: Output,
    /// What it is called by who asks: a target's name.
    pub label: Arc<str>,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// What became of each demand, in their order.
    pub outcomes: Vec<Outcome>,
    /// Every node that failed, in the order it happened. Nodes that only depend on one are not among them.
    pub failures: Vec<Arc<Failure>>,
    /// Those that something reckoned with: a retry that came to a good end, a failure that is a value.
    pub forgiven: Vec<Arc<Failure>>,
    /// Counts of steps by their final state.
    pub summary: Summary,
    /// How long it took.
    pub elapsed: Duration,
    /// The run was cancelled before everything was done.
    pub cancelled: bool,
    /// The name by which another command can go on with what was done to the world ([`EngineOptions::resume`](crate::EngineOptions)), if
    /// anything was.
    pub run: Option<String>,
}

/// What became of a demand.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The demand.
    pub demand: Demand,
    /// Its value, or why there is none.
    pub result: Result<Value, Unmet>,
}

/// Why a demand has no value.
#[derive(Clone, Debug)]
pub enum Unmet {
    /// This failed: what was demanded itself, or the first thing it depends on.
    Failed(Arc<Failure>),
    /// The run ended before: cancelled, or stopped by the failure of something else.
    Stopped,
}

/// How a run ended, for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything that was asked for is there.
    Done,
    /// Something failed; the worst class of what did.
    Failed(FailureClass),
    /// It was cancelled.
    Cancelled,
}

impl RunReport {
    /// How it ended. That it was cancelled says more than what had failed by then.
    pub fn ending(&self) -> Ending {
        if self.cancelled {
            return Ending::Cancelled;
        }
        self.failures.iter().map(|failure| failure.class).max().map_or(Ending::Done, Ending::Failed)
    }
}
