//! Running a graph: every node whose inputs are there is started, steps as many at once as there are slots.

mod breakpoint;
mod finish;
mod priority;
mod queue;
mod resume;
mod rounds;
mod settle;
mod start;
mod together;
mod unwind;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pipe_ops::StepKey;
use tokio::sync::{Notify, Semaphore};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::failure::Cause;
use crate::reach::Reach;
use crate::results::NodeResult;
use crate::session::SessionState;
use crate::steps::exec::{Flight, Slots};
use crate::{Demand, EngineError, Event, Failure, Rounds, RunReport, Summary, Value};
use queue::Queue;
use rounds::Awaited;

/// Runs what the demands of all rounds need. See [`Session::run_rounds`](crate::Session::run_rounds).
pub(crate) async fn run(
    session: &Arc<SessionState>,
    rounds: &mut impl Rounds,
    cancel: &CancellationToken,
) -> Result<RunReport, EngineError> {
    let mut scheduler = Scheduler::new(session.clone(), cancel);
    scheduler.begin(rounds)?;
    scheduler.drive(rounds).await?;
    Ok(scheduler.report())
}

/// Works on one graph. All of it is owned by one task; what takes time is done by tasks of its own, which only send back what they
/// came to.
struct Scheduler {
    session: Arc<SessionState>,
    reach: Reach,
    /// What the latest round asks for.
    demands: Vec<Demand>,
    /// What it waits for: there is another round as long as there is something.
    awaited: Awaited,
    /// By number of the node, as all of these.
    states: Vec<NodeState>,
    /// How many inputs are still to come.
    missing: Vec<u32>,
    /// Consumers and demands that still need the result.
    uses: Vec<u32>,
    /// Nodes of which a demand wants more than how they ended.
    wanted: HashSet<u32>,
    /// Results of commands of which nobody wants more than that, by exit code.
    ended: HashMap<i32, Arc<NodeResult>>,
    /// Failures of steps that some guard will not let pass.
    unacceptable: HashMap<u32, Arc<Failure>>,
    /// Nodes whose inputs are all there.
    ready: Vec<u32>,
    /// Steps that wait for a slot.
    queue: Queue,
    /// Steps that run, by key, with the other nodes that wait for the same.
    flights: HashMap<StepKey, Vec<u32>>,
    tasks: JoinSet<TaskEnd>,
    running: HashMap<Id, Running>,
    slots: Slots,
    cancel: CancellationToken,
    /// Fires when `cancel` does, and when a failure stops the run.
    stop: CancellationToken,
    stopped_by: Option<Arc<str>>,
    /// It was stopped before all was done.
    unwound: bool,
    /// Effects that this command does, in the stead of finding them done.
    acting: HashSet<u32>,
    failures: Vec<Arc<Failure>>,
    /// Failures that something reckoned with.
    forgiven: Vec<Arc<Failure>>,
    summary: Summary,
    begun: Instant,
}

/// How far a node is.
enum NodeState {
    /// Not begun, or under way.
    Open,
    /// It has a result.
    Done(Arc<NodeResult>),
    /// It had one, and nobody needs it any more.
    Dropped,
    /// It failed, or something it depends on did.
    Failed(Arc<Failure>),
}

/// What a task works on.
struct Running {
    number: u32,
    /// The key, when it runs a step.
    key: Option<StepKey>,
    /// Kills it, when it runs a step or is an effect. A child of the run's: it stops nothing else.
    stop: CancellationToken,
    /// Ends it, when it does an op of the engine's own.
    op: Option<AbortHandle>,
}

/// What a task came to.
enum TaskEnd {
    Op(Result<NodeResult, Cause>),
    Exec(Flight),
    /// A person has looked around.
    Breakpoint(Result<(), Cause>),
    /// `None`: it was stopped.
    Effect(Result<Option<Value>, Cause>, Duration),
}

