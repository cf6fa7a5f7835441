//! One running instance of a service.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pipe_ops::NodeId;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::ServiceValue;
use super::death::Death;
use super::log::ServiceLog;
use super::running::{Handle, kill_in_time};
use super::used::{InUse, Lost};
use crate::failure::Cause;
use crate::session::SessionState;
use crate::steps::exec::Volumes;
use crate::{BackendError, Event, ProbeSpec, ServiceNumber, ServiceSpec, ServiceState, ServiceStop, Tunnel};

/// So long a service may take until it can be used, where nobody said how long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A service that runs, or has died. Dropped, it is asked to end.
pub(crate) struct Instance {
    pub(super) number: ServiceNumber,
    ended: watch::Receiver<Option<Death>>,
    _stop: DropGuard,
}

/// What somebody wants of a new instance.
pub(super) struct Wanted {
    /// The node whose output its own is told as.
    pub(super) told_as: NodeId,
    pub(super) tunnels: Vec<Tunnel>,
}

/// Starts an instance and waits until it can be used.
///
/// # Errors
/// It died before, `stop` fired before, or it could not be started at all.
pub(super) fn start<'a>(
    session: &'a Arc<SessionState>,
    service: &'a Arc<ServiceValue>,
    wanted: Wanted,
    stop: &'a CancellationToken,
) -> Pin<Box<dyn Future<Output = Result<Arc<Instance>, Lost>> + Send + 'a>> {
    // Boxed, for a service may need services.
    Box::pin(async move {
        let used = InUse::start(session, &service.step.services, stop).await?;
        let volumes = Volumes::take(session, &service.step, stop).await?;
        let number = next_number();
        let spec = spec(session, service, number, &used, &volumes, wanted.tunnels).await?;
        let engine = &session.context.engine;
        let log = ServiceLog::new(wanted.told_as, &engine.options.redactor, engine.events.clone());
        let stopping = ServiceStop::default();
        let (ready_sender, ready) = oneshot::channel();
        let (ended_sender, mut ended) = watch::channel(None);
        session.services.add(Handle { stop: stopping.clone(), ended: ended.clone() });
        let begun = Instant::now();
        service.tell(session, ServiceState::Starting, None);
        tokio::spawn({
            let (session, service, stopping) = (session.clone(), service.clone(), stopping.clone());
            async move {
                let death = run(&session, spec, log, used, volumes, ready_sender, &stopping).await;
                let quiet = death.is_quiet() || stopping.ask.is_cancelled();
                let state = if quiet { ServiceState::Stopped } else { ServiceState::Failed };
                service.tell(&session, state, None);
                ended_sender.send_replace(Some(death));
            }
        });
        let instance = Arc::new(Instance { number, ended: ended.clone(), _stop: stopping.ask.drop_guard() });
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(Lost::Stopped),
            Ok(()) = ready => {
                service.tell(session, ServiceState::Ready, Some(begun));
                Ok(instance)
            }
            death = ended.wait_for(Option::is_some) => Err(match death.ok().and_then(|death| death.clone()) {
                Some(death) => Lost::Died { death, was_ready: false },
                None => Lost::Failed(Cause::machine("a service is gone without a word")),
            }),
        }
    })
}

fn next_number() -> ServiceNumber {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    ServiceNumber(NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn spec(
    session: &SessionState,
    service: &ServiceValue,
    number: ServiceNumber,
    used: &InUse,
    volumes: &Volumes,
    tunnels: Vec<Tunnel>,
) -> Result<ServiceSpec, Cause> {
    let work = session.work().await?;
    let mut step = service.step.spec(work, volumes.specs(), session, used.links()).await?;
    let patience = step.timeout.take().unwrap_or(PATIENCE);
    let ready = service.ready.as_ref().map(|(argv, variables)| {
        let mut env = step.env.clone();
        env.extend(variables.clone());
        ProbeSpec { argv: argv.clone(), env }
    });
    let (ports, stop_signal) = (service.ports.clone(), service.step.stop_signal);
    Ok(ServiceSpec { step, number, ready, ports, patience, stop_signal, tunnels })
}

/// Runs it to its end, and with it what it needs.
async fn run(
    session: &SessionState,
    spec: ServiceSpec,
    log: ServiceLog,
    used: InUse,
    volumes: Volumes,
    ready: oneshot::Sender<()>,
    stop: &ServiceStop,
) -> Death {
    let (backend, patience) = (&session.context.engine.backend, spec.patience);
    // Whoever waited for it may be gone.
    let ready = Box::new(move || {
        let _ = ready.send(());
    });
    let serving = backend.serve(spec, &log, stop, ready);
    tokio::pin!(serving);
    let mut lost = None;
    let how = loop {
        tokio::select! {
            how = &mut serving => break how,
            cause = used.one_lost(), if lost.is_none() => {
                lost = Some(cause);
                stop.ask.cancel();
            }
            () = kill_in_time(stop), if !stop.kill.is_cancelled() => {}
        }
    };
    let how = match (lost, how) {
        (Some(lost), _) => Err(lost),
        (None, Err(BackendError::Cancelled)) => Err(Cause::machine("it was stopped")),
        (None, how) => how.map_err(Cause::from),
    };
    let kept = volumes.end(session).await;
    Death { how: kept.and(how), patience, log_tail: log.finish() }
}

impl Instance {
    /// How it ended, if it has.
    pub(super) fn death(&self) -> Option<Death> {
        self.ended.borrow().clone()
    }

    /// Waits until it has ended.
    pub(super) async fn until_dead(&self) -> Death {
        let mut ended = self.ended.clone();
        let death = ended.wait_for(Option::is_some).await.ok().and_then(|death| death.clone());
        death.unwrap_or_else(|| Death {
            how: Err(Cause::machine("a service is gone without a word")),
            patience: PATIENCE,
            log_tail: Vec::new(),
        })
    }
}

impl ServiceValue {
    fn tell(&self, session: &SessionState, state: ServiceState, since: Option<Instant>) {
        session.context.engine.events.event(Event::Service {
            node: self.node,
            name: self.name.clone(),
            state,
            elapsed: since.map(|since| since.elapsed()),
            origin: self.origin.clone(),
        });
    }
}
