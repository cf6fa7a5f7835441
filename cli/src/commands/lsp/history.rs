//! What the user's store knows of the steps of a program that is open in an editor. It is only looked at: nothing is written, run, asked
//! for or decided.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pipe_engine::{Engine, LastResult, Plan, PlanNode, PlanStatus};
use pipe_eval::{Budget, Demand, Evaluator, Known, KnownOutputs, Lines, NetworkRule, Target};
use pipe_lsp::{CacheState, History, ItemResult, LastRun, Program, Results, Runnable, StepResult};
use pipe_ops::{NodeId, Output};
use pipe_sandbox::layer_owner;
use pipe_store::{Stop, Store, StoreError, StoreOptions};
use tokio::runtime::Runtime;

use crate::config::Config;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::{evaluate, execute, grants, machine};

/// Whoever looks is nobody's wait, but takes a processor from the checker: a program that takes longer is left alone.
const LONGEST: Duration = Duration::from_secs(5);

/// What evaluation may take, all items together: a tenth of what a run may.
const BUDGET: Budget =
    Budget { steps: 1_000_000, nodes: 100_000, bytes: 64 << 20, calls: 10_000, depth: 500 };

/// How often what is known without running anything may show more of the program.
const ROUNDS: usize = 8;

/// The user's store, looked at anew for each question.
pub(super) struct LocalHistory {
    environment: Environment,
    store: PathBuf,
}

impl LocalHistory {
    /// `None` when it is not known where the store is.
    pub(super) fn new(environment: &Environment) -> Option<LocalHistory> {
        let store = environment.store().ok()?.clone();
        Some(LocalHistory { environment: environment.clone(), store })
    }
}

impl History for LocalHistory {
    fn stamp(&self) -> u64 {
        Store::stamp(&self.store)
    }

    fn look(&self, folder: &Path, program: &Program, stop: &Arc<AtomicBool>) -> Option<Results> {
        let options = StoreOptions::new(layer_owner(&self.store));
        let store = match Store::open_to_read(&self.store, options) {
            Ok(Some(store)) => store,
            // Nothing was ever run.
            Ok(None) => return Some(Results::default()),
            Err(error @ (StoreError::Newer { .. } | StoreError::Older { .. })) => {
                return Some(unknown(program, &error));
            }
            // Somebody has it to himself, or cannot be seen through now.
            Err(_) => return None,
        };
        let look = Look { stop: stop.clone(), end: Instant::now() + LONGEST };
        // What is wrong with the configuration or the lock is told by whoever runs.
        let (evaluator, engine) = self.prepare(folder, program, store.clone(), look.stop()).ok()?;
        let results = look.results(program, evaluator, &engine)?;
        store.is_undisturbed().then_some(results)
    }
}

impl LocalHistory {
    /// As a run of the package would have them, as far as nobody has to be asked.
    fn prepare(
        &self,
        folder: &Path,
        program: &Program,
        store: Store,
        stop: Stop,
    ) -> Result<(Evaluator, Engine), CliError> {
        let config = Config::read(self.environment.config.as_deref())?;
        let grants = grants::given_before(folder, &self.environment, &config, &[])?;
        let network = if program.network_off { NetworkRule::OnDemand } else { NetworkRule::Open };
        let variables = grants::variables(&grants, &self.environment);
        let facts = evaluate::host_facts(&self.environment, network, variables);
        let lines = Lines::new(program.texts.iter().map(|(file, text)| (file.clone(), &**text)));
        let mut evaluator = Evaluator::new(program.typed.clone(), lines, facts, [], BUDGET);
        evaluator.look_at_actions();
        Ok((evaluator, machine::looking_engine(&self.environment, folder, grants, store, stop)?))
    }
}

/// Nothing is known, for this reason.
fn unknown(program: &Program, error: &StoreError) -> Results {
    let items = program.runnable.iter();
    let items = items.map(|item| ItemResult { place: item.place.clone(), steps: Vec::new() }).collect();
    Results { steps: Vec::new(), items, problem: Some(error.to_string().into()) }
}

/// One look, which may be given up.
#[derive(Clone)]
struct Look {
    stop: Arc<AtomicBool>,
    end: Instant,
}

