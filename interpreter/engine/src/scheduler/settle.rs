//! What the end of a node means for the others.

use std::sync::Arc;
use std::time::Duration;

use pipe_ops::{Op, StepKey};

use super::{NodeState, Scheduler};
use crate::failure::Cause;
use crate::reach::Needed;
use crate::results::{ExecResult, NodeResult};
use crate::steps::exec::Flight;
use crate::{Event, Failure, StepState, Value, describe, silent};

/// What an event says of a step beside its node and state.
#[derive(Default)]
pub(super) struct Told {
    elapsed: Option<Duration>,
    key: Option<StepKey>,
    exit_code: Option<i32>,
    reason: Option<Arc<str>>,
}

impl Told {
    /// Nothing but why.
    pub(super) fn because(reason: &str) -> Told {
        Told { reason: Some(reason.into()), ..Told::default() }
    }
}

impl Scheduler {
    /// A node has its result: those that waited for it alone are ready.
    pub(super) fn done(&mut self, number: u32, result: NodeResult) {
        let result = self.needed_of(number, result);
        self.set(number, NodeState::Done(result));
        let consumers: Vec<u32> = self.reach.consumers(number).collect();
        consumers.into_iter().for_each(|consumer| self.arrived(consumer));
        self.release_inputs(number);
    }

    /// What is kept of a result: of a command that nobody asks for more than how it ended, no more than that.
    fn needed_of(&mut self, number: u32, result: NodeResult) -> Arc<NodeResult> {
        let is_used = self.rounds_follow()
            || self.wanted.contains(&number)
            || self.reach.consumers(number).next().is_some();
        match result {
            NodeResult::Exec(result) if !is_used => {
                let exit_code = result.exit_code;
                self.ended
                    .entry(exit_code)
                    .or_insert_with(|| Arc::new(NodeResult::Ended { exit_code }))
                    .clone()
            }
            other => Arc::new(other),
        }
    }

    /// One input less is missing.
    fn arrived(&mut self, consumer: u32) {
        let Some(missing) = self.missing.get_mut(consumer as usize) else { return };
        *missing = missing.saturating_sub(1);
        if *missing == 0 && matches!(self.states.get(consumer as usize), Some(NodeState::Open)) {
            self.ready.push(consumer);
        }
    }

    /// A command's task is over: its result is that of every node with the same key.
    pub(super) fn landed(&mut self, number: u32, key: Option<StepKey>, flight: Flight) {
        let same = key.and_then(|key| self.flights.remove(&key)).unwrap_or_default();
        let is_effect = self.reach.get(number).is_some_and(|needed| matches!(needed.node.op, Op::Effect(_)));
        match flight {
            Flight::Ran(result, tail) if is_effect => self.performed(number, result, &tail),
            Flight::Ran(result, tail) => self.exec_landed(number, &same, result, StepState::Ran, &tail),
            Flight::Found(result, tail) => self.exec_landed(number, &same, result, StepState::Cached, &tail),
            Flight::Failed(cause) => {
                for other in same.into_iter().chain([number]) {
                    if self.is_open(other) {
                        self.failed(other, cause.clone(), key);
                    }
                }
            }
            // Given up for one of them: the others look for themselves.
            Flight::Stopped => self.again(same),
        }
    }

    /// An effect is done.
    pub(super) fn acted(&mut self, number: u32, value: Value, elapsed: Duration) {
        let Some(needed) = self.reach.get(number) else { return };
        let (digest, result) = (needed.node.digest, NodeResult::Value(value));
        self.session.did(digest, result.clone());
        self.keep_done(digest, &result);
        // It was given up, too late.
        if !self.is_open(number) {
            return;
        }
        self.tell(number, StepState::Ran, Told { elapsed: Some(elapsed), ..Told::default() });
        self.done(number, result);
    }

