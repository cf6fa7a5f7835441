//! Running a command once, however many want it: in this process and in others.

use std::sync::Arc;

use pipe_ops::{NodeId, Origin};
use pipe_store::{Refused, StepLock, VolumeLock};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::super::blocking;
use super::confidential;
use super::retries::Retries;
use super::volumes;
use super::{PreparedExec, debug, record, warn};
use crate::capture::{Capture, Captured, Tail, interleave};
use crate::console::Failed;
use crate::failure::{Cause, FailureClass};
use crate::humane::{humane, size};
use crate::remote;
use crate::results::ExecResult;
use crate::services::{InUse, Lost};
use crate::session::SessionState;
use crate::{BackendError, Exit, StepOutcome, StepSpec};

/// A command to be run, unless somebody else does.
pub(crate) struct Job {
    pub(crate) session: Arc<SessionState>,
    pub(crate) node: NodeId,
    /// Where it was made.
    pub(crate) origin: Option<Origin>,
    pub(crate) step: Arc<PreparedExec>,
    /// Exit codes that are taken for success; `None`: all.
    pub(crate) success: Option<Vec<i32>>,
    /// A stored result that was seen and not taken: one that differs from it is of the same moment as this job.
    pub(crate) refused: Option<std::time::SystemTime>,
    pub(crate) slots: Slots,
    /// Kills it.
    pub(crate) stop: CancellationToken,
    /// Fires when the user ends the run.
    pub(crate) cancel: CancellationToken,
    /// Told when it really runs.
    pub(crate) running: Box<dyn Fn() + Send + Sync>,
}

/// The slots that commands run in.
#[derive(Clone)]
pub(crate) struct Slots {
    pub(crate) free: Arc<Semaphore>,
    /// Told when a job gives its slot back before it is over.
    pub(crate) freed: Arc<Notify>,
}

/// What came of a job.
pub(crate) enum Flight {
    /// It ran here; its exit code is not judged. With the last lines it printed.
    Ran(Arc<ExecResult>, Vec<u8>),
    /// Another process had run it meanwhile.
    Found(Arc<ExecResult>, Vec<u8>),
    /// It came to no result.
    Failed(Cause),
    /// It was stopped.
    Stopped,
}

/// Runs a command under its lock.
///
/// A slot is only held while the command runs: when another process holds the lock, this one waits without a slot, for the other
/// may take long. Whoever holds a slot never waits for a lock, so the two cannot wait for each other.
///
/// After the wait the result is looked up again. One that another process recorded since this job first looked is the outcome of
/// the same flight and is taken whatever its exit code, so that a step that fails, too, runs once; an older one is taken only
/// if its code and its age are asked for.
pub(crate) async fn fly(job: Job, slot: OwnedSemaphorePermit) -> Flight {
    let stop = job.stop.clone();
    match attempt(job, slot).await {
        Err(_) if stop.is_cancelled() => Flight::Stopped,
        Err(cause) => Flight::Failed(cause),
        Ok(flight) => flight,
    }
}

/// What others may wait for while a command runs.
#[derive(Default)]
struct Held {
    slot: Option<OwnedSemaphorePermit>,
    /// Held beyond the recording.
    lock: Option<StepLock>,
}

impl Held {
    fn free_slot(&mut self, job: &Job) {
        if self.slot.take().is_some() {
            job.slots.freed.notify_one();
        }
    }
}

