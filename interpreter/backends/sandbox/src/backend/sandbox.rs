//! The backend: one supervisor, started when it is first needed and again should it die.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use async_trait::async_trait;
use pipe_engine::{
    AttachCall, Backend, BackendError, Exit, OutputSink, ReadyCall, ServiceEnd, ServiceLink, ServiceSpec,
    ServiceStop, StepOutcome, StepSpec,
};
use pipe_ops::Digest;
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::shell::{self, Opening};
use super::{launch, step};
use crate::cgroup::{Cgroups, Limited};
use crate::foreign::Emulators;
use crate::machine::ThisMachine;
use crate::toolchain::{self, Toolchain};

/// What a [`Sandbox`] must know.
#[derive(Clone)]
pub struct SandboxOptions {
    /// The store's folder; it must be there.
    pub store: PathBuf,
    /// The program that becomes the supervisor: one whose `main` begins with
    /// [`supervise_if_asked`](crate::supervise_if_asked). By default this program itself.
    pub program: PathBuf,
    /// Which ids steps get.
    pub ids: IdRange,
    /// Told what steps will miss on this machine, when the first one runs.
    pub warn: Arc<dyn Fn(&str) + Send + Sync>,
}

/// Which ids steps get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IdRange {
    /// A range where there is one, else a single id.
    #[default]
    Auto,
    /// A single id, as on a machine without ranges. For an ordinary user only.
    Single,
}

impl SandboxOptions {
    /// This program as its own supervisor; warnings are dropped.
    pub fn new(store: &Path) -> SandboxOptions {
        SandboxOptions {
            store: store.to_path_buf(),
            program: PathBuf::from("/proc/self/exe"),
            ids: IdRange::Auto,
            warn: Arc::new(|_| {}),
        }
    }
}

/// Runs steps in namespaces of this machine. Also the store's way into the steps' user namespace. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    options: SandboxOptions,
    connection: Mutex<Option<Arc<Connection>>>,
    /// Whether steps that use the network are about to come.
    outbound: AtomicBool,
    /// The thread that makes the first connection.
    starting: OnceLock<Mutex<Option<JoinHandle<()>>>>,
    toolchain: OnceLock<Toolchain>,
    /// Made for the first step that has limits.
    cgroups: OnceLock<Cgroups>,
    /// Whether it was said that limits hold only roughly.
    said_limits: AtomicBool,
    /// Whether the supervisor of a privileged step had something to say of what steps miss.
    said_apart: AtomicBool,
    /// What steps will miss. A supervisor can be there that no step needs: then nobody is told.
    warning: Mutex<Option<String>>,
}

impl Sandbox {
    /// Starts nothing yet.
    pub fn new(options: SandboxOptions) -> Sandbox {
        let inner = Inner {
            options,
            connection: Mutex::new(None),
            outbound: AtomicBool::new(false),
            starting: OnceLock::new(),
            toolchain: OnceLock::new(),
            cgroups: OnceLock::new(),
            said_limits: AtomicBool::new(false),
            said_apart: AtomicBool::new(false),
            warning: Mutex::new(None),
        };
        Sandbox { inner: Arc::new(inner) }
    }

    /// Starts the supervisor, if none lives. What runs steps does this by itself; here only to know whether it can be done.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] names what the machine lacks, and what mends it.
    pub fn start(&self) -> Result<(), BackendError> {
        self.connect().map(drop)
    }

    /// As [`Backend::prepare`], for steps that are likely to use the network: a way out is made at once, too.
    pub fn prepare_outbound(&self) {
        self.inner.outbound.store(true, Ordering::Relaxed);
        self.prepare();
    }

    /// Ends the supervisor, if there is one, with all that runs in it, and waits for it. The next step has another one.
    pub fn end(&self) {
        if let Some(connection) = self.release() {
            connection.end();
        }
    }