    /// A command that is an effect has run: with another exit code than 0 it failed.
    fn performed(&mut self, number: u32, result: Arc<ExecResult>, tail: &[u8]) {
        if result.exit_code != 0 {
            let cause = self.exit_cause(number, &result, tail);
            return self.failed(number, cause, Some(result.key));
        }
        let Some(needed) = self.reach.get(number) else { return };
        let digest = needed.node.digest;
        self.session.did(digest, NodeResult::Exec(result.clone()));
        self.keep_done(digest, &NodeResult::Exec(result.clone()));
        self.exec_done(number, result, StepState::Ran, tail);
    }

    fn exec_landed(
        &mut self,
        number: u32,
        same: &[u32],
        result: Arc<ExecResult>,
        how: StepState,
        tail: &[u8],
    ) {
        self.exec_done(number, result.clone(), how, tail);
        for &other in same {
            // What was found, and not run, is no success for a node that refuses its exit code: that one looks for itself.
            if how == StepState::Cached
                && self.reach.get(other).is_some_and(|node| !node.accepts(result.exit_code))
            {
                self.ready.push(other);
            } else {
                self.exec_done(other, result.clone(), StepState::Cached, tail);
            }
        }
    }

    /// A command has its result. With an exit code that one of its guards refuses the step failed, but whoever asks for its
    /// files without a guard still gets them.
    pub(super) fn exec_done(&mut self, number: u32, result: Arc<ExecResult>, how: StepState, tail: &[u8]) {
        if !self.is_open(number) {
            return;
        }
        let Some(needed) = self.reach.get(number) else { return };
        let mut told = Told {
            elapsed: Some(result.duration),
            key: Some(result.key),
            exit_code: Some(result.exit_code),
            reason: None,
        };
        if needed.accepts(result.exit_code) {
            self.tell(number, how, told);
        } else {
            let failure = self.refused(number, &result, tail);
            told.reason = Some(failure.reason.as_str().into());
            self.tell(number, StepState::Failed, told);
        }
        self.done(number, NodeResult::Exec(result));
    }

    /// The failure of a command with an exit code that one of its guards refuses.
    pub(super) fn refused(&mut self, number: u32, result: &ExecResult, tail: &[u8]) -> Arc<Failure> {
        let cause = self.exit_cause(number, result, tail);
        let failure = self.failure(number, cause, Some(result.key));
        self.unacceptable.insert(number, failure.clone());
        self.note(failure.clone());
        failure
    }

    /// What is said of a command that ended with an exit code that is no success.
    fn exit_cause(&self, number: u32, result: &ExecResult, tail: &[u8]) -> Cause {
        let (exit_code, printed) = (result.exit_code, result.printed());
        Cause {
            exit_code: Some(exit_code),
            log_tail: tail.to_vec(),
            help: self.reach.get(number).and_then(|needed| silent::hint(exit_code, &needed.node, printed)),
            ..Cause::pipeline(format!("exit code {exit_code}"))
        }
    }

    /// A node failed by itself.
    pub(super) fn failed(&mut self, number: u32, cause: Cause, key: Option<StepKey>) {
        let failure = self.failure(number, cause, key);
        let told = Told {
            key,
            exit_code: failure.exit_code,
            reason: Some(failure.reason.as_str().into()),
            ..Told::default()
        };
        self.tell(number, StepState::Failed, told);
        self.note(failure.clone());
        self.failed_with(number, &failure);
    }

