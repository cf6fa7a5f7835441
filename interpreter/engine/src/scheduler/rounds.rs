//! Rounds while a graph runs: what the next one adds, and when it is due.

use std::collections::HashMap;

use pipe_ops::{Datum, Digest, Graph, Output, Slot};

use super::{NodeState, Scheduler};
use crate::failure::Cause;
use crate::{Answer, Demand, EngineError, Event, Round, Rounds, Value, services};

/// What the latest round waits for.
#[derive(Default)]
pub(super) struct Awaited {
    outputs: Vec<Output>,
    /// Everything that was awaited so far and is settled.
    known: HashMap<Output, Answer>,
}

impl Scheduler {
    /// Takes in the first round.
    ///
    /// # Errors
    /// When it asks for what cannot be had.
    pub(super) fn begin(&mut self, rounds: &mut impl Rounds) -> Result<(), EngineError> {
        let round = rounds.next(&self.awaited.known);
        self.session.ledger.begin(round.digest(rounds.graph()))?;
        self.extend(rounds, round)
    }

    /// Whether another round may add something that needs what is done.
    pub(super) fn rounds_follow(&self) -> bool {
        !self.awaited.outputs.is_empty()
    }

    /// Takes in another round when something that the latest one waits for is settled; tells whether it did.
    ///
    /// # Errors
    /// When the round asks for what cannot be had.
    pub(super) fn next_round(&mut self, rounds: &mut impl Rounds) -> Result<bool, EngineError> {
        let mut arrived = false;
        for output in self.awaited.outputs.clone() {
            if self.awaited.known.contains_key(&output) {
                continue;
            }
            if let Some(answer) = self.answer(output) {
                self.awaited.known.insert(output, answer);
                arrived = true;
            }
        }
        if !arrived {
            return Ok(false);
        }
        let round = rounds.next(&self.awaited.known);
        self.extend(rounds, round)?;
        Ok(true)
    }

    /// What became of an output; `None` while it is under way.
    fn answer(&mut self, output: Output) -> Option<Answer> {
        let number = self.reach.number(output.node)?;
        match self.states.get(number as usize)? {
            NodeState::Open => return None,
            NodeState::Failed(_) | NodeState::Dropped => return Some(Answer::Lost),
            NodeState::Done(_) => {}
        }
        let cause = match self.value(output) {
            Ok(Value::Datum(datum)) => return Some(Answer::Value(datum)),
            Ok(Value::Tree(_) | Value::File(_) | Value::Service(_) | Value::Secret(_)) => {
                Cause::machine("a folder, a file, a service or a secret is awaited as data")
            }
            Err(cause) => cause,
        };
        let failure = self.failure(number, cause, None);
        self.note(failure);
        Some(Answer::Lost)
    }

    fn extend(&mut self, rounds: &impl Rounds, round: Round) -> Result<(), EngineError> {
        let outputs: Vec<Output> = round.outputs();
        let first = self.states.len();
        self.reach.extend(rounds.graph(), &outputs)?;
        let context = &self.session.context;
        context.check_granted(rounds.graph(), &outputs)?;
        self.reach.check_supported(first)?;
        context.check_pinned(self.reach.nodes().get(first..).unwrap_or_default())?;
        for message in services::warnings(&self.reach, first) {
            self.emit(Event::Warning { message: message.into() });
        }
        self.demands = round.demands;
        self.awaited.outputs = round.awaited;
        self.states.resize_with(self.reach.nodes().len(), || NodeState::Open);
        self.missing.resize(self.states.len(), 0);
        self.count_uses(&outputs);
        self.queue.forget_order();
        if first == 0 || first < self.states.len() {
            self.emit(Event::Started { nodes: self.states.len() });
        }
        // Taken from the end: the first nodes first.
        for number in (first as u32..self.states.len() as u32).rev() {
            self.enter(number);
        }
        Ok(())
    }

    /// Counts what is missing for a new node. One that stands on a failure falls with it.
    fn enter(&mut self, number: u32) {
        let Some(needed) = self.reach.get(number) else { return };
        let mut missing = 0;
        let mut lost = None;
        for &input in self.reach.inputs(number) {
            match self.states.get(input as usize) {
                Some(NodeState::Open) => missing += 1,
                Some(NodeState::Failed(failure)) if !needed.survives(&self.reach, input) => {
                    lost = Some(failure.clone());
                }
                Some(NodeState::Failed(_)) => {}
                Some(NodeState::Done(_) | NodeState::Dropped) | None => {}
            }
        }
        if let Some(slot) = self.missing.get_mut(number as usize) {
            *slot = missing;
        }
        match lost {
            Some(failure) => {
                self.skip(number, format!("`{}` failed", failure.name));
                self.failed_with(number, &failure);
            }
            None if missing == 0 => self.ready.push(number),
            None => {}
        }
    }

    /// Counts who still needs each result: open consumers and who asks. What nobody needs is dropped in the last round.
    fn count_uses(&mut self, outputs: &[Output]) {
        let open = |number: &u32| matches!(self.states.get(*number as usize), Some(NodeState::Open));
        let count = |number| self.reach.consumers(number).filter(open).count() as u32;
        self.uses = (0..self.reach.nodes().len() as u32).map(count).collect();
        for output in outputs {
            let Some(number) = self.reach.number(output.node) else { continue };
            if let Some(uses) = self.uses.get_mut(number as usize) {
                *uses += 1;
            }
            if !matches!(output.slot, Slot::Main | Slot::ExitCode) {
                self.wanted.insert(number);
            }
        }
        if self.rounds_follow() {
            return;
        }
        for (state, uses) in self.states.iter_mut().zip(&self.uses) {
            if *uses == 0 && matches!(state, NodeState::Done(_)) {
                *state = NodeState::Dropped;
            }
        }
    }
}

impl Round {
    /// Names what is asked for, whatever it will be called.
    fn digest(&self, graph: &Graph) -> Digest {
        let definitions = self.outputs().into_iter().filter_map(|output| graph.get(output.node));
        let mut definitions: Vec<Digest> = definitions.map(|node| node.digest.0).collect();
        definitions.sort_unstable();
        let bytes: Vec<u8> = definitions.iter().flat_map(|digest| digest.0).collect();
        Digest::of(&bytes)
    }

    /// All that the engine has to give in it.
    fn outputs(&self) -> Vec<Output> {
        let demanded = self.demands.iter().map(|demand: &Demand| demand.output);
        demanded.chain(self.awaited.iter().copied()).collect()
    }
}

impl Answer {
    /// The value, if there is one.
    pub fn datum(&self) -> Option<&Datum> {
        match self {
            Answer::Value(datum) => Some(datum),
            Answer::Lost => None,
        }
    }
}
