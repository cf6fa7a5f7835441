//! Steps that wait for a slot: the one with the longest known way to the end first.

use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pipe_ops::StepKey;

use crate::steps::exec::PreparedExec;

/// A step that waits for a slot.
pub(super) struct Queued {
    pub(super) number: u32,
    pub(super) key: StepKey,
    /// The step, unless so many wait that it is prepared once more when its turn comes.
    pub(super) step: Option<Arc<PreparedExec>>,
    /// A stored result that was not taken.
    pub(super) refused: Option<SystemTime>,
    /// How long the way from its start to the end of the graph is.
    pub(super) path: Duration,
}

/// Steps that are kept as they were prepared: each takes some KB, and ten thousand may wait.
const PREPARED: usize = 64;

/// The waiting steps. Ways are only asked for when not all can start at once, for they cost looks into the store.
#[derive(Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Queued>,
    /// How many of them are prepared.
    prepared: usize,
    paths: Option<Vec<Duration>>,
}

impl Queue {
    pub(super) fn push(&mut self, mut queued: Queued) {
        queued.path = self.path(queued.number);
        if self.prepared >= PREPARED {
            queued.step = None;
        }
        self.prepared += usize::from(queued.step.is_some());
        self.heap.push(queued);
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
        self.prepared = 0;
    }

    pub(super) fn pop(&mut self) -> Option<Queued> {
        let queued = self.heap.pop()?;
        self.prepared -= usize::from(queued.step.is_some());
        Some(queued)
    }

    /// Whether the ways are known.
    pub(super) fn is_ordered(&self) -> bool {
        self.paths.is_some()
    }

    /// The graph has grown: the ways are to be asked for again.
    pub(super) fn forget_order(&mut self) {
        self.paths = None;
    }

    /// Orders by these ways, by number of the node.
    pub(super) fn order_by(&mut self, paths: Vec<Duration>) {
        self.paths = Some(paths);
        self.prepared = 0;
        for queued in std::mem::take(&mut self.heap) {
            self.push(queued);
        }
    }

    fn path(&self, number: u32) -> Duration {
        self.paths.as_ref().and_then(|paths| paths.get(number as usize)).copied().unwrap_or_default()
    }
}

impl Ord for Queued {
    /// The longer way first; of two equal ones the node that was made first.
    fn cmp(&self, other: &Queued) -> std::cmp::Ordering {
        self.path.cmp(&other.path).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Queued) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Queued) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Queued {}
