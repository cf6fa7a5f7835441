//! What happens during a run, told to whoever listens. A closed enum: renderers match all of it.

use std::sync::Arc;
use std::time::Duration;

use pipe_ops::{NodeId, Origin, StepKey};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A round of evaluation asks for more: so many nodes are needed so far. Told at the beginning, too.
    Started {
        /// Nodes that the targets need.
        nodes: usize,
    },
    /// A step changed its state.
    Step {
        /// Its node.
        node: NodeId,
        /// What people call it: `build`, or the operation (`copy`, `import src`).
        name: Arc<str>,
        /// The state it is in now.
        state: StepState,
        /// How long it took, when it is over.
        elapsed: Option<Duration>,
        /// Its key, once it is known.
        key: Option<StepKey>,
        /// Where it was made.
        origin: Option<Origin>,
        /// The exit code, when a command ended.
        exit_code: Option<i32>,
        /// Why it failed or was skipped, in one line.
        reason: Option<Arc<str>>,
    },
    /// Bytes a step printed, redacted; not split inside a UTF-8 sequence, not necessarily whole lines.
    Log {
        /// Its node.
        node: NodeId,
        /// Which of its streams.
        stream: Stream,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
    /// A service changed its state.
    Service {
        /// Its node. Logs of this node are what it prints.
        node: NodeId,
        /// What people call it: the function it was made in.
        name: Arc<str>,
        /// The state it is in now.
        state: ServiceState,
        /// How long it took until it was ready, when it is.
        elapsed: Option<Duration>,
        /// Where it was made.
        origin: Option<Origin>,
    },
    /// Something that the pipeline tells a person.
    Notice {
        /// What.
        message: Arc<str>,
    },
    /// Something a person should know and that fails nothing.
    Warning {
        /// One line.
        message: Arc<str>,
    },
    /// The run is over.
    Finished {
        /// Counts by final state.
        summary: Summary,
        /// How long it took.
        elapsed: Duration,
    },
}

/// States of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepState {
    /// Its result was in the store.
    Cached,
    /// It runs.
    Running,
    /// It ran.
    Ran,
    /// It failed.
    Failed,
    /// It did not run because something it needs failed or the run was stopped.
    Skipped,
}

/// States of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceState {
    /// It runs and cannot be used yet.
    Starting,
    /// It can be used.
    Ready,
    /// It is over: nobody uses it any more, or it ended with success.
    Stopped,
    /// It died.
    Failed,
}

/// The two streams of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How many steps ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Summary {
    pub cached: usize,
    pub ran: usize,
    pub failed: usize,
    pub skipped: usize,
}

/// Whoever listens. Called from many threads; must not block for long.
pub trait EventSink: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event);
}
