//! `pipe test`.

mod coverage;
mod difference;
mod fingerprint;
mod inputs;
mod judge;
mod junit;
mod results;
mod rounds;
mod watch;

use std::sync::Arc;
use std::time::Instant;

use pipe_analysis::typed::Test;
use pipe_diagnostics::nearest;
use pipe_engine::Ending;
use pipe_eval::{Coverage, Evaluator};

use crate::args::TestArgs;
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::failure::StepReport;
use crate::grants::Trust;
use crate::package::Package;
use crate::progress::{Progress, Style, printable};
use crate::result::Answers;
use crate::{config::Config, evaluate, execute, machine, output, report, upkeep};
use inputs::HostInput;
use judge::judge;
use results::Results;
use rounds::{Causes, TestRounds, TestRun};

pub(crate) use watch::run as watch;

/// What all tests of a command share.
struct Setting<'a> {
    args: &'a TestArgs,
    package: &'a Package,
    environment: &'a Environment,
    config: Config,
    style: Style,
}

/// What is known of tests that ran, besides their results.
struct Ran {
    /// What they entered, when that is asked for.
    entered: Option<Coverage>,
    /// What of the host those read that read anything.
    inputs: Vec<(Arc<Test>, Vec<HostInput>)>,
}

/// Runs the tests: first those that start no container.
pub(crate) fn run(
    args: &TestArgs,
    package: &Package,
    environment: &Environment,
    style: Style,
) -> Result<(), CliError> {
    let config = Config::read(environment.config.as_deref())?;
    let setting = Setting { args, package, environment, config, style };
    let tests = selected(package, args)?;
    let mut results = Results::new(package, style);
    let ran = setting.run(&tests, &mut results);
    if let Err(error) = &ran {
        results.not_run(&tests, error);
    }
    // Also of a command that was refused or stopped: a CI system shows the report where nobody looks for the log.
    let reported = args.junit.as_ref().map_or(Ok(()), |file| {
        junit::write(&environment.current_dir.join(file), &package.name(), &results.ended)
    });
    let Ran { entered, .. } = ran?;
    results.sum()?;
    if let Some(entered) = entered {
        let text = coverage::render(&entered.of(package.program()), &package.sources());
        output::result(text.as_bytes())?;
    }
    reported?;
    if results.exit == Exit::Success { Ok(()) } else { Err(CliError::silent(results.exit)) }
}

/// The tests whose title has the filter in it, or is the filter.
fn selected(package: &Package, args: &TestArgs) -> Result<Vec<Arc<Test>>, CliError> {
    let Some(filter) = args.filter.as_deref() else { return Ok(package.tests().cloned().collect()) };
    let is_meant = |title: &str| if args.exact { title == filter } else { title.contains(filter) };
    let found: Vec<Arc<Test>> = package.tests().filter(|test| is_meant(&test.title)).cloned().collect();
    if !found.is_empty() {
        return Ok(found);
    }
    // A typing error in a script must not look like tests that passed.
    let shown = printable(filter, false);
    let wrong = CliError::usage(match args.exact {
        true => format!("no test has the title `{shown}`"),
        false => format!("no test has `{shown}` in its title"),
    });
    let titles = || package.tests().map(|test| &*test.title);
    Err(match nearest(filter, titles()) {
        Some(near) => wrong.help(format!("did you mean `{}`?", printable(near, false))),
        None if titles().next().is_none() => wrong.help("the package has no tests"),
        None => wrong,
    })
}

