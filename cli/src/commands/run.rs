//! `pipe run`.

use std::ffi::OsString;
use std::sync::Arc;

use pipe_engine::{Engine, RunReport};
use pipe_store::Store;

use crate::args::{Cli, Command, PlanForm, RunArgs};
use crate::environment::Environment;
use crate::evaluate::{Evaluation, Purpose};
use crate::exit::{CliError, Exit};
use crate::failure::StepReport;
use crate::forecast::Forecast;
use crate::package::Package;
use crate::progress::{Progress, Style};
use crate::result::{self, Answers};
use crate::rounds::TargetRounds;
use crate::{execute, machine, packages, target, upkeep, warned};

use super::opened::Opened;

/// Evaluates the targets and executes what they need.
pub(crate) fn run(
    cli: &Cli,
    args: &RunArgs,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<(), CliError> {
    ensure_packages(cli, args, arguments, environment)?;
    let opened = Opened::new(cli, "run", &args.rest, &args.rest, arguments, environment)?;
    let args = opened.args(|command| match command {
        Command::Run(args) => Some(args),
        _ => None,
    })?;
    let Opened { package, request, config, style, .. } = &opened;
    let mut trust = opened.trust(&args.execution.allow)?.network(args.execution.network);
    if args.options.dry_run {
        let mut evaluation = Evaluation::new(package, environment, request, &mut trust, Purpose::Look)?;
        check_wishes(args, &evaluation)?;
        let form = PlanForm::default();
        return super::plan::show(package, environment, config, &mut evaluation, &trust, form, *style);
    }
    let mut evaluation = Evaluation::new(package, environment, request, &mut trust, Purpose::Run)?;
    check_wishes(args, &evaluation)?;
    let config = &if evaluation.asks_for_anything() { trust.configured(config)? } else { config.clone() };
    let (folder, limits) = (package.folder(), config.limits()?);
    let forecast = Forecast::of(environment.store()?, folder, arguments, &environment.current_dir);
    let steps_are_likely = args.execution.no_cache || forecast.expects_steps();
    let (progress, execution) = (Arc::new(Progress::new(*style)), &args.execution);
    let (engine, store) = machine::engine(
        environment,
        config,
        folder.to_path_buf(),
        trust.grants(),
        execution,
        progress.clone(),
        steps_are_likely,
    )?;
    let done = execute(package, environment, &engine, &mut evaluation, &progress, *style)
        .and_then(|report| give(environment, args, &evaluation, &report, &store, &progress));
    upkeep::settle(&store, &limits, &progress);
    done?;
    forecast.succeeded();
    Ok(())
}

/// Has packages fetched that the run needs. Flags may stand behind the target, where only the package says whose they are; so a word
/// that may forbid it does.
fn ensure_packages(
    cli: &Cli,
    args: &RunArgs,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<(), CliError> {
    let mut rules = packages::Rules::of_run(&args.execution, cli.global.quiet);
    let says = |flag: &str| arguments.iter().any(|word| word == flag);
    rules.locked |= says("--locked");
    rules.offline |= says("--offline") || says("--dry-run");
    let behind = target::folder_behind(&args.rest);
    let folders = behind.iter().map(|folder| Some(folder.as_path())).chain([cli.global.directory.as_deref()]);
    folders.into_iter().try_for_each(|folder| packages::ensure(environment, folder, &rules))
}

/// What the flags do not allow is said before anything runs.
fn check_wishes(args: &RunArgs, evaluation: &Evaluation<'_>) -> Result<(), CliError> {
    if args.options.pure {
        let action = evaluation.targets.iter().find(|target| !target.demand.actions().is_empty());
        if let Some(target) = action {
            let refused =
                CliError::usage(format!("`{}` is an action, and --pure refuses those", target.label));
            let effects = target.effects();
            return Err(match effects.is_empty() {
                true => refused,
                false => refused.help(format!("it would: {}", effects.join(", "))),
            });
        }
    }
    if args.options.output.is_some() {
        return match evaluation.targets.as_slice() {
            [one] => result::can_be_written(&one.demand),
            _ => Err(CliError::usage("-o takes one target")),
        };
    }
    Ok(())
}

/// Runs what is needed, and says what failed.
fn execute(
    package: &Package,
    environment: &Environment,
    engine: &Engine,
    evaluation: &mut Evaluation<'_>,
    progress: &Progress,
    style: Style,
) -> Result<RunReport, CliError> {
    let mut rounds = TargetRounds::new(evaluation, engine, package);
    let report = execute::run(engine, &mut rounds, package, environment, progress)?;
    for failure in &report.failures {
        progress.failure(&StepReport::new(failure, package.sources()));
    }
    for failure in warned::failures(evaluation, &report) {
        progress.warning(&StepReport::new(&failure, package.sources()).warning());
    }
    let exit = evaluation.errors.iter().map(|error| crate::report::error(error, style)).max();
    let exit = exit.unwrap_or(Exit::Success).max(execute::exit_of(report.ending()));
    if exit != Exit::Success {
        return Err(CliError::silent(exit));
    }
    Ok(report)
}

/// Writes or prints the results.
fn give(
    environment: &Environment,
    args: &RunArgs,
    evaluation: &Evaluation<'_>,
    report: &RunReport,
    store: &Store,
    progress: &Progress,
) -> Result<(), CliError> {
    if args.execution.expect_cached {
        progress.expect_cached()?;
    }
    let answers = Answers::of(report);
    match (&args.options.output, evaluation.targets.as_slice()) {
        (Some(path), [one]) => {
            let destination = environment.current_dir.join(path);
            let time = environment.written_time();
            let written = result::write(&one.demand, &answers, store, &destination, time)?;
            if let Some(message) = written.warning(path) {
                progress.warning(&message);
            }
            Ok(())
        }
        (_, targets) => {
            result::print(targets, &answers, store, args.options.json, environment.stdout_is_terminal)
        }
    }
}
