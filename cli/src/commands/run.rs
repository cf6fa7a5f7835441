//! `pipe run`.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use pipe_engine::{Engine, RunReport};
use pipe_eval::Demand;
use pipe_store::Store;

use crate::ahead::Ahead;
use crate::args::{Cli, Command, NetworkChoice, PlanForm, RunArgs};
use crate::environment::Environment;
use crate::evaluate::{Evaluation, Purpose};
use crate::exit::{CliError, Exit};
use crate::failure::StepReport;
use crate::forecast::Forecast;
use crate::package::Package;
use crate::progress::{Progress, Style};
use crate::result::{self, Answers};
use crate::rounds::TargetRounds;
use crate::{execute, machine, packages, reports, resume, target, upkeep, warned};

use super::opened::Opened;

/// Evaluates the targets and executes what they need.
pub(crate) fn run(
    cli: &Cli,
    args: &RunArgs,
    arguments: &[OsString],
    environment: &Environment,
    style: Style,
) -> Result<(), CliError> {
    let ahead = Ahead::new(environment)?;
    let forecast = forecast(cli, args, arguments, environment)?;
    let steps_are_likely = forecast.expects_steps() || args.execution.no_cache && forecast.has_store();
    if steps_are_likely && !args.options.dry_run {
        ahead.begin(args.execution.network != Some(NetworkChoice::Off));
    }
    ensure_packages(cli, args, arguments, environment, style)?;
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
    let purpose = if args.options.output.is_some() { Purpose::Write } else { Purpose::Run };
    let mut evaluation = Evaluation::new(package, environment, request, &mut trust, purpose)?;
    check_wishes(args, &evaluation)?;
    let config = &if evaluation.asks_for_anything() { trust.configured(config)? } else { config.clone() };
    let (folder, limits) = (package.folder(), config.limits()?);
    let (progress, execution) = (Arc::new(Progress::new(*style)), &args.execution);
    let (engine, store) = machine::engine(
        environment,
        config,
        folder.to_path_buf(),
        trust.grants(),
        execution,
        progress.clone(),
        ahead.sandbox(&progress),
    )?;
    let engine = engine.resuming(args.options.resume.clone());
    let done = execute(package, environment, &engine, &mut evaluation, &progress, *style);
    let done = done.and_then(|(report, exit)| {
        let given = Given { environment, args, evaluation: &evaluation, report: &report, store: &store };
        given.to_the_user(exit, &progress, arguments)
    });
    upkeep::settle(&store, &limits, |message| progress.warning(message));
    done?;
    forecast.succeeded();
    Ok(())
}

/// A guess at what the run will do. A `-C` behind the targets counts, though only the package will say that it is no value: then the
/// guess is worse.
fn forecast(
    cli: &Cli,
    args: &RunArgs,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<Forecast, CliError> {
    let behind = target::folder_behind(&args.rest);
    let directory = behind.as_deref().or(cli.global.directory.as_deref());
    // Where there is none, the package will not be loaded either, and says so.
    let folder = Package::folder_of(environment, directory).unwrap_or_default();
    Ok(Forecast::of(environment.store()?, &folder, arguments, &environment.current_dir))
}

/// Has packages fetched that the run needs. Flags may stand behind the target, where only the package says whose they are; so a word
/// that may forbid it does.
fn ensure_packages(
    cli: &Cli,
    args: &RunArgs,
    arguments: &[OsString],
    environment: &Environment,
    style: Style,
) -> Result<(), CliError> {
    let mut rules = packages::Rules::of_run(&args.execution, style);
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

/// Runs what is needed, and says what failed; how it ended.
fn execute(
    package: &Package,
    environment: &Environment,
    engine: &Engine,
    evaluation: &mut Evaluation<'_>,
    progress: &Progress,
    style: Style,
) -> Result<(RunReport, Exit), CliError> {
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
    Ok((report, exit))
}

/// What a run gave.
struct Given<'a> {
    environment: &'a Environment,
    args: &'a RunArgs,
    evaluation: &'a Evaluation<'a>,
    report: &'a RunReport,
    store: &'a Store,
}

impl Given<'_> {
    /// Writes or prints the results; of a run that failed, what its checks keep, and how it goes on.
    fn to_the_user(&self, exit: Exit, progress: &Progress, arguments: &[OsString]) -> Result<(), CliError> {
        let answers = Answers::of(self.report);
        let junit = self.args.options.junit.as_ref().map(|file| self.environment.current_dir.join(file));
        reports::tell(&self.evaluation.targets, &answers, self.store, progress, junit.as_deref())?;
        if exit == Exit::Success {
            return self.results(&answers, progress);
        }
        if let (Some(path), [one]) = (&self.args.options.output, self.evaluation.targets.as_slice())
            && matches!(one.demand, Demand::Check(_))
        {
            self.write(&one.demand, &answers, path, progress)?;
        }
        if let Some(run) = &self.report.run {
            progress.resume(run, &resume::command(arguments, run, self.report));
        }
        Err(CliError::silent(exit))
    }

    fn results(&self, answers: &Answers, progress: &Progress) -> Result<(), CliError> {
        if self.args.execution.expect_cached {
            progress.expect_cached()?;
        }
        match (&self.args.options.output, self.evaluation.targets.as_slice()) {
            (Some(path), [one]) => self.write(&one.demand, answers, path, progress),
            (_, targets) => {
                let terminal = self.environment.stdout_is_terminal;
                result::print(targets, answers, self.store, self.args.options.json, terminal)
            }
        }
    }

    fn write(
        &self,
        demand: &Demand,
        answers: &Answers,
        path: &Path,
        progress: &Progress,
    ) -> Result<(), CliError> {
        let destination = self.environment.current_dir.join(path);
        let time = self.environment.written_time();
        let written = result::write(demand, answers, self.store, &destination, time)?;
        if let Some(message) = written.warning(path) {
            progress.warning(&message);
        }
        Ok(())
    }
}
