//! When a run is stopped: what had begun is still cleaned up behind.

use std::collections::{BTreeSet, HashSet};

use pipe_ops::Op;
use tokio_util::sync::CancellationToken;

use super::{NodeState, Scheduler};
use crate::Rounds;
use crate::failure::Cause;

impl Scheduler {
    /// Gives up everything that is not needed for cleaning up, and goes on with that. Tells whether there is something.
    pub(super) fn unwind(&mut self, rounds: &mut impl Rounds) -> bool {
        self.unwound = self.states.iter().any(|state| matches!(state, NodeState::Open));
        self.stop = CancellationToken::new();
        // An action that waited for something learns that it will not come, and says what is to be cleaned up. A round that is
        // refused adds nothing.
        let kept = loop {
            let kept = self.kept();
            let open =
                |(number, state): (u32, &NodeState)| matches!(state, NodeState::Open).then_some(number);
            let left: Vec<u32> = (0..).zip(&self.states).filter_map(open).collect();
            for number in left.into_iter().filter(|number| !kept.contains(number)) {
                self.give_up(number);
            }
            if !matches!(self.next_round(rounds), Ok(true)) {
                break kept;
            }
        };
        self.ready.retain(|number| kept.contains(number));
        let waiting: HashSet<u32> = self.ready.iter().copied().collect();
        for number in kept {
            let none_missing = self.missing.get(number as usize) == Some(&0);
            if none_missing && !waiting.contains(&number) && self.is_open(number) {
                self.ready.push(number);
            }
        }
        !self.ready.is_empty()
    }

    fn give_up(&mut self, number: u32) {
        if !self.is_open(number) {
            return;
        }
        let reason = self.why_stopped();
        self.skip(number, reason.clone());
        let failure = self.failure(number, Cause::machine(reason), None);
        self.failed_with(number, &failure);
    }

    /// Open nodes that clean up behind what had begun, with all that they need.
    fn kept(&self) -> BTreeSet<u32> {
        let mut blocked: Vec<bool> = Vec::with_capacity(self.states.len());
        let mut wanted: Vec<u32> = Vec::new();
        for (number, (state, needed)) in (0..).zip(self.states.iter().zip(self.reach.nodes())) {
            let is_blocked = |input: &u32| blocked.get(*input as usize) == Some(&true);
            let blocks = match (state, &needed.node.op) {
                (NodeState::Failed(_), _) => true,
                (NodeState::Done(_) | NodeState::Dropped, _) => false,
                (NodeState::Open, Op::Effect(effect)) if !effect.cleanup => true,
                (NodeState::Open, _) => {
                    let inputs = self.reach.inputs(number).iter();
                    inputs.filter(|input| !needed.survives(&self.reach, **input)).any(is_blocked)
                }
            };
            if !blocks && matches!((state, &needed.node.op), (NodeState::Open, Op::Effect(_))) {
                wanted.push(number);
            }
            blocked.push(blocks);
        }
        let mut kept = BTreeSet::new();
        while let Some(number) = wanted.pop() {
            if !self.is_open(number) || !kept.insert(number) {
                continue;
            }
            let Some(needed) = self.reach.get(number) else { continue };
            wanted.extend(
                self.reach.inputs(number).iter().filter(|input| !needed.survives(&self.reach, **input)),
            );
        }
        kept
    }

    /// Whether a failure of a node may be one that is reckoned with.
    pub(super) fn may_be_forgiven(&self, number: u32) -> bool {
        let mut seen = HashSet::new();
        let mut pending = vec![number];
        while let Some(number) = pending.pop() {
            for consumer in self.reach.consumers(number).filter(|consumer| seen.insert(*consumer)) {
                let Some(by) = self.reach.get(consumer) else { continue };
                match &by.node.op {
                    Op::Settled { forgives: true, .. } if by.survives(&self.reach, number) => return true,
                    _ => pending.push(consumer),
                }
            }
        }
        false
    }
}
