//! The end of a run: what never ran, and what became of each demand.

use std::sync::Arc;

use super::{NodeState, Scheduler};
use crate::{Demand, Event, Failure, Outcome, RunReport, Unmet, Value};

impl Scheduler {
    /// Tells what was left undone and puts the report together.
    pub(super) fn report(mut self) -> RunReport {
        let cancelled = self.skip_the_rest();
        let outcomes: Vec<Outcome> = std::mem::take(&mut self.demands)
            .iter()
            .map(|demand| Outcome { demand: demand.clone(), result: self.outcome(demand) })
            .collect();
        let elapsed = self.begun.elapsed();
        self.emit(Event::Finished { summary: self.summary, elapsed });
        let (forgiven, failures) = self.told_apart(&outcomes);
        if let Err(error) = self.session.ledger.over(cancelled || !failures.is_empty()) {
            self.emit(Event::Warning {
                message: format!("it cannot be kept what the run did: {error}").into(),
            });
        }
        let run = self.session.ledger.run();
        RunReport { outcomes, failures, forgiven, summary: self.summary, elapsed, cancelled, run }
    }

    /// The failures that something reckoned with, and the others. One that keeps a demand from being there is no such failure.
    fn told_apart(&mut self, outcomes: &[Outcome]) -> (Vec<Arc<Failure>>, Vec<Arc<Failure>>) {
        let unmet: Vec<Arc<Failure>> = outcomes
            .iter()
            .filter_map(|outcome| match &outcome.result {
                Err(Unmet::Failed(failure)) => Some(failure.clone()),
                _ => None,
            })
            .collect();
        let forgiven = std::mem::take(&mut self.forgiven);
        std::mem::take(&mut self.failures)
            .into_iter()
            .partition(|failure| among(&forgiven, failure) && !among(&unmet, failure))
    }

    /// Whether the run was cancelled before all was done.
    fn skip_the_rest(&mut self) -> bool {
        let open = |state: &NodeState| matches!(state, NodeState::Open);
        let left: Vec<u32> =
            (0..).zip(&self.states).filter(|(_, state)| open(state)).map(|(n, _)| n).collect();
        let reason = self.why_stopped();
        for &number in &left {
            self.skip(number, reason.clone());
        }
        (self.unwound || !left.is_empty()) && self.cancel.is_cancelled()
    }

    pub(super) fn why_stopped(&self) -> String {
        match &self.stopped_by {
            Some(name) => format!("stopped: `{name}` failed"),
            None => "cancelled".to_owned(),
        }
    }

    fn outcome(&mut self, demand: &Demand) -> Result<Value, Unmet> {
        let Some(number) = self.reach.number(demand.output.node) else { return Err(Unmet::Stopped) };
        match self.states.get(number as usize) {
            Some(NodeState::Failed(failure)) => return Err(Unmet::Failed(failure.clone())),
            Some(NodeState::Done(_)) => {}
            _ => return Err(Unmet::Stopped),
        }
        self.value(demand.output).map_err(|cause| {
            let failure = self.failure(number, cause, None);
            self.failures.push(Arc::clone(&failure));
            Unmet::Failed(failure)
        })
    }
}

fn among(all: &[Arc<Failure>], one: &Arc<Failure>) -> bool {
    all.iter().any(|other| Arc::ptr_eq(other, one))
}
