//! Targets as the engine runs them: round after round.

use std::collections::HashMap;
use std::sync::Arc;

use pipe_engine::{Answer, Demand, Engine, Round, Rounds};
use pipe_ops::{Graph, Output};

use crate::evaluate::{EvaluatedTarget, Evaluation, known_outputs};
use crate::execute;
use crate::package::Package;

/// The rounds of a command's targets.
pub(crate) struct TargetRounds<'a, 'p> {
    pub(crate) evaluation: &'a mut Evaluation<'p>,
    pub(crate) engine: &'a Engine,
    pub(crate) package: &'a Package,
    begun: bool,
}

impl<'a, 'p> TargetRounds<'a, 'p> {
    /// Of targets whose first round is evaluated.
    pub(crate) fn new(
        evaluation: &'a mut Evaluation<'p>,
        engine: &'a Engine,
        package: &'a Package,
    ) -> TargetRounds<'a, 'p> {
        TargetRounds { evaluation, engine, package, begun: false }
    }
}

impl Rounds for TargetRounds<'_, '_> {
    fn next(&mut self, known: &HashMap<Output, Answer>) -> Round {
        if std::mem::replace(&mut self.begun, true) {
            let (engine, package) = (self.engine, self.package);
            self.evaluation.again(&known_outputs(known), |graph, outputs| {
                engine.check(graph, outputs).map_err(|error| execute::refused(&error, package))
            });
        }
        self.evaluation.settle();
        let targets = self.evaluation.targets.iter();
        let outputs = |target: &EvaluatedTarget| [target.outputs(), target.demand.kept()].concat();
        let demands = targets.flat_map(|target| demands(&target.label, outputs(target))).collect();
        let awaited = self.evaluation.awaited().iter().map(|awaited| awaited.output).collect();
        Round { demands, awaited }
    }

    fn graph(&self) -> &Graph {
        self.evaluation.graph()
    }
}

/// Demands for outputs, with what they are called.
pub(crate) fn demands(label: &Arc<str>, outputs: impl IntoIterator<Item = Output>) -> Vec<Demand> {
    outputs.into_iter().map(|output| Demand { output, label: label.clone() }).collect()
}
