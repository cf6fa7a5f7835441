//! Breakpoints: a person looks around, in no slot and for as long as they like.

use std::sync::Arc;

use pipe_ops::{Breakpoint, Node, Op};

use super::{NodeState, Running, Scheduler, TaskEnd};
use crate::results::{NodeResult, Passed};
use crate::steps::Inputs;
use crate::steps::exec::{Stop, pause};

impl Scheduler {
    /// Begins to wait for a person.
    pub(super) fn start_breakpoint(
        &mut self,
        number: u32,
        node: &Arc<Node>,
        breakpoint: &Breakpoint,
        inputs: Inputs,
    ) {
        let at = Stop {
            session: self.session.clone(),
            node: node.clone(),
            inputs,
            stop: self.stop.child_token(),
            cancel: self.cancel.clone(),
        };
        let (stop, breakpoint) = (at.stop.clone(), breakpoint.clone());
        let task = self.tasks.spawn(async move { TaskEnd::Breakpoint(pause(at, &breakpoint).await) });
        self.running.insert(task.id(), Running { number, key: None, op: None, stop });
    }

    /// The person is done: everything is as it was before.
    pub(super) fn go_on(&mut self, number: u32) {
        // What was stopped is left undone.
        if self.stop.is_cancelled() {
            return;
        }
        match self.passed(number) {
            Ok(result) => self.done(number, result),
            Err(cause) => self.failed(number, cause, None),
        }
    }

    fn passed(&self, number: u32) -> Result<NodeResult, crate::failure::Cause> {
        let lost = || crate::failure::Cause::machine("a breakpoint is gone from the graph");
        let node = self.reach.get(number).map(|needed| needed.node.clone()).ok_or_else(lost)?;
        let Op::Breakpoint(breakpoint) = &node.op else { return Err(lost()) };
        let inputs = Inputs::of(&node.op, |output| self.value(output))?;
        let last = breakpoint.last.and_then(|last| self.reach.number(last.node));
        let last = last.and_then(|number| match self.states.get(number as usize) {
            Some(NodeState::Done(result)) => Some(result.clone()),
            _ => None,
        });
        Passed::of(breakpoint, &inputs, last)
    }
}
