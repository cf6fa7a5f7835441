//! A session: what lives for one run of the command.

mod host;
mod images;
mod ledger;
mod network;
mod sources;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pipe_ops::{Graph, OpDigest, StepKey};
use pipe_store::Run;
use tokio_util::sync::CancellationToken;

pub(crate) use host::{HostSnapshot, import_cause};
pub use images::ImageOptions;
pub(crate) use images::{SessionImages, Standing, Wanted, cause, on_thread};
pub(crate) use ledger::{End, Ledger};
pub(crate) use network::SessionNetwork;
pub use sources::{Lookup, LookupError};
pub(crate) use sources::{SecretHeaders, SessionSources, SourceStanding, UsedAccount, WantedCommit};

use crate::failure::Cause;
use crate::remote::{Complaints, Uploads};
use crate::results::NodeResult;
use crate::rounds::Whole;
use crate::services::RunningServices;
use crate::steps::{OpContext, blocking};
use crate::{Demand, Engine, EngineError, Rounds, RunReport};

/// Owns what lives for one run: the working folder in the store, the view of the host, the network and the services of its
/// steps. Graphs run in it one after the other or at once; what ran once in a session does not run again in it, whatever
/// came of it. End it with [`Session::shutdown`].
pub struct Session {
    pub(crate) shared: Arc<SessionState>,
}

/// What the tasks of a session share.
pub(crate) struct SessionState {
    pub(crate) context: Arc<OpContext>,
    pub(crate) network: SessionNetwork,
    pub(crate) services: RunningServices,
    /// Results on their way to caches of others.
    pub(crate) uploads: Uploads,
    /// Caches of others that were of no use.
    pub(crate) complaints: Complaints,
    /// Begun with the first step that runs.
    run: tokio::sync::Mutex<Option<Run>>,
    /// What ran, by its key: its result is in the store.
    ran: Mutex<HashSet<StepKey>>,
    /// Effects that were done.
    acted: Mutex<HashMap<OpDigest, NodeResult>>,
    pub(crate) ledger: Ledger,
}

/// Why there is no run. A store whose layers belong to the steps' user ids cannot be used where the machine refuses namespaces; then
/// that is what has to be mended.
async fn cause_of(engine: &Engine, error: pipe_store::StoreError) -> EngineError {
    match engine.backend.available().await {
        Err(refused @ crate::BackendError::Unsupported { .. }) => refused.into(),
        _ => error.into(),
    }
}

impl Session {
    pub(crate) async fn start(engine: Engine) -> Result<Session, EngineError> {
        let host = HostSnapshot::new(&engine)?;
        if let Err(error) = engine.store.check_writable() {
            return Err(cause_of(&engine, error).await);
        }
        let ledger = match &engine.options.resume {
            Some(run) => Ledger::resume(engine.store.clone(), run)?,
            None => Ledger::new(engine.store.clone()),
        };
        let shared = SessionState {
            ledger,
            network: SessionNetwork::start(&engine.options),
            context: Arc::new(OpContext::new(engine, host)),
            services: RunningServices::default(),
            uploads: Uploads::default(),
            complaints: Complaints::default(),
            run: tokio::sync::Mutex::default(),
            ran: Mutex::default(),
            acted: Mutex::default(),
        };
        Ok(Session { shared: Arc::new(shared) })
    }

    /// Runs what the demands need and the cache lacks.
    ///
    /// A node that fails stops what depends on it and nothing else; the report tells what became of each demand. When `cancel`
    /// fires no step is started any more, those that run are killed, and the report says so; what had finished stays cached.
    ///
    /// # Errors
    /// Before anything ran: the graph needs an operation that is not there yet, or reads the host where it may not.
    pub async fn run(
        &self,
        graph: &Graph,
        demands: &[Demand],
        cancel: &CancellationToken,
    ) -> Result<RunReport, EngineError> {
        self.run_rounds(&mut Whole { graph, demands }, cancel).await
    }

    /// As [`Session::run`], of a graph that grows: as soon as an output is there that a round waits for, the next round is asked
    /// for, and what it adds runs beside what runs already. The report has the demands of the last round.
    ///
    /// # Errors
    /// As [`Session::run`], at the first round. When a later round asks for what cannot be had, what runs is stopped first.
    pub async fn run_rounds(
        &self,
        rounds: &mut impl Rounds,
        cancel: &CancellationToken,
    ) -> Result<RunReport, EngineError> {
        crate::scheduler::run(&self.shared, rounds, cancel).await
    }

    /// Tags of images, branches of repositories and files of the web that were resolved in this session and had no pin.
    pub fn new_pins(&self) -> pipe_registry::Pins {
        let context = &self.shared.context;
        let mut pins = context.images.new_pins();
        pins.fill(&context.sources.new_pins());
        pins
    }

    /// Ends the session: stops services and the network, lets the backend clean up, removes the working folder. To be called
    /// when no run is under way, also after one was cancelled.
    ///
    /// Services are asked to end and may take ten seconds for that, a moment only when `hurry` fires or has.
    pub async fn shutdown(self, hurry: &CancellationToken) {
        // Most runs have none, and are spared a thread.
        if !self.shared.uploads.are_done() {
            let shared = self.shared.clone();
            let uploaded = blocking(move || {
                shared.uploads.finish();
                Ok(())
            });
            // What was not uploaded was told.
            let _ = uploaded.await;
        }
        self.shared.services.stop(hurry).await;
        self.shared.network.stop();
        // The backend first: it may still be removing what steps left in the folder, and two that remove one folder both fail.
        self.shared.context.engine.backend.shutdown().await;
        drop(self.shared.run.lock().await.take());
    }
}

impl SessionState {
    /// The run's working folder, made when it is first asked for: a run that finds all it needs makes none.
    pub(crate) async fn work(&self) -> Result<PathBuf, Cause> {
        let mut run = self.run.lock().await;
        if let Some(run) = &*run {
            return Ok(run.path().to_owned());
        }
        let store = self.context.engine.store.clone();
        let begun = blocking(move || Ok(store.begin_run()?)).await?;
        Ok(run.insert(begun).path().to_owned())
    }

    /// Whether this session ran something under a key.
    pub(crate) fn ran(&self, key: StepKey) -> bool {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).contains(&key)
    }

    /// What an effect gave that this session has done.
    pub(crate) fn done(&self, effect: OpDigest) -> Option<NodeResult> {
        self.acted.lock().unwrap_or_else(PoisonError::into_inner).get(&effect).cloned()
    }

    /// Keeps that an effect was done.
    pub(crate) fn did(&self, effect: OpDigest, result: NodeResult) {
        self.acted.lock().unwrap_or_else(PoisonError::into_inner).insert(effect, result);
    }

    /// Something ran, and its result is in the store.
    pub(crate) fn remember(&self, key: StepKey) {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    }
}