async fn attempt(job: Job, slot: OwnedSemaphorePermit) -> Result<Flight, Cause> {
    let mut held = Held { slot: Some(slot), lock: try_lock(&job)? };
    if held.lock.is_none() {
        held.free_slot(&job);
        held.lock = Some(wait_for_lock(&job).await?);
    }
    let refused = match look_again(&job).await? {
        Looked::Took(found) => return Ok(found),
        Looked::Refused(refused) => refused,
    };
    if let Some(found) = from_elsewhere(&job).await? {
        return Ok(found);
    }
    let mut again = Retries::of(&job);
    loop {
        let volumes = match volumes::try_take(&job.session, &job.step)? {
            Some(taken) => taken,
            None => {
                held.free_slot(&job);
                volumes::wait(&job.session, &job.step, &job.stop).await?
            }
        };
        if held.slot.is_none() {
            let free = job.slots.free.clone();
            held.slot = tokio::select! {
                () = job.stop.cancelled() => return Ok(Flight::Stopped),
                permit = free.acquire_owned() => permit.ok(),
            };
        }
        let ended = run(&job, volumes, &again, &mut held, refused).await;
        let reason = match ended? {
            Ended::Came(flight) => return Ok(flight),
            Ended::Badly(reason) => reason,
        };
        // Its slot is free while it waits.
        held.free_slot(&job);
        let wait = again.next();
        job.warn(format!("{} failed: {reason}; it is tried again in {}", job.step.name, humane(wait)));
        tokio::select! {
            () = job.stop.cancelled() => return Ok(Flight::Stopped),
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// What came of running a command once.
enum Ended {
    Came(Flight),
    /// It did not succeed, and is to be tried again; nothing of it is kept.
    Badly(String),
}

impl Job {
    pub(super) fn warn(&self, message: String) {
        self.session.context.engine.events.event(crate::Event::Warning { message: message.into() });
    }

    /// Whether somebody wants to look at it should it fail.
    pub(super) fn is_debugged(&self) -> bool {
        let options = &self.session.context.engine.options;
        options.debug && options.console.is_there()
    }

    /// Whether this is an end that is asked for.
    pub(super) fn is_success(&self, exit: &Exit) -> bool {
        match exit {
            Exit::Code(code) => self.success.as_ref().is_none_or(|success| success.contains(code)),
            _ => false,
        }
    }

    /// Why a stored result is not what is asked for, if it is not.
    fn refuses(&self, found: &ExecResult) -> Option<Refused> {
        match self.is_success(&Exit::Code(found.exit_code)) {
            true => self.step.stale(found).map(Refused::from),
            false => Some(Refused::Failed),
        }
    }

    /// Whether a command that ended like this may succeed when it is run again.
    fn may_succeed_later(&self, exit: &Exit) -> bool {
        match exit {
            Exit::Code(_) => !self.is_success(exit),
            Exit::TimedOut | Exit::OutOfMemory => true,
            Exit::ProgramMissing { .. } | Exit::ShellMissing { .. } => false,
        }
    }
}

/// Done where it is asked for, as the look into the store below: both take microseconds, another thread would take more to wake.
fn try_lock(job: &Job) -> Result<Option<StepLock>, Cause> {
    Ok(job.session.context.engine.store.try_lock_step(job.step.key)?)
}

async fn wait_for_lock(job: &Job) -> Result<StepLock, Cause> {
    let (store, key, stop) = (job.session.context.engine.store.clone(), job.step.key, job.stop.clone());
    blocking(move || Ok(store.lock_step(key, &|| stop.is_cancelled())?)).await
}

/// What came of the look into the store before a command runs.
enum Looked {
    Took(Flight),
    /// Why no result was taken; whether there is one at all is not known.
    Refused(Refused),
}

async fn look_again(job: &Job) -> Result<Looked, Cause> {
    let engine = &job.session.context.engine;
    if engine.options.no_cache {
        return Ok(Looked::Refused(Refused::Unwanted));
    }
    let Some(found) = job.step.look_up(&engine.store)? else { return Ok(Looked::Refused(Refused::Gone)) };
    if let Some(refused) = job.refuses(&found)
        && job.refused == Some(found.created)
    {
        return Ok(Looked::Refused(refused));
    }
    let store = engine.store.clone();
    blocking(move || {
        let tail = stored_tail(&store, &found)?;
        Ok(Looked::Took(Flight::Found(Arc::new(found), tail)))
    })
    .await
}

/// A result that another store has left in a cache.
async fn from_elsewhere(job: &Job) -> Result<Option<Flight>, Cause> {
    let engine = job.session.context.engine.clone();
    if engine.options.no_cache || engine.options.remotes.from.is_empty() {
        return Ok(None);
    }
    if job.step.lacks_common_key() && job.session.complaints.is_first("PIPE_CACHE_KEY") {
        let reason = "results of steps with secrets are not shared: that needs the variable PIPE_CACHE_KEY, the same for all who share";
        job.warn(reason.to_owned());
    }
    if !job.step.is_shared() {
        return Ok(None);
    }
    let (session, step, success) = (job.session.clone(), job.step.clone(), job.success.clone());
    blocking(move || {
        let (store, caches) = (&engine.store, &engine.options.remotes);
        let found =
            remote::take(store, caches, &step, success.as_deref(), &session.complaints, &*engine.events);
        let Some(found) = found else { return Ok(None) };
        let tail = stored_tail(store, &found)?;
        Ok(Some(Flight::Found(Arc::new(found), tail)))
    })
    .await
}

/// The last lines of a stored log. A log that is damaged is shown as empty: it fails nothing.
fn stored_tail(store: &pipe_store::Store, result: &ExecResult) -> Result<Vec<u8>, Cause> {
    let [stdout, stderr, order] = [result.stdout, result.stderr, result.log].map(|blob| store.get_blob(blob));
    let (stdout, stderr) = (stdout?.unwrap_or_default(), stderr?.unwrap_or_default());
    let mut tail = Tail::default();
    for (_, bytes) in interleave(&order?.unwrap_or_default(), &stdout, &stderr).unwrap_or_default() {
        tail.push(bytes);
    }
    Ok(tail.finish())
}

async fn run(
    job: &Job,
    volumes: Vec<VolumeLock>,
    again: &Retries,
    held: &mut Held,
    refused: Refused,
) -> Result<Ended, Cause> {
    let engine = &job.session.context.engine;
    if again.is_first() {
        (job.running)();
    }
    let services = match InUse::start(&job.session, &job.step.services, &job.stop).await {
        Ok(services) => services,
        Err(Lost::Failed(cause)) if again.is_one_left() => return Ok(Ended::Badly(cause.reason)),
        Err(Lost::Failed(cause)) => return Err(cause),
        Err(_) => return Ok(Ended::Came(Flight::Stopped)),
    };
    let uses = volumes::begin(&job.session, &job.step, volumes).await?;
    let work = job.session.work().await?;
    let links = services.links();
    let spec = job.step.spec(work, volumes::specs(&uses), &job.session, links).await?;
    let spec = StepSpec { keeps_when_killed: job.is_debugged(), ..spec };
    let capture = Capture::new(job.node, &engine.options.redactor, engine.events.clone());
    let (outcome, lost) = beside_services(job, spec, &capture, &services).await;
    let captured = capture.finish();
    let outcome = match outcome {
        Err(BackendError::Cancelled) if lost.is_none() => return Ok(Ended::Came(Flight::Stopped)),
        Err(error) if lost.is_none() => {
            return Err(Cause { log_tail: captured.tail, ..Cause::from(error) });
        }
        Ok(outcome) if lost.is_none() => outcome,
        _ => {
            volumes::end(&job.session, uses).await?;
            let Some(cause) = lost else { return Ok(Ended::Came(Flight::Stopped)) };
            if again.is_one_left() {
                return Ok(Ended::Badly(cause.reason));
            }
            return Err(Cause { log_tail: [captured.tail, cause.log_tail].concat(), ..cause });
        }
    };
    warn::of_outcome(job, &outcome, &captured.tail);
    let is_final = !(again.is_one_left() && job.may_succeed_later(&outcome.exit));
    if is_final && debug::is_wanted(job, &outcome) {
        let reason = no_result(&job.step, &outcome.exit, Vec::new()).reason;
        let tail = captured.tail.clone();
        let (came, left) = debug::keep(job, outcome, captured, refused).await?;
        *held = Held::default();
        job.slots.freed.notify_one();
        debug::open(job, left, &uses, services.links(), Failed { reason, log_tail: tail }).await;
        drop(services);
        volumes::end(&job.session, uses).await?;
        // It failed before anybody stopped the run, which may have happened while the shell was open.
        return Ok(Ended::Came(came.unwrap_or_else(Flight::Failed)));
    }
    drop(services);
    volumes::end(&job.session, uses).await?;
    // Nothing is kept of a command that has no result, and a shell is not opened in what holds secrets.
    if matches!(outcome.exit, Exit::Code(_)) && !outcome.leaks.is_empty() {
        return Err(Cause { log_tail: captured.tail, ..confidential::leaked(&job.step, &outcome.leaks) });
    }
    if !is_final {
        return Ok(Ended::Badly(no_result(&job.step, &outcome.exit, captured.tail).reason));
    }
    let exit_code = match &outcome.exit {
        Exit::Code(code) => *code,
        other => return Err(no_result(&job.step, other, captured.tail)),
    };
    keep(job, exit_code, outcome, captured, refused).await.map(Ended::Came)
}

/// Runs the command itself, and stops it when one of its services dies: what it fails with then comes beside.
async fn beside_services(
    job: &Job,
    spec: StepSpec,
    capture: &Capture,
    services: &InUse,
) -> (Result<StepOutcome, BackendError>, Option<Cause>) {
    let stop = job.stop.child_token();
    let running = job.session.context.engine.backend.run(spec, capture, &stop);
    tokio::pin!(running);
    tokio::select! {
        biased;
        outcome = &mut running => {
            let exit = outcome.as_ref().ok().map(|outcome| &outcome.exit);
            let succeeded = exit.is_some_and(|exit| job.is_success(exit));
            let lost = services.lost(succeeded).filter(|_| !job.stop.is_cancelled());
            (outcome, lost)
        }
        lost = services.one_lost() => {
            stop.cancel();
            (running.await, Some(lost))
        }
    }
}

/// Records what a command left: at once where that is little, away from whoever schedules where it may take long.
pub(super) async fn keep(
    job: &Job,
    exit_code: i32,
    outcome: StepOutcome,
    captured: Captured,
    refused: Refused,
) -> Result<Flight, Cause> {
    let quick = record::is_quick(&job.session.context.engine.store, &job.step, &outcome, &captured);
    let (session, step) = (job.session.clone(), job.step.clone());
    let is_good = job.success.as_ref().is_none_or(|success| success.contains(&exit_code));
    let is_shared = is_good && job.step.is_shared();
    let work = move || {
        let store = &session.context.engine.store;
        let result = record::record(store, &step, exit_code, outcome, &captured, refused)?;
        let result = Arc::new(result);
        session.remember(result.key);
        if is_shared {
            let engine = &session.context.engine;
            session.uploads.begin(&engine.store, &engine.options.remotes.to, &step, &engine.events);
        }
        Ok(Flight::Ran(result, captured.tail))
    };
    if quick { work() } else { blocking(work).await }
}

/// Ends that are no result, so that nothing of them is kept: the next run tries again.
pub(super) fn no_result(step: &PreparedExec, exit: &Exit, log_tail: Vec<u8>) -> Cause {
    let (reason, help, exit_code) = match exit {
        Exit::TimedOut => {
            let after = step.timeout().map(|after| format!(" after {}", humane(after))).unwrap_or_default();
            let help = "its log shows how far it came; `timeout:` says how long it may take";
            (format!("timed out{after}"), Some(help.to_owned()), None)
        }
        Exit::OutOfMemory => match step.limits.memory {
            None => ("killed: out of memory".to_owned(), None, Some(137)),
            Some(bytes) => {
                let help = "`memory:` says how much it may use";
                (format!("out of memory: it may use {}", size(bytes)), Some(help.to_owned()), Some(137))
            }
        },
        Exit::ProgramMissing { program } => {
            let help = "name a program that is in the container, by its path or by a name on its PATH";
            (format!("the program `{program}` is not in this root"), Some(help.to_owned()), Some(127))
        }
        Exit::ShellMissing { shell } => {
            let help = "run a program directly, as a list: `run([\"program\", \"argument\"])`";
            (format!("the script needs {shell}, which is not in this root"), Some(help.to_owned()), Some(127))
        }
        Exit::Code(code) => (format!("exit code {code}"), None, Some(*code)),
    };
    Cause { class: FailureClass::Pipeline, reason, help, exit_code, log_tail }
}
