//! Going on with a run of before: effects that it ended are not done again.

use std::collections::HashSet;
use std::sync::Arc;

use pipe_ops::{Act, Effect, Op, OpDigest, Output};

use super::settle::Told;
use super::{NodeState, Scheduler};
use crate::failure::Cause;
use crate::results::NodeResult;
use crate::session::End;
use crate::steps::Inputs;
use crate::steps::exec::prepare;
use crate::{Event, StepState, Value};

impl Scheduler {
    /// How an effect ended in the run that goes on, unless it comes after something that is done now.
    pub(super) fn ended_before(&self, number: u32) -> Option<End> {
        let end = self.session.ledger.before(self.reach.get(number)?.node.digest)?;
        let (mut seen, mut pending) = (HashSet::new(), vec![number]);
        while let Some(number) = pending.pop() {
            if self.acting.contains(&number) {
                return None;
            }
            let inputs = self.reach.inputs(number);
            pending.extend(inputs.iter().filter(|input| seen.insert(**input)));
        }
        Some(end)
    }

    /// An effect ends as it did before.
    pub(super) fn again_as_before(&mut self, number: u32, effect: &Effect, inputs: &Inputs, end: End) {
        let result = match end {
            End::Value(datum) => NodeResult::Value(Value::Datum(datum)),
            End::Failed { reason, exit_code } => {
                return self.failed(number, End::failed(&reason, exit_code), None);
            }
            End::Command(key) => {
                let Some(needed) = self.reach.get(number) else { return };
                let Act::Perform(exec) = &effect.act else { return };
                let store = &self.session.context.engine.store;
                let found = prepare(store, &needed.node, exec, inputs)
                    .and_then(|step| step.under(key).look_up(store));
                match found {
                    Ok(Some(result)) => NodeResult::Exec(Arc::new(result)),
                    Ok(None) => {
                        let gone =
                            Cause::machine("that run did it, and what it gave is no longer in the store")
                                .help("run it without `--resume`, should it be done once more");
                        return self.failed(number, gone, Some(key));
                    }
                    Err(cause) => return self.failed(number, cause, Some(key)),
                }
            }
        };
        self.tell(number, StepState::Cached, Told::because("done before"));
        self.done(number, result);
    }

    /// Keeps that an effect was done, for a command that goes on with this run.
    pub(super) fn keep_done(&self, effect: OpDigest, result: &NodeResult) {
        let end = match result {
            NodeResult::Value(Value::Datum(datum)) => End::Value(datum.clone()),
            NodeResult::Exec(result) => End::Command(result.key),
            // No effect gives such a thing.
            NodeResult::Value(_)
            | NodeResult::Image { .. }
            | NodeResult::Ended { .. }
            | NodeResult::Passed(_) => return,
        };
        self.keep(effect, end);
    }

    /// Keeps that effects failed, where something goes on because of that.
    pub(super) fn keep_failures(&self, of: &[Output]) {
        let failed = of.iter().filter_map(|output| {
            let number = self.reach.number(output.node)?;
            match self.states.get(number as usize)? {
                NodeState::Failed(failure) => Some(failure.clone()),
                _ => None,
            }
        });
        for failure in failed {
            let needed = self.reach.number(failure.node).and_then(|number| self.reach.get(number));
            if let Some(needed) = needed.filter(|needed| matches!(needed.node.op, Op::Effect(_))) {
                let (reason, exit_code) = (failure.reason.clone(), failure.exit_code);
                self.keep(needed.node.digest, End::Failed { reason, exit_code });
            }
        }
    }

    fn keep(&self, effect: OpDigest, end: End) {
        if let Err(error) = self.session.ledger.ended(effect, end) {
            let message =
                format!("it cannot be kept that an action was done, so `--resume` would repeat it: {error}");
            self.emit(Event::Warning { message: message.into() });
        }
    }
}