impl Look {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || Instant::now() >= self.end
    }

    /// Ends what blocks, too.
    fn stop(&self) -> Stop {
        let look = self.clone();
        Stop::when(move || look.is_over())
    }

    fn results(&self, program: &Program, mut evaluator: Evaluator, engine: &Engine) -> Option<Results> {
        let mut items: Vec<(&Runnable, Demand)> = Vec::new();
        for item in &program.runnable {
            if self.is_over() {
                return None;
            }
            // One that has no value has no steps either.
            let evaluated = evaluator.eval_target(&target(item)).ok();
            items.extend(evaluated.map(|evaluated| (item, evaluated.demand)));
        }
        let runtime = execute::runtime().ok()?;
        let plan = self.last_plan(&runtime, engine, &mut evaluator, &mut items);
        // A thread that blocks in a system call holds up nothing.
        runtime.shutdown_background();
        let plan = plan?;
        let last = engine.last_results(&plan).ok()?;
        Some(told(&plan, &last, &items))
    }

    /// The plan of what is known without running anything, which may show more of the program, and so on.
    fn last_plan(
        &self,
        runtime: &Runtime,
        engine: &Engine,
        evaluator: &mut Evaluator,
        items: &mut [(&Runnable, Demand)],
    ) -> Option<Plan> {
        let mut known = KnownOutputs::new();
        let mut plan = None;
        for _ in 0..ROUNDS {
            let awaited: Vec<Output> = evaluator.awaited().iter().map(|awaited| awaited.output).collect();
            let demanded = items.iter().flat_map(|(_, demand)| demand.outputs());
            let outputs: Vec<Output> =
                demanded.chain(awaited.iter().copied()).chain(known.keys().copied()).collect();
            let found = plan.insert(runtime.block_on(self.plan(engine, evaluator, &outputs))?);
            let before = known.len();
            let more = awaited.iter().filter_map(|output| Some((*output, found.known.get(output)?)));
            known.extend(more.map(|(output, datum)| (output, Known::Value(datum.clone()))));
            if self.is_over() {
                return None;
            }
            if known.len() == before {
                break;
            }
            evaluator.next_round(&known);
            for (item, demand) in items.iter_mut().filter(|(_, demand)| demand.waits()) {
                if let Ok(evaluated) = evaluator.eval_target(&target(item)) {
                    *demand = evaluated.demand;
                }
            }
        }
        plan
    }

    async fn plan(&self, engine: &Engine, evaluator: &Evaluator, outputs: &[Output]) -> Option<Plan> {
        let given_up = async {
            while !self.is_over() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            plan = engine.plan(evaluator.graph(), outputs) => plan.ok(),
            () = given_up => None,
        }
    }
}

fn target(item: &Runnable) -> Target {
    match item.is_value {
        true => Target::Let(item.global.clone()),
        false => Target::Function { function: item.global.clone(), args: Vec::new() },
    }
}

/// A plan as it is told.
fn told(plan: &Plan, last: &HashMap<NodeId, LastResult>, items: &[(&Runnable, Demand)]) -> Results {
    let nodes: HashMap<NodeId, &PlanNode> = plan.nodes.iter().map(|node| (node.node, node)).collect();
    let last_of = |node: &PlanNode| {
        last.get(&node.node).map(|last| LastRun {
            exit_code: last.exit_code,
            took: last.duration,
            at: last.created,
        })
    };
    let mut steps = Vec::new();
    for node in &plan.nodes {
        let Some(state) = state(node) else { continue };
        let places = node.origins.iter().map(|origin| pipe_diagnostics::FileSpan {
            file: origin.file.clone(),
            start: origin.start,
            end: origin.end,
        });
        let places: BTreeSet<_> = places.collect();
        let step = |place| StepResult { place, state: state.clone(), last: last_of(node) };
        steps.extend(places.into_iter().map(step));
    }
    let item = |(item, demand): &(&Runnable, Demand)| {
        let needed = needed(demand.outputs().into_iter().map(|output| output.node), &nodes);
        let of_item = plan.nodes.iter().filter(|node| needed.contains(&node.node));
        let steps = of_item.filter_map(|node| Some((state(node)?, last_of(node)))).collect();
        ItemResult { place: item.place.clone(), steps }
    };
    Results { steps, items: items.iter().map(item).collect(), problem: None }
}

/// All nodes that these need, with them.
fn needed(from: impl Iterator<Item = NodeId>, nodes: &HashMap<NodeId, &PlanNode>) -> HashSet<NodeId> {
    let mut waiting: Vec<NodeId> = from.collect();
    let mut found = HashSet::new();
    while let Some(node) = waiting.pop() {
        if found.insert(node) {
            waiting.extend(nodes.get(&node).into_iter().flat_map(|node| &node.inputs));
        }
    }
    found
}

/// What would become of a command; `None` for what is no command, or is done for what it does to the world.
fn state(node: &PlanNode) -> Option<CacheState> {
    if !node.is_step {
        return None;
    }
    Some(match &node.status {
        PlanStatus::Cached => CacheState::Cached,
        PlanStatus::WillRun { reason } => CacheState::Runs(reason.as_deref().map(Arc::from)),
        PlanStatus::Unknown { waits_for } => CacheState::Unknown(waits_for.join(", ").into()),
        PlanStatus::NeedsGrant { flag } => CacheState::Unknown(format!("what `{flag}` grants").into()),
        PlanStatus::Fails { reason } => CacheState::Unknown(reason.as_str().into()),
        PlanStatus::Action | PlanStatus::Breakpoint => return None,
    })
}
