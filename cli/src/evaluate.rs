//! Evaluation of what the command line asks for.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pipe_engine::Answer;
use pipe_eval::{
    Awaited, Budget, Demand, ErrorKind, EvalError, Evaluator, HostFacts, Known, KnownOutputs, Lines,
    NetworkRule, Target,
};
use pipe_ops::{Graph, Output};

use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::grants::Trust;
use crate::package::Package;
use crate::target::Request;

/// What targets are evaluated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be run.
    Run,
    /// To be run, and written with what checks keep.
    Write,
    /// To be looked at.
    Look,
}

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
        let effects = self.demand.actions().into_iter().flat_map(|plan| &plan.effects);
        effects.map(|effect| effect.name.clone()).collect()
    }
}

/// An evaluator of a package on this machine.
pub(crate) fn evaluator(
    package: &Package,
    environment: &Environment,
    trust: &Trust<'_>,
    params: Vec<(pipe_analysis::typed::Global, pipe_eval::Argument)>,
) -> Evaluator {
    let sources = package.sources();
    let lines = Lines::new(sources.files().map(|(file, text)| (file.clone(), &**text)));
    let facts = host_facts(environment, trust.network_rule(), trust.variables());
    Evaluator::new(package.program_with_expressions(), lines, facts, params, Budget::default())
}

impl<'p> Evaluation<'p> {
    /// Evaluates the targets of a request into one graph, as far as that goes without running anything, with what the user allows.
    /// What is missing is asked for when they are to be run, else it stays unknown; what the package reads of the environment
    /// then may change what it asks for next.
    ///
    /// # Errors
    /// When the program has no value for one of them, or something it needs is refused.
    pub(crate) fn new(
        package: &'p Package,
        environment: &Environment,
        request: &Request,
        trust: &mut Trust<'_>,
        purpose: Purpose,
    ) -> Result<Evaluation<'p>, CliError> {
        loop {
            let known = trust.variables();
            let (evaluator, targets) = attempt(package, environment, request, trust, purpose);
            let missing = trust.missing(evaluator.graph(), &needed(&evaluator, &targets))?;
            let recalled = match purpose {
                Purpose::Run | Purpose::Write => trust.settle(&missing).map(|()| false)?,
                Purpose::Look => !missing.is_empty() && trust.recall(&missing),
            };
            if !recalled && trust.variables() == known {
                let targets = targets.map_err(|error| failed(*error, package))?;
                return Ok(Evaluation::of(package, request, evaluator, targets));
            }
        }
    }

    fn of(
        package: &'p Package,
        request: &Request,
        evaluator: Evaluator,
        targets: Vec<EvaluatedTarget>,
    ) -> Evaluation<'p> {
        let wanted = request.targets.clone();
        Evaluation { package, evaluator, wanted, targets, errors: Vec::new() }
    }

    /// The graph of everything so far.
    pub(crate) fn graph(&self) -> &Graph {
        self.evaluator.graph()
    }

    /// Whether the engine has anything to do for the targets.
    pub(crate) fn asks_for_anything(&self) -> bool {
        !self.awaited().is_empty() || self.targets.iter().any(|target| !target.outputs().is_empty())
    }

    /// What the targets wait for.
    pub(crate) fn awaited(&self) -> &[Awaited] {
        self.evaluator.awaited()
    }

    /// Forgets what only another round would need, when there is none.
    pub(crate) fn settle(&mut self) {
        if self.awaited().is_empty() {
            self.evaluator.forget_values();
        }
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
            self.package.learn(self.evaluator.texts());
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

fn attempt(
    package: &Package,
    environment: &Environment,
    request: &Request,
    trust: &Trust<'_>,
    purpose: Purpose,
) -> (Evaluator, Result<Vec<EvaluatedTarget>, Box<EvalError>>) {
    let mut evaluator = evaluator(package, environment, trust, request.params.clone());
    match purpose {
        Purpose::Run => {}
        Purpose::Write => evaluator.write_what_is_kept(),
        Purpose::Look => evaluator.look_at_actions(),
    }
    let targets = request.targets.iter().map(|(label, target)| {
        let evaluated = evaluator.eval_target(target)?;
        Ok(EvaluatedTarget { label: label.clone(), demand: evaluated.demand, failed: false })
    });
    let targets = targets.collect();
    (evaluator, targets)
}

/// What the first round needs, with what it waits for; of a program that has no value nothing.
fn needed(evaluator: &Evaluator, targets: &Result<Vec<EvaluatedTarget>, Box<EvalError>>) -> Vec<Output> {
    let Ok(targets) = targets else { return Vec::new() };
    let awaited = evaluator.awaited().iter().map(|awaited| awaited.output);
    targets.iter().flat_map(EvaluatedTarget::outputs).chain(awaited).collect()
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

/// What an evaluation may know of this machine; `variables` are those that the package may read.
pub(crate) fn host_facts(
    environment: &Environment,
    network: NetworkRule,
    variables: BTreeMap<Arc<str>, Option<Arc<str>>>,
) -> HostFacts {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    HostFacts {
        platform: pipe_engine::machine_platform().into(),
        now: i64::try_from(now).unwrap_or(i64::MAX),
        ci: environment.ci.clone(),
        network,
        env: variables,
    }
}
