//! Actions: what will be done to the world, planned.

use std::sync::Arc;

use pipe_diagnostics::FileSpan;
use pipe_ops::Output;

use super::{CheckValue, Value};
use crate::error::{self, Result};
use crate::machine::Machine;

/// What an action will do.
#[derive(Clone, Debug)]
pub struct ActionValue {
    /// Its steps, one after the other.
    pub steps: Vec<ActionStep>,
    /// What it gives.
    pub result: Value,
    pub(crate) depth: u32,
    pub(crate) waits: bool,
}

/// A step of an action.
#[derive(Clone, Debug)]
pub enum ActionStep {
    /// An effect.
    Effect(Arc<Effect>),
    /// `gate check`: stops the action when the check fails.
    Gate(Arc<CheckValue>, FileSpan),
    /// Other actions.
    Group(Group, Vec<Arc<ActionValue>>),
}

/// How actions are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// `do`, `sequence`: one after the other.
    Sequence,
    /// `parallel`: side by side, at most so many at once.
    Parallel {
        /// The limit.
        limit: Option<i64>,
    },
    /// `retry`.
    Retry {
        /// How often it is tried at most.
        times: i64,
    },
    /// `on_failure`: the second when the first fails.
    OnFailure,
    /// `allow_failure`.
    AllowFailure,
    /// `finally`: the second whatever comes of the first.
    Finally,
}

/// Something that is done to the world.
#[derive(Clone, Debug)]
pub struct Effect {
    /// `name:`, else its operation.
    pub name: Arc<str>,
    /// The operation: `push`, `sleep`.
    pub operation: Arc<str>,
    /// The node that stands for it.
    pub output: Output,
    /// Where it is written.
    pub place: FileSpan,
}

impl ActionValue {
    pub(crate) fn new(steps: Vec<ActionStep>, result: Value) -> ActionValue {
        let nested = |step: &ActionStep| match step {
            ActionStep::Effect(_) => 0,
            ActionStep::Gate(check, _) => check.depth,
            ActionStep::Group(_, actions) => actions.iter().map(|action| action.depth).max().unwrap_or(0),
        };
        let waits = |step: &ActionStep| match step {
            ActionStep::Effect(_) => false,
            ActionStep::Gate(check, _) => check.waits,
            ActionStep::Group(_, actions) => actions.iter().any(|action| action.waits),
        };
        let depth = steps.iter().map(nested).chain([result.depth()]).max().unwrap_or(0) + 1;
        let waits = result.waits() || steps.iter().any(waits);
        ActionValue { steps, result, depth, waits }
    }
}

impl Machine {
    /// The effects and gates of an action in order, those of the actions it is made of included. An action that occurs twice
    /// counts twice, so each of its steps costs one of the budget.
    pub(crate) fn action_steps(&mut self, action: &ActionValue, place: &FileSpan) -> Result<Vec<ActionStep>> {
        let mut steps = Vec::new();
        self.collect_steps(action, place, &mut steps)?;
        Ok(steps)
    }

    fn collect_steps(
        &mut self,
        action: &ActionValue,
        place: &FileSpan,
        steps: &mut Vec<ActionStep>,
    ) -> Result<()> {
        for step in &action.steps {
            self.meter.steps(1).map_err(|exceeded| error::limit(&exceeded.0, place.clone()))?;
            match step {
                ActionStep::Group(_, actions) => {
                    for action in actions {
                        self.collect_steps(action, place, steps)?;
                    }
                }
                step => steps.push(step.clone()),
            }
        }
        Ok(())
    }
}
