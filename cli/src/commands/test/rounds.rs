//! Tests as the engine runs them: round after round.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use pipe_analysis::typed::Test;
use pipe_engine::{Answer, Engine, Round, Rounds, RunReport, Unmet};
use pipe_eval::{Evaluator, TestPlan};
use pipe_ops::{Graph, Output};

use crate::evaluate::{self, known_outputs};
use crate::execute;
use crate::exit::CliError;
use crate::failure::StepReport;
use crate::package::Package;
use crate::rounds::demands;

/// A test that starts containers.
pub(super) struct TestRun {
    pub(super) test: Arc<Test>,
    pub(super) plan: TestPlan,
    /// All that it asked for, round after round.
    pub(super) asked: BTreeSet<Output>,
    /// Why it came to nothing.
    pub(super) error: Option<CliError>,
}

impl TestRun {
    pub(super) fn new(test: Arc<Test>, plan: TestPlan) -> TestRun {
        TestRun { test, plan, asked: BTreeSet::new(), error: None }
    }
}

/// Why outputs are not there: what failed, with the end of what it printed.
pub(super) struct Causes {
    unmet: HashMap<Output, String>,
    all: Vec<String>,
}

impl Causes {
    /// From a report.
    pub(super) fn of(run: &RunReport, package: &Package) -> Causes {
        let said = |failure: &Arc<pipe_engine::Failure>| {
            let report = StepReport::new(failure, package.sources());
            let place = report.place().map(|place| format!(" ({}:{})", place.file, place.line));
            format!("{}{}\n{}", report.message, place.unwrap_or_default(), report.log)
        };
        let unmet = run.outcomes.iter().filter_map(|outcome| match &outcome.result {
            Err(Unmet::Failed(failure)) => Some((outcome.demand.output, said(failure))),
            Err(Unmet::Stopped) => Some((outcome.demand.output, "the run was stopped before".to_owned())),
            Ok(_) => None,
        });
        Causes { unmet: unmet.collect(), all: run.failures.iter().map(said).collect() }
    }

    /// Why a test has no verdict. What decides how it goes on is no demand of its own: then it is one of all that failed.
    pub(super) fn of_test(&self, plan: &TestPlan) -> Option<String> {
        let outputs = plan.outputs();
        let own = outputs.iter().find_map(|output| self.unmet.get(output).cloned());
        own.or_else(|| (!self.all.is_empty()).then(|| self.all.join("\n")))
    }
}

/// The rounds of all tests. One that asks for what is not there does not keep the others from running.
pub(super) struct TestRounds<'a> {
    pub(super) tests: Vec<TestRun>,
    pub(super) evaluator: Evaluator,
    engine: &'a Engine,
    package: &'a Package,
    begun: bool,
}

impl<'a> TestRounds<'a> {
    /// Of tests whose first round is evaluated.
    pub(super) fn new(
        tests: Vec<TestRun>,
        evaluator: Evaluator,
        engine: &'a Engine,
        package: &'a Package,
    ) -> TestRounds<'a> {
        TestRounds { tests, evaluator, engine, package, begun: false }
    }

    fn evaluate(&mut self, index: usize, known: bool) -> Result<(), CliError> {
        let Some(run) = self.tests.get_mut(index) else { return Ok(()) };
        if known && run.plan.waits {
            let plan = self.evaluator.eval_test(&run.test);
            self.package.learn(self.evaluator.texts());
            run.plan = plan.map_err(|error| evaluate::failed(*error, self.package))?;
        }
        let awaited = self.evaluator.awaited().iter().map(|awaited| awaited.output);
        let outputs: Vec<Output> = run.plan.outputs().into_iter().chain(awaited).collect();
        // Which test waits for what is not told apart: too much counts rather than too little.
        run.asked.extend(outputs.iter().copied());
        let checked = self.engine.check(self.evaluator.graph(), &outputs);
        checked.map_err(|error| execute::refused(&error, self.package))
    }
}

impl Rounds for TestRounds<'_> {
    fn next(&mut self, known: &HashMap<Output, Answer>) -> Round {
        let again = std::mem::replace(&mut self.begun, true);
        if again {
            self.evaluator.next_round(&known_outputs(known));
        }
        for index in 0..self.tests.len() {
            if self.tests.get(index).is_some_and(|run| run.error.is_none())
                && let Err(error) = self.evaluate(index, again)
                && let Some(run) = self.tests.get_mut(index)
            {
                run.error = Some(error);
            }
        }
        let possible = self.tests.iter().filter(|run| run.error.is_none());
        let demands = possible.flat_map(|run| demands(&run.plan.title, run.plan.outputs())).collect();
        let awaited = self.evaluator.awaited().iter().map(|awaited| awaited.output).collect();
        Round { demands, awaited }
    }

    fn graph(&self) -> &Graph {
        self.evaluator.graph()
    }
}