impl Setting<'_> {
    /// Runs tests.
    fn run(&self, tests: &[Arc<Test>], results: &mut Results<'_>) -> Result<Ran, CliError> {
        let mut trust = Trust::new(self.package, self.environment, &self.config, &self.args.execution.allow)?
            .network(self.args.execution.network);
        let mut read = Vec::new();
        let mut entered = self.args.coverage.then(Coverage::default);
        let (mut evaluator, mut waiting) = self.evaluate(tests, &trust, results)?;
        if !waiting.is_empty() {
            let known = trust.variables();
            let awaited = evaluator.awaited().iter().map(|awaited| awaited.output);
            let outputs: Vec<_> =
                waiting.iter().flat_map(|test| test.plan.outputs()).chain(awaited).collect();
            let missing = trust.missing(evaluator.graph(), &outputs)?;
            trust.settle(&missing)?;
            if trust.variables() != known {
                note(&evaluator, &mut entered);
                let tests: Vec<Arc<Test>> = waiting.into_iter().map(|test| test.test).collect();
                (evaluator, waiting) = self.evaluate(&tests, &trust, results)?;
            }
            (evaluator, waiting) = for_real(waiting, evaluator, &trust, self, results)?;
            let (graph, folder) = (evaluator.graph(), self.package.folder());
            read.extend(waiting.into_iter().map(|run| {
                let asked: Vec<_> = run.asked.into_iter().collect();
                (run.test, inputs::of(graph, &asked, folder))
            }));
        }
        note(&evaluator, &mut entered);
        Ok(Ran { entered, inputs: read })
    }

    /// Evaluates tests. Those that start no container, and those that have no value, are told; the others are given back.
    fn evaluate(
        &self,
        tests: &[Arc<Test>],
        trust: &Trust<'_>,
        results: &mut Results<'_>,
    ) -> Result<(Evaluator, Vec<TestRun>), CliError> {
        let mut evaluator = evaluate::evaluator(self.package, self.environment, trust, Vec::new());
        if self.args.coverage {
            evaluator.note_coverage();
        }
        let mut waiting = Vec::new();
        for test in tests {
            let begun = Instant::now();
            match evaluator.eval_test(test) {
                Err(error) => {
                    let error = evaluate::failed(*error, self.package);
                    results.error(test, &error, Some(begun.elapsed()))?;
                }
                Ok(plan) if plan.needs_run() => waiting.push(TestRun::new(test.clone(), plan)),
                Ok(plan) => {
                    let verdict = judge(&plan, &Answers::default());
                    results.verdict(test, verdict, None, Some(begun.elapsed()))?;
                }
            }
        }
        Ok((evaluator, waiting))
    }
}

/// Keeps what an evaluator entered before it goes.
fn note(evaluator: &Evaluator, entered: &mut Option<Coverage>) {
    if let (Some(entered), Some(more)) = (entered, evaluator.coverage()) {
        entered.merge(more);
    }
}

/// Runs what the remaining tests need, side by side, and judges them.
fn for_real(
    tests: Vec<TestRun>,
    evaluator: Evaluator,
    trust: &Trust<'_>,
    setting: &Setting<'_>,
    results: &mut Results<'_>,
) -> Result<(Evaluator, Vec<TestRun>), CliError> {
    let Setting { args, package, environment, config, style } = setting;
    let config = &trust.configured(config)?;
    let progress = Arc::new(Progress::new(*style));
    let folder = package.folder().to_path_buf();
    let limits = config.limits()?;
    let sandbox = machine::sandbox_of(environment, &progress)?;
    let (engine, store) = machine::engine(
        environment,
        config,
        folder,
        trust.grants(),
        &args.execution,
        progress.clone(),
        sandbox,
    )?;
    let mut rounds = TestRounds::new(tests, evaluator, &engine, package);
    let run = execute::run(&engine, &mut rounds, package, environment, &progress);
    // The answers that are judged below are in memory.
    upkeep::settle(&store, &limits, |message| progress.warning(message));
    let run = run?;
    for failure in &run.failures {
        progress.failure(&StepReport::new(failure, package.sources()));
    }
    if run.ending() == Ending::Cancelled {
        return Err(CliError::silent(Exit::Interrupted));
    }
    if let Ending::Failed(class) = run.ending() {
        results.exit = results.exit.max(execute::exit_of_class(class));
    }
    if args.execution.expect_cached
        && let Err(error) = progress.expect_cached()
    {
        results.exit = results.exit.max(report::error(&error, *style));
    }
    let (answers, causes) = (Answers::of(&run), Causes::of(&run, package));
    let TestRounds { tests, evaluator, .. } = rounds;
    for TestRun { test, plan, error, .. } in &tests {
        match error {
            Some(error) => results.error(test, error, None)?,
            None => results.verdict(test, judge(plan, &answers), causes.of_test(plan), None)?,
        }
    }
    Ok((evaluator, tests))
}