    /// A node cannot be had because of a failure, and neither can what depends on it.
    pub(super) fn failed_with(&mut self, number: u32, failure: &Arc<Failure>) {
        self.set(number, NodeState::Failed(failure.clone()));
        let (mut fallen, mut together) = (vec![number], Vec::new());
        while let Some(number) = fallen.pop() {
            self.release_inputs(number);
            let Some(needed) = self.reach.get(number) else { continue };
            if let Op::Together { .. } = needed.node.op {
                together.push(number);
            }
            let consumers: Vec<u32> = self.reach.consumers(number).collect();
            for consumer in consumers {
                if !matches!(self.states.get(consumer as usize), Some(NodeState::Open)) {
                    continue;
                }
                let survives = |needed: &Needed| needed.survives(&self.reach, number);
                if self.reach.get(consumer).is_some_and(survives) {
                    self.arrived(consumer);
                    continue;
                }
                self.set(consumer, NodeState::Failed(failure.clone()));
                self.skip(consumer, format!("`{}` failed", failure.name));
                fallen.push(consumer);
            }
        }
        for number in together {
            self.give_up_inputs(number, failure);
        }
    }

    /// Tells that a step will not run. Only steps are told; an op of the engine's own is nothing that people wait for.
    pub(super) fn skip(&mut self, number: u32, reason: String) {
        if self.reach.get(number).is_some_and(|needed| needed.is_step()) {
            self.tell(number, StepState::Skipped, Told { reason: Some(reason.into()), ..Told::default() });
        }
    }

    /// A failure that is a run's own, not the consequence of another.
    pub(super) fn note(&mut self, failure: Arc<Failure>) {
        let stops = self.session.context.engine.options.fail_fast && self.stopped_by.is_none();
        let forgivable =
            || self.reach.number(failure.node).is_some_and(|number| self.may_be_forgiven(number));
        if stops && !forgivable() {
            self.stopped_by = Some(failure.name.clone());
            self.stop.cancel();
        }
        self.failures.push(failure);
    }

    pub(super) fn failure(&self, number: u32, cause: Cause, key: Option<StepKey>) -> Arc<Failure> {
        let redactor = &self.session.context.engine.options.redactor;
        let needed = self.reach.get(number);
        Arc::new(Failure {
            node: needed.map_or(pipe_ops::NodeId(u32::MAX), |needed| needed.id),
            name: needed
                .map_or_else(|| "".into(), |needed| redactor.text(&describe::name(&needed.node)).into()),
            origins: needed.map(|needed| needed.node.origins.clone()).unwrap_or_default(),
            class: cause.class,
            reason: redactor.text(&cause.reason),
            help: cause.help.map(|help| redactor.text(&help)),
            exit_code: cause.exit_code,
            // What a service's `ready:` printed is among it, which was captured by nobody.
            log_tail: redactor.bytes(&cause.log_tail),
            key,
        })
    }

    pub(super) fn tell(&mut self, number: u32, state: StepState, told: Told) {
        match state {
            StepState::Cached => self.summary.cached += 1,
            StepState::Running => {}
            StepState::Ran => self.summary.ran += 1,
            StepState::Failed => self.summary.failed += 1,
            StepState::Skipped => self.summary.skipped += 1,
        }
        // What the engine does itself is nothing that people wait for; that it failed is told with its place.
        let Some(needed) = self.reach.get(number).filter(|needed| needed.is_step()) else { return };
        self.emit(Event::Step {
            node: needed.id,
            name: describe::name(&needed.node),
            state,
            elapsed: told.elapsed,
            key: told.key,
            origin: needed.node.origins.first().cloned(),
            exit_code: told.exit_code,
            reason: told.reason,
        });
    }

    pub(super) fn set(&mut self, number: u32, state: NodeState) {
        if let Some(slot) = self.states.get_mut(number as usize) {
            *slot = state;
        }
    }

    /// A node is over and needs its inputs no more: results that nobody else needs are dropped.
    pub(super) fn release_inputs(&mut self, number: u32) {
        for &input in self.reach.inputs(number) {
            let Some(uses) = self.uses.get_mut(input as usize) else { continue };
            *uses = uses.saturating_sub(1);
            if *uses > 0 || self.rounds_follow() {
                continue;
            }
            if let Some(state @ NodeState::Done(_)) = self.states.get_mut(input as usize) {
                *state = NodeState::Dropped;
            }
        }
    }
}