impl Scheduler {
    fn new(session: Arc<SessionState>, cancel: &CancellationToken) -> Scheduler {
        let jobs = session.context.engine.options.jobs.clamp(1, Semaphore::MAX_PERMITS);
        Scheduler {
            reach: Reach::default(),
            demands: Vec::new(),
            awaited: Awaited::default(),
            states: Vec::new(),
            missing: Vec::new(),
            uses: Vec::new(),
            wanted: HashSet::new(),
            ended: HashMap::new(),
            unacceptable: HashMap::new(),
            ready: Vec::new(),
            queue: Queue::default(),
            flights: HashMap::new(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            slots: Slots { free: Arc::new(Semaphore::new(jobs)), freed: Arc::new(Notify::new()) },
            cancel: cancel.clone(),
            stop: cancel.child_token(),
            stopped_by: None,
            unwound: false,
            acting: HashSet::new(),
            failures: Vec::new(),
            forgiven: Vec::new(),
            summary: Summary::default(),
            begun: Instant::now(),
            session,
        }
    }

    /// Works until nothing is left to do, or the run is stopped and what ran is gone.
    ///
    /// # Errors
    /// A round asks for what cannot be had. What ran is gone by then.
    async fn drive(&mut self, rounds: &mut impl Rounds) -> Result<(), EngineError> {
        let (mut stop, freed) = (self.stop.clone(), self.slots.freed.clone());
        let (mut stopping, mut cleaning, mut refused) = (false, false, None);
        loop {
            while !stop.is_cancelled() {
                self.start_ready();
                self.start_queued();
                if !self.ready.is_empty() {
                    continue;
                }
                if cleaning {
                    break;
                }
                match self.next_round(rounds) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        refused = Some(error);
                        stop.cancel();
                    }
                }
            }
            if stop.is_cancelled() && !stopping {
                stopping = true;
                self.abandon();
            }
            if self.tasks.is_empty() {
                if stopping && !cleaning && self.unwind(rounds) {
                    (stop, stopping, cleaning) = (self.stop.clone(), false, true);
                    continue;
                }
                return refused.map_or(Ok(()), Err);
            }
            tokio::select! {
                () = stop.cancelled(), if !stopping => {}
                () = freed.notified() => {}
                Some(end) = self.tasks.join_next_with_id() => self.task_ended(end),
            }
        }
    }

    /// Starts nothing more. Steps are killed by their token and awaited; what the engine itself does is left to end by itself.
    fn abandon(&mut self) {
        self.ready.clear();
        self.queue.clear();
        self.abort_ops();
    }

    fn task_ended(&mut self, end: Result<(Id, TaskEnd), JoinError>) {
        let id = match &end {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some(Running { number, key, .. }) = self.running.remove(&id) else { return };
        match end {
            // It was given up meanwhile.
            Ok((_, TaskEnd::Op(_) | TaskEnd::Breakpoint(_) | TaskEnd::Effect(Err(_), _)))
                if !self.is_open(number) => {}
            Ok((_, TaskEnd::Op(Ok(result)))) => self.done(number, result),
            Ok((_, TaskEnd::Op(Err(cause)))) => self.failed(number, cause, None),
            Ok((_, TaskEnd::Breakpoint(Ok(())))) => self.go_on(number),
            Ok((_, TaskEnd::Breakpoint(Err(cause)))) => self.failed(number, cause, None),
            Ok((_, TaskEnd::Exec(flight))) => self.landed(number, key, flight),
            Ok((_, TaskEnd::Effect(Ok(Some(value)), elapsed))) => self.acted(number, value, elapsed),
            Ok((_, TaskEnd::Effect(Ok(None), _))) => {}
            Ok((_, TaskEnd::Effect(Err(cause), _))) => self.failed(number, cause, None),
            Err(error) if error.is_cancelled() => {}
            Err(error) => {
                let cause = Cause::machine(format!("the engine failed: {error}; please report this"));
                self.landed(number, key, Flight::Failed(cause));
            }
        }
    }

    fn emit(&self, event: Event) {
        self.session.context.engine.events.event(event);
    }
}