    /// The connection, when it is made, for the one who ends it.
    fn release(&self) -> Option<Arc<Connection>> {
        if let Some(starting) = self.inner.starting.get() {
            let starting = starting.lock().unwrap_or_else(PoisonError::into_inner).take();
            let _ = starting.map(JoinHandle::join);
        }
        self.inner.connection.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What of other processors runs in steps. Starts the supervisor, if none lives.
    pub(crate) fn emulators(&self) -> Result<Emulators, BackendError> {
        self.connect().map(|connection| connection.emulators().clone())
    }

    /// The store's folder.
    pub(super) fn store(&self) -> &Path {
        &self.inner.options.store
    }

    /// The connection to a living supervisor, made if there is none. Blocks for the milliseconds that takes.
    pub(super) fn connect(&self) -> Result<Arc<Connection>, BackendError> {
        let mut slot = self.inner.connection.lock().unwrap_or_else(PoisonError::into_inner);
        match &*slot {
            Some(connection) if connection.is_open() => Ok(connection.clone()),
            _ => {
                let (connection, warning) =
                    launch::start(&self.inner.options, self.inner.outbound.load(Ordering::Relaxed))?;
                *self.inner.warning.lock().unwrap_or_else(PoisonError::into_inner) = warning;
                Ok(slot.insert(Arc::new(connection)).clone())
            }
        }
    }

    async fn connect_async(&self) -> Result<Arc<Connection>, BackendError> {
        let living = self.inner.connection.try_lock().ok().and_then(|slot| slot.clone());
        if let Some(connection) = living.filter(|connection| connection.is_open()) {
            return Ok(connection);
        }
        let sandbox = self.clone();
        blocking(move || sandbox.connect()).await?
    }

    /// The connection for a step that is about to run; what steps will miss is told before the first one.
    async fn connect_for_step(&self, cancel: &CancellationToken) -> Result<Arc<Connection>, BackendError> {
        if cancel.is_cancelled() {
            return Err(BackendError::Cancelled);
        }
        let connection = self.connect_async().await?;
        self.tell_warning();
        Ok(connection)
    }

    /// Says what steps will miss, once.
    fn tell_warning(&self) {
        let warning = self.inner.warning.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(warning) = warning {
            (self.inner.options.warn)(&warning);
        }
    }

    /// Runs a step with its limits.
    async fn run_over(
        &self,
        connection: &Arc<Connection>,
        step: StepSpec,
        lent: &[OwnedFd],
        output: &dyn OutputSink,
        cancel: &CancellationToken,
    ) -> Result<StepOutcome, BackendError> {
        connection.emulators().check(&ThisMachine, &step.platform)?;
        if step.limits.is_empty() {
            let limited = Limited::default();
            return step::run(connection, self.store(), step, &limited, lent, output, cancel).await;
        }
        let cgroups = self.inner.cgroups.get_or_init(Cgroups::of_this_machine);
        let limited = cgroups.limited(&step.limits)?;
        if let Some(warning) = cgroups.warning(&limited.rest)
            && !self.inner.said_limits.swap(true, Ordering::Relaxed)
        {
            (self.inner.options.warn)(&warning);
        }
        let ran = step::run(connection, self.store(), step, &limited, lent, output, cancel).await;
        if let Some(group) = limited.group {
            cgroups.let_go(group);
        }
        ran
    }

    /// Has a privileged step run under a supervisor that no other step has: it is root in the user namespace that the steps of a
    /// supervisor share, with what the kernel keeps for each of those (`binfmt_misc`, how many namespaces there may be) and all files
    /// that the supervisor shows to several of them.
    async fn apart<T>(
        &self,
        step: &StepSpec,
        cancel: &CancellationToken,
        work: impl AsyncFnOnce(&Arc<Connection>, &[OwnedFd]) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        if cancel.is_cancelled() {
            return Err(BackendError::Cancelled);
        }
        let options = self.inner.options.clone();
        let (connection, warning) = blocking(move || launch::start(&options, false)).await??;
        if let Some(warning) = warning
            && !self.inner.said_apart.swap(true, Ordering::Relaxed)
        {
            *self.inner.warning.lock().unwrap_or_else(PoisonError::into_inner) = Some(warning);
        }
        self.tell_warning();
        let connection = Arc::new(connection);
        let ran = match self.lend(step).await {
            Ok(lent) => work(&connection, &lent).await,
            Err(error) => Err(error),
        };
        blocking(move || connection.end()).await?;
        ran
    }

    /// Ways into a step's services for another supervisor than the one that runs those.
    async fn lend(&self, step: &StepSpec) -> Result<Vec<OwnedFd>, BackendError> {
        if step.services.is_empty() {
            return Ok(Vec::new());
        }
        let connection = self.connect_async().await?;
        let lend = |link: &ServiceLink| {
            let (ours, theirs) = UnixStream::pair()?;
            connection.lend(link.service.0, ours.as_fd());
            Ok(OwnedFd::from(theirs))
        };
        let lent = step.services.iter().map(lend).collect::<std::io::Result<_>>();
        lent.map_err(|error| BackendError::Failed(format!("cannot make a pair of sockets: {error}")))
    }

    fn toolchain(&self) -> &Toolchain {
        self.inner.toolchain.get_or_init(Toolchain::of_host)
    }
}

/// Does what blocks on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, BackendError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| BackendError::Failed(error.to_string()))
}

