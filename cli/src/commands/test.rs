//! `pipe test`.

mod judge;
mod rounds;

use std::sync::Arc;

use pipe_analysis::typed::Test;
use pipe_engine::Ending;
use pipe_eval::Evaluator;

use crate::args::TestArgs;
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::failure::StepReport;
use crate::grants::Trust;
use crate::package::Package;
use crate::progress::{Progress, Style, printable};
use crate::result::Answers;
use crate::{config::Config, evaluate, execute, machine, output, report, upkeep};
use judge::{Verdict, judge};
use rounds::{TestRounds, TestRun};

/// How many tests ended how, and how bad the worst end was.
struct Count {
    passed: usize,
    failed: usize,
    exit: Exit,
}

/// What all tests of a command share.
struct Setting<'a> {
    args: &'a TestArgs,
    package: &'a Package,
    environment: &'a Environment,
    config: Config,
    style: Style,
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
    let mut trust = Trust::new(package, environment, &setting.config, &args.execution.allow)?
        .network(args.execution.network);
    let mut count = Count { passed: 0, failed: 0, exit: Exit::Success };
    let tests: Vec<Arc<Test>> = selected(package, args.filter.as_deref()).cloned().collect();
    let (mut evaluator, mut waiting) = setting.evaluate(&tests, &trust, &mut count)?;
    if !waiting.is_empty() {
        let known = trust.variables();
        let awaited = evaluator.awaited().iter().map(|awaited| awaited.output);
        let outputs: Vec<_> = waiting.iter().flat_map(|test| test.plan.outputs()).chain(awaited).collect();
        let missing = trust.missing(evaluator.graph(), &outputs)?;
        trust.settle(&missing)?;
        trust.check_settings()?;
        if trust.variables() != known {
            let tests: Vec<Arc<Test>> = waiting.into_iter().map(|test| test.test).collect();
            (evaluator, waiting) = setting.evaluate(&tests, &trust, &mut count)?;
        }
        for_real(waiting, evaluator, &trust, &setting, &mut count)?;
    }
    output::result_line(&format!("{} passed, {} failed", count.passed, count.failed))?;
    if count.exit == Exit::Success { Ok(()) } else { Err(CliError::silent(count.exit)) }
}

fn selected<'a>(package: &'a Package, filter: Option<&'a str>) -> impl Iterator<Item = &'a Arc<Test>> {
    package.tests().filter(move |test| filter.is_none_or(|part| test.title.contains(part)))
}

impl Setting<'_> {
    /// Evaluates tests. Those that start no container, and those that have no value, are told; the others are given back.
    fn evaluate(
        &self,
        tests: &[Arc<Test>],
        trust: &Trust<'_>,
        count: &mut Count,
    ) -> Result<(Evaluator, Vec<TestRun>), CliError> {
        let mut evaluator = evaluate::evaluator(self.package, self.environment, trust, Vec::new());
        let mut waiting = Vec::new();
        for test in tests {
            match evaluator.eval_test(test) {
                Err(error) => {
                    count.error(&test.title, &evaluate::failed(*error, self.package), self.style)?;
                }
                Ok(plan) if plan.needs_run() => waiting.push(TestRun::new(test.clone(), plan)),
                Ok(plan) => {
                    let verdict = judge(&plan, &Answers::default());
                    count.verdict(&plan.title, verdict, self.package, self.style)?;
                }
            }
        }
        Ok((evaluator, waiting))
    }
}

/// Runs what the remaining tests need, side by side, and judges them.
fn for_real(
    tests: Vec<TestRun>,
    evaluator: Evaluator,
    trust: &Trust<'_>,
    setting: &Setting<'_>,
    count: &mut Count,
) -> Result<(), CliError> {
    let Setting { args, package, environment, config, style } = setting;
    let progress = Arc::new(Progress::new(*style));
    let folder = package.folder().to_path_buf();
    let limits = config.limits()?;
    let (engine, store) = machine::engine(
        environment,
        config,
        folder,
        trust.grants(),
        &args.execution,
        progress.clone(),
        false,
    )?;
    let mut rounds = TestRounds::new(tests, evaluator, &engine, package);
    let run = execute::run(&engine, &mut rounds, package, environment, &progress);
    // The answers that are judged below are in memory.
    upkeep::settle(&store, &limits, &progress);
    let run = run?;
    for failure in &run.failures {
        progress.failure(&StepReport::new(failure, package.sources()));
    }
    if run.ending() == Ending::Cancelled {
        return Err(CliError::silent(Exit::Interrupted));
    }
    if let Ending::Failed(class) = run.ending() {
        count.exit = count.exit.max(execute::exit_of_class(class));
    }
    if args.execution.expect_cached
        && let Err(error) = progress.expect_cached()
    {
        count.exit = count.exit.max(report::error(&error, *style));
    }
    let answers = Answers::of(&run);
    for test in rounds.tests {
        match &test.error {
            Some(error) => count.error(&test.plan.title, error, *style)?,
            None => count.verdict(&test.plan.title, judge(&test.plan, &answers), package, *style)?,
        }
    }
    Ok(())
}

impl Count {
    fn verdict(
        &mut self,
        title: &str,
        verdict: Verdict,
        package: &Package,
        style: Style,
    ) -> Result<(), CliError> {
        match verdict {
            Verdict::Holds => {
                self.passed += 1;
                output::result_line(&format!("ok      {}", printable(title, false)))
            }
            Verdict::NotThere => self.fail(title, Exit::Failed),
            Verdict::DoesNotHold(found) => {
                let error = CliError::diagnostics(Exit::Failed, found, package.sources());
                report::error(&error, style);
                self.fail(title, Exit::Failed)
            }
        }
    }

    /// A test that has no value, or asks for what is not there.
    fn error(&mut self, title: &str, error: &CliError, style: Style) -> Result<(), CliError> {
        let exit = report::error(error, style);
        self.fail(title, exit)
    }

    fn fail(&mut self, title: &str, exit: Exit) -> Result<(), CliError> {
        self.failed += 1;
        self.exit = self.exit.max(exit);
        output::result_line(&format!("FAILED  {}", printable(title, false)))
    }
}
