//! Nodes that stand or fall together: when one fails, what only their group needs is given up.

use std::sync::Arc;

use pipe_ops::StepKey;
use tokio::task::AbortHandle;

use super::{NodeState, Scheduler};
use crate::Failure;

impl Scheduler {
    pub(super) fn is_open(&self, number: u32) -> bool {
        matches!(self.states.get(number as usize), Some(NodeState::Open))
    }

    /// Gives up what a node that failed needs, unless something else that is open needs it, too.
    pub(super) fn give_up_inputs(&mut self, number: u32, failure: &Arc<Failure>) {
        let mut pending = self.reach.inputs(number).to_vec();
        while let Some(number) = pending.pop() {
            let unused = self.uses.get(number as usize) == Some(&0);
            if !self.is_open(number) || !unused {
                continue;
            }
            self.skip(number, format!("stopped: `{}` failed", failure.name));
            self.set(number, NodeState::Failed(failure.clone()));
            self.stop_step(number);
            self.release_inputs(number);
            pending.extend(self.reach.inputs(number));
        }
    }

    /// Ends what a node does, if it runs and no other node waits for the same: nothing else of the run.
    fn stop_step(&self, number: u32) {
        let Some(running) = self.running.values().find(|running| running.number == number) else { return };
        let others = running.key.and_then(|key| self.flights.get(&key)).into_iter().flatten();
        if !others.copied().any(|other| self.is_open(other)) {
            running.stop.cancel();
            running.op.iter().for_each(AbortHandle::abort);
        }
    }

    /// A step that waited for its slot is not needed any more: whoever waits for the same looks for itself.
    pub(super) fn unqueue(&mut self, key: StepKey) {
        let same = self.flights.remove(&key).unwrap_or_default();
        self.again(same);
    }

    /// These nodes are looked at again.
    pub(super) fn again(&mut self, numbers: Vec<u32>) {
        let open: Vec<u32> = numbers.into_iter().filter(|number| self.is_open(*number)).collect();
        self.ready.extend(open);
    }
}
