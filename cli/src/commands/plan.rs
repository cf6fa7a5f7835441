//! `pipe plan`.

mod graphs;
mod json;
pub(super) mod text;

use std::ffi::OsString;
use std::sync::Arc;

use pipe_engine::{Engine, Plan};
use pipe_eval::{Awaited, Known, KnownOutputs};
use pipe_ops::Output;

use crate::args::{Cli, Command, ExecutionArgs, PlanArgs, PlanForm};
use crate::environment::Environment;
use crate::evaluate::{Evaluation, Purpose};
use crate::exit::CliError;
use crate::grants::Trust;
use crate::package::Package;
use crate::progress::{Progress, Style};
use crate::{config::Config, execute, machine, output};

use super::opened::Opened;

/// Shows what a run of the targets would do.
pub(crate) fn run(
    cli: &Cli,
    args: &PlanArgs,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<(), CliError> {
    let opened = Opened::new(cli, "plan", &args.rest, &args.rest, arguments, environment)?;
    let args = opened.args(|command| match command {
        Command::Plan(args) => Some(args),
        _ => None,
    })?;
    let Opened { package, request, config, style, .. } = &opened;
    let mut trust = opened.trust(&args.allow)?.network(args.network);
    let mut evaluation = Evaluation::new(package, environment, request, &mut trust, Purpose::Look)?;
    show(package, environment, config, &mut evaluation, &trust, args.form, *style)
}

/// Shows the plan of what was evaluated.
pub(crate) fn show(
    package: &Package,
    environment: &Environment,
    config: &Config,
    evaluation: &mut Evaluation<'_>,
    trust: &Trust<'_>,
    form: PlanForm,
    style: Style,
) -> Result<(), CliError> {
    let (plan, _) = plan(package, environment, config, evaluation, trust, style)?;
    let open: Vec<Open> = evaluation.awaited().iter().map(|awaited| Open::of(awaited, package)).collect();
    let effects: Vec<Arc<str>> = evaluation.targets.iter().flat_map(|target| target.effects()).collect();
    let text = match form {
        PlanForm { json: true, .. } => json::render(&plan, &effects, &open),
        PlanForm { dot: true, .. } => graphs::dot(&plan),
        PlanForm { mermaid: true, .. } => graphs::mermaid(&plan),
        PlanForm { .. } => text::render(&plan, &open, style.verbose),
    };
    output::result(text.as_bytes())
}

/// What the plan cannot tell yet.
struct Open {
    /// What decides: `` `if` ``.
    what: Arc<str>,
    /// The step after which it will be known.
    after: Arc<str>,
    file: Arc<str>,
    line: u32,
}

impl Open {
    fn of(awaited: &Awaited, package: &Package) -> Open {
        Open {
            what: awaited.what.clone(),
            after: awaited.source.clone(),
            file: awaited.place.file.clone(),
            line: package.sources().position(&awaited.place).line,
        }
    }
}

/// The plan of what was evaluated, and the engine that made it.
///
/// # Errors
/// When the engine refuses the graph.
pub(super) fn plan(
    package: &Package,
    environment: &Environment,
    config: &Config,
    evaluation: &mut Evaluation<'_>,
    trust: &Trust<'_>,
    style: Style,
) -> Result<(Plan, Engine), CliError> {
    let execution = ExecutionArgs::default();
    let progress = Arc::new(Progress::new(style));
    let folder = package.folder().to_path_buf();
    let sandbox = machine::sandbox_of(environment, &progress)?;
    let (engine, _) =
        machine::engine(environment, config, folder, trust.grants(), &execution, progress, sandbox)?;
    let runtime = execute::runtime()?;
    let mut known = KnownOutputs::new();
    // What is known without running a step may decide how it goes on.
    loop {
        let awaited: Vec<Output> = evaluation.awaited().iter().map(|awaited| awaited.output).collect();
        let demanded = evaluation.targets.iter().flat_map(|target| target.outputs());
        let decided = known.keys().copied();
        let outputs: Vec<Output> = demanded.chain(awaited.iter().copied()).chain(decided).collect();
        let plan = runtime.block_on(engine.plan(evaluation.graph(), &outputs));
        let plan = plan.map_err(|error| execute::refused(&error, package))?;
        let before = known.len();
        let found = awaited.iter().filter_map(|output| Some((*output, plan.known.get(output)?)));
        known.extend(found.map(|(output, datum)| (output, Known::Value(datum.clone()))));
        if known.len() == before {
            return Ok((plan, engine));
        }
        evaluation.again(&known, |_, _| Ok(()));
        if let Some(error) = evaluation.errors.pop() {
            return Err(error);
        }
    }
}
