//! Evaluation of what the command line asks for.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pipe_eval::{Budget, Demand, ErrorKind, EvalError, Evaluator, HostFacts, Lines};
use pipe_ops::{Graph, Output};

use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::package::Package;
use crate::target::Request;

/// A graph with what is asked of it.
pub(crate) struct Evaluation {
    pub(crate) graph: Graph,
    /// In the order of the targets.
    pub(crate) targets: Vec<EvaluatedTarget>,
}

/// A target and what it asks for.
pub(crate) struct EvaluatedTarget {
    pub(crate) label: Arc<str>,
    pub(crate) demand: Demand,
}

impl EvaluatedTarget {
    /// All that the engine has to give for it.
    pub(crate) fn outputs(&self) -> Vec<Output> {
        self.demand.outputs()
    }

    /// The names of the effects that it would have.
    pub(crate) fn effects(&self) -> Vec<Arc<str>> {
        match &self.demand {
            Demand::Action(plan) => plan.effects.iter().map(|effect| effect.name.clone()).collect(),
            _ => Vec::new(),
        }
    }
}

/// An evaluator of a package on this machine.
pub(crate) fn evaluator(
    package: &Package,
    environment: &Environment,
    params: Vec<(pipe_analysis::typed::Global, pipe_eval::Argument)>,
) -> Evaluator {
    let sources = package.sources();
    let lines = Lines::new(sources.files().map(|(file, text)| (file.clone(), &**text)));
    Evaluator::new(package.program_with_expressions(), lines, facts(environment), params, Budget::default())
}

/// Evaluates the targets of a request into one graph.
///
/// # Errors
/// When the program has no value for one of them.
pub(crate) fn evaluate(
    package: &Package,
    environment: &Environment,
    request: &Request,
) -> Result<Evaluation, CliError> {
    let mut evaluator = evaluator(package, environment, request.params.clone());
    let mut targets = Vec::with_capacity(request.targets.len());
    for (label, target) in &request.targets {
        let evaluated = evaluator.eval_target(target).map_err(|error| failed(*error, package))?;
        targets.push(EvaluatedTarget { label: label.clone(), demand: evaluated.demand });
    }
    Ok(Evaluation { graph: evaluator.into_graph(), targets })
}

/// An error of evaluation, with its exit code.
pub(crate) fn failed(error: EvalError, package: &Package) -> CliError {
    let exit = exit_of(&error.kind);
    CliError::diagnostics(exit, vec![error.diagnostic], package.sources())
}

/// The exit code of an error of evaluation.
pub(crate) fn exit_of(kind: &ErrorKind) -> Exit {
    match kind {
        ErrorKind::Pipeline | ErrorKind::Limit => Exit::Failed,
        ErrorKind::Usage => Exit::Usage,
        ErrorKind::NotThereYet { .. } | ErrorKind::Internal => Exit::Machine,
    }
}

fn facts(environment: &Environment) -> HostFacts {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    HostFacts {
        platform: platform().into(),
        now: i64::try_from(now).unwrap_or(i64::MAX),
        ci: environment.ci.clone(),
    }
}

/// This machine as `os/arch[/variant]`, by the names that images use.
fn platform() -> String {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "arm" => "arm/v7",
        "powerpc64" => "ppc64le",
        other => other,
    };
    format!("{}/{arch}", std::env::consts::OS)
}
