//! `pipe test`.

mod judge;

use std::sync::Arc;

use pipe_analysis::typed::Test;
use pipe_engine::{Demand, Ending, Engine};
use pipe_eval::{EvalError, Evaluator, TestPlan};

use crate::args::TestArgs;
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::failure::StepReport;
use crate::package::Package;
use crate::progress::{Progress, Style};
use crate::result::Answers;
use crate::{config::Config, evaluate, execute, machine, output, report};
use judge::{Verdict, judge};

/// How many tests ended how, and how bad the worst end was.
struct Count {
    passed: usize,
    failed: usize,
    exit: Exit,
}

/// Runs the tests: first those that start no container.
pub(crate) fn run(
    args: &TestArgs,
    package: &Package,
    environment: &Environment,
    style: Style,
) -> Result<(), CliError> {
    let mut evaluator = evaluate::evaluator(package, environment, Vec::new());
    let mut count = Count { passed: 0, failed: 0, exit: Exit::Success };
    let mut waiting = Vec::new();
    for test in selected(package, args.filter.as_deref()) {
        match evaluator.eval_test(test) {
            Err(error) => count.broken(&test.title, *error, package, style)?,
            Ok(plan) if plan.needs_run() => waiting.push(plan),
            Ok(plan) => {
                let verdict = judge(&plan, &Answers::default());
                count.verdict(&plan.title, verdict, package, style)?;
            }
        }
    }
    if !waiting.is_empty() {
        for_real(&waiting, &evaluator, args, package, environment, style, &mut count)?;
    }
    output::result_line(&format!("{} passed, {} failed", count.passed, count.failed))?;
    if count.exit == Exit::Success { Ok(()) } else { Err(CliError::silent(count.exit)) }
}

fn selected<'a>(package: &'a Package, filter: Option<&'a str>) -> impl Iterator<Item = &'a Arc<Test>> {
    package.tests().filter(move |test| filter.is_none_or(|part| test.title.contains(part)))
}

/// Runs what the remaining tests need, side by side, and judges them.
fn for_real(
    plans: &[TestPlan],
    evaluator: &Evaluator,
    args: &TestArgs,
    package: &Package,
    environment: &Environment,
    style: Style,
    count: &mut Count,
) -> Result<(), CliError> {
    let config = Config::read(environment.config.as_deref())?;
    let grants = machine::grants(environment, &config, package.folder(), &args.execution.allow)?;
    let progress = Arc::new(Progress::new(style));
    let folder = package.folder().to_path_buf();
    let (engine, _) =
        machine::engine(environment, &config, folder, grants, &args.execution, progress.clone())?;
    let mut possible = Vec::new();
    for plan in plans {
        match planned(&engine, evaluator, plan, package) {
            Ok(()) => possible.push(plan),
            // One test that asks for what is not there must not keep the others from running.
            Err(error) => count.refused(&plan.title, &error, style)?,
        }
    }
    let demands: Vec<Demand> =
        possible.iter().flat_map(|plan| execute::demands(&plan.title, plan.outputs())).collect();
    let run = execute::run(&engine, evaluator.graph(), &demands, package)?;
    for failure in &run.failures {
        progress.failure(&StepReport::new(failure, package.sources()));
    }
    if run.ending() == Ending::Cancelled {
        return Err(CliError::silent(Exit::Interrupted));
    }
    if let Ending::Failed(class) = run.ending() {
        count.exit = count.exit.max(execute::exit_of_class(class));
    }
    let answers = Answers::of(&run);
    for plan in possible {
        count.verdict(&plan.title, judge(plan, &answers), package, style)?;
    }
    Ok(())
}

fn planned(
    engine: &Engine,
    evaluator: &Evaluator,
    plan: &TestPlan,
    package: &Package,
) -> Result<(), CliError> {
    let runtime = execute::runtime()?;
    let planned = runtime.block_on(engine.plan(evaluator.graph(), &plan.outputs()));
    planned.map(drop).map_err(|error| execute::refused(&error, package))
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
                output::result_line(&format!("ok      {title}"))
            }
            Verdict::NotThere => self.fail(title, Exit::Failed),
            Verdict::DoesNotHold(found) => {
                let error = CliError::diagnostics(Exit::Failed, found, package.sources());
                report::error(&error, style);
                self.fail(title, Exit::Failed)
            }
        }
    }

    fn broken(
        &mut self,
        title: &str,
        error: EvalError,
        package: &Package,
        style: Style,
    ) -> Result<(), CliError> {
        let exit = evaluate::exit_of(&error.kind);
        report::error(&evaluate::failed(error, package), style);
        self.fail(title, exit)
    }

    fn refused(&mut self, title: &str, error: &CliError, style: Style) -> Result<(), CliError> {
        let exit = report::error(error, style);
        self.fail(title, exit)
    }

    fn fail(&mut self, title: &str, exit: Exit) -> Result<(), CliError> {
        self.failed += 1;
        self.exit = self.exit.max(exit);
        output::result_line(&format!("FAILED  {title}"))
    }
}
