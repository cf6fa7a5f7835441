//! Evaluation of what the command line asks for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pipe_engine::Answer;
use pipe_eval::{
    Awaited, Budget, Demand, ErrorKind, EvalError, Evaluator, HostFacts, Known, KnownOutputs, Lines, Target,
};
use pipe_ops::{Graph, Output};

use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::package::Package;
use crate::target::Request;

/// Targets that are being evaluated, round after round, with what they ask for so far.
pub(crate) struct Evaluation<'p> {
    package: &'p Package,
    evaluator: Evaluator,
    wanted: Vec<(Arc<str>, Target)>,
    /// In their order.
    pub(crate) targets: Vec<EvaluatedTarget>,
    /// Why targets came to nothing in a later round.
    pub(crate) errors: Vec<CliError>,
}

/// A target and what it asks for.
pub(crate) struct EvaluatedTarget {
    pub(crate) label: Arc<str>,
    pub(crate) demand: Demand,
    /// A later round gave an error: it is not evaluated again.
    failed: bool,
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

impl<'p> Evaluation<'p> {
    /// Evaluates the targets of a request into one graph, as far as that goes without running anything.
    ///
    /// # Errors
    /// When the program has no value for one of them.
    pub(crate) fn new(
        package: &'p Package,
        environment: &Environment,
        request: &Request,
    ) -> Result<Evaluation<'p>, CliError> {
        let mut evaluator = evaluator(package, environment, request.params.clone());
        let wanted = request.targets.clone();
        let mut targets = Vec::with_capacity(wanted.len());
        for (label, target) in &wanted {
            let evaluated = evaluator.eval_target(target).map_err(|error| failed(*error, package))?;
            targets.push(EvaluatedTarget { label: label.clone(), demand: evaluated.demand, failed: false });
        }
        Ok(Evaluation { package, evaluator, wanted, targets, errors: Vec::new() })
    }

    /// The graph of everything so far.
    pub(crate) fn graph(&self) -> &Graph {
        self.evaluator.graph()
    }

    /// What the targets wait for.
    pub(crate) fn awaited(&self) -> &[Awaited] {
        self.evaluator.awaited()
    }

    /// Evaluates again what waits, now that more is known. A target that has no value, or asks for what `check` refuses, goes on
    /// with what it asked for before.
    pub(crate) fn again(
        &mut self,
        known: &KnownOutputs,
        check: impl Fn(&Graph, &[Output]) -> Result<(), CliError>,
    ) {
        self.evaluator.next_round(known);
        for (target, (_, wanted)) in self.targets.iter_mut().zip(&self.wanted) {
            if target.failed || !target.demand.waits() {
                continue;
            }
            let evaluated = self.evaluator.eval_target(wanted);
            let demand = evaluated.map_err(|error| failed(*error, self.package)).and_then(|evaluated| {
                let awaited = self.evaluator.awaited().iter().map(|awaited| awaited.output);
                let outputs: Vec<Output> = evaluated.demand.outputs().into_iter().chain(awaited).collect();
                check(self.evaluator.graph(), &outputs).map(|()| evaluated.demand)
            });
            match demand {
                Ok(demand) => target.demand = demand,
                Err(error) => {
                    target.failed = true;
                    self.errors.push(error);
                }
            }
        }
    }
}

/// What the engine knows, as the evaluator takes it.
pub(crate) fn known_outputs(answers: &HashMap<Output, Answer>) -> KnownOutputs {
    let known = |answer: &Answer| answer.datum().map_or(Known::Lost, |datum| Known::Value(datum.clone()));
    answers.iter().map(|(output, answer)| (*output, known(answer))).collect()
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
        ErrorKind::NotThereYet { .. } | ErrorKind::Waits(_) | ErrorKind::Internal => Exit::Machine,
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