#[async_trait]
impl Backend for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    async fn toolchain_digest(&self) -> Result<Digest, BackendError> {
        // Two dozen looks at files of the system: a thread for them would cost more than they do.
        Ok(toolchain::digest(&std::env::var("PATH").unwrap_or_default()))
    }

    fn toolchain_has(&self, path: &str) -> bool {
        self.toolchain().has(Path::new(path))
    }

    fn toolchain_hides(&self, path: &str) -> bool {
        self.toolchain().hides(Path::new(path))
    }

    async fn available(&self) -> Result<(), BackendError> {
        self.connect_async().await.map(drop)
    }

    fn prepare(&self) {
        self.inner.starting.get_or_init(|| {
            let sandbox = self.clone();
            // Whoever runs a step meets the same error, and tells it.
            Mutex::new(Some(std::thread::spawn(move || drop(sandbox.connect()))))
        });
    }

    async fn run(
        &self,
        step: StepSpec,
        output: &dyn OutputSink,
        cancel: &CancellationToken,
    ) -> Result<StepOutcome, BackendError> {
        if step.privileged {
            let spec = step.clone();
            let work = async |connection: &Arc<Connection>, lent: &[OwnedFd]| {
                self.run_over(connection, step, lent, output, cancel).await
            };
            return self.apart(&spec, cancel, work).await;
        }
        let connection = self.connect_for_step(cancel).await?;
        self.run_over(&connection, step, &[], output, cancel).await
    }

    async fn serve(
        &self,
        service: ServiceSpec,
        output: &dyn OutputSink,
        stop: &ServiceStop,
        ready: ReadyCall,
    ) -> Result<ServiceEnd, BackendError> {
        let connection = self.connect_for_step(&stop.ask).await?;
        connection.emulators().check(&ThisMachine, &service.step.platform)?;
        step::serve(&connection, self.store(), service, output, stop, ready).await
    }

    async fn shell(
        &self,
        step: StepSpec,
        programs: Vec<String>,
        attach: AttachCall,
        cancel: &CancellationToken,
    ) -> Result<Exit, BackendError> {
        let work = async |connection: &Arc<Connection>, lent: &[OwnedFd]| {
            connection.emulators().check(&ThisMachine, &step.platform)?;
            shell::run(connection, self.store(), &step, lent, Opening { programs, attach }, cancel).await
        };
        if step.privileged {
            return self.apart(&step, cancel, work).await;
        }
        work(&self.connect_for_step(cancel).await?, &[]).await
    }

    async fn shutdown(&self) {
        if let Some(connection) = self.release() {
            // Joins the supervisor, which first ends its steps; nothing is left to report should that fail.
            let _ = tokio::task::spawn_blocking(move || connection.end()).await;
        }
        if let Some(cgroups) = self.inner.cgroups.get() {
            cgroups.clean();
        }
    }
}
