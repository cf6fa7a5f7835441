//! What a run would do.

mod last;
mod look;
mod walk;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use pipe_ops::{Datum, NodeId, Origin, Output, Preimage, StepKey};

pub(crate) use walk::plan;

/// What a run would do, found out without running a step. Host folders are read and the engine's own ops are done, for keys need
/// their content.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every needed node, in topological order.
    pub nodes: Vec<PlanNode>,
    /// Of what was asked for, the data that is known without running a step.
    pub known: HashMap<Output, Datum>,
}

/// A node of a plan.
#[derive(Clone, Debug)]
pub struct PlanNode {
    /// The node.
    pub node: NodeId,
    /// What people call it.
    pub name: Arc<str>,
    /// The operation: `exec`, `copy`, `import`.
    pub operation: &'static str,
    /// It runs a command: what people count as a step.
    pub is_step: bool,
    /// What would become of it.
    pub status: PlanStatus,
    /// How long it took when it last ran.
    pub expected: Option<Duration>,
    /// Its key, where that is known.
    pub key: Option<StepKey>,
    /// What its key is made of, where that is known.
    pub preimage: Option<Preimage>,
    /// Where it was made.
    pub origins: Vec<Origin>,
    /// The needed nodes it depends on, in order, each once.
    pub inputs: Vec<NodeId>,
}

/// What would become of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanStatus {
    /// Its result is in the store, or the engine has made it for the plan.
    Cached,
    /// It will run.
    WillRun {
        /// Why, when it is not simply that no result is there: `failed last time with exit code 1`.
        reason: Option<String>,
    },
    /// Something that is done to the world, never cached.
    Action,
    /// It opens a shell where somebody is, and changes nothing.
    Breakpoint,
    /// What it depends on is not known: when that ends in the same bytes as before, it need not run.
    Unknown {
        /// The steps it waits for, by name, each once.
        waits_for: Vec<Arc<str>>,
    },
    /// It reads the host where that is not granted; it was not read.
    NeedsGrant {
        /// The flag that grants it.
        flag: String,
    },
    /// It cannot be done: a host folder that is missing, a path that is not in a tree.
    Fails {
        /// Why.
        reason: String,
    },
}

impl Plan {
    /// How many steps have this kind of status.
    pub fn count(&self, which: impl Fn(&PlanStatus) -> bool) -> usize {
        self.nodes.iter().filter(|node| node.is_step && which(&node.status)).count()
    }

    /// The time that all steps which will run took when they last did; `None` when that is not known for one of them.
    pub fn expected(&self) -> Option<Duration> {
        let runs = self
            .nodes
            .iter()
            .filter(|node| matches!(node.status, PlanStatus::WillRun { .. }) && node.is_step);
        runs.map(|node| node.expected).sum()
    }
}
