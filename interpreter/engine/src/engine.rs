//! The engine: what stays the same from run to run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use pipe_fetch::GitSettings;
use pipe_ops::{Graph, Output};
use pipe_store::{Stop, Store};

use crate::approval::{Approver, Nobody};
use crate::console::{Console, Nowhere};
use crate::redact::Masked;
use crate::secrets::NoSecrets;
use crate::session::HostSnapshot;
use crate::steps::OpContext;
use crate::{
    Backend, EngineError, EventSink, Grants, ImageOptions, Plan, Redactor, RemoteCaches, SecretBytes,
    SecretReader, Session,
};

/// How an engine works.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The package's folder: what relative host paths of a graph stand on.
    pub package: PathBuf,
    /// What of the host may be read beside it.
    pub grants: Grants,
    /// Variables that name the user's proxies (`HTTP_PROXY` and its like), which steps may reach.
    pub proxies: BTreeMap<String, String>,
    /// Certificates of authorities, in PEM, that the user has beside those that everybody has: steps with a network trust them.
    pub certificates: Option<Arc<[u8]>>,
    /// How many steps run at once, at least 1.
    pub jobs: usize,
    /// The first failure stops the whole run.
    pub fail_fast: bool,
    /// Run every step, whatever the store holds. Results are kept as ever.
    pub no_cache: bool,
    /// Go on with the run of this name: what it did to the world is not done again.
    pub resume: Option<String>,
    /// How images come in; what of it says how others are asked holds for all that comes from elsewhere.
    pub images: ImageOptions,
    /// How repositories are reached.
    pub git: GitSettings,
    /// Caches that other stores have, too.
    pub remotes: RemoteCaches,
    /// Asked before an action that needs a yes goes on.
    pub approver: Arc<dyn Approver>,
    /// Where breakpoints open a shell.
    pub console: Arc<dyn Console>,
    /// Where somebody is, a step that fails opens a shell, too.
    pub debug: bool,
    /// Reads the user's secrets.
    pub secrets: Arc<dyn SecretReader>,
    /// What secrets are made unrecognizable with in keys, shared by whoever is to share results of steps with secrets; the store's own
    /// when `None`.
    pub cache_key: Option<SecretBytes>,
    /// The socket of the user's SSH agent.
    pub ssh_agent: Option<PathBuf>,
    /// Masks secrets in whatever steps print. It learns those that a session reads.
    pub redactor: Redactor,
    /// The time of everything in an archive, and of what actions write to the host, in seconds since 1970.
    pub source_date: i64,
    /// Ends a plan's look at a folder of the host over a store that is only looked at.
    pub stop: Stop,
}

/// The time of written files when nothing else is asked for: 1980-01-01, the earliest that zip archives know.
pub const NORMAL_TIME: i64 = 315_532_800;

impl EngineOptions {
    /// For a package: as many jobs as the machine has cores, everything else off.
    pub fn new(package: impl Into<PathBuf>) -> EngineOptions {
        EngineOptions {
            package: package.into(),
            grants: Grants::default(),
            proxies: BTreeMap::new(),
            certificates: None,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            fail_fast: false,
            no_cache: false,
            resume: None,
            images: ImageOptions::default(),
            git: GitSettings::default(),
            remotes: RemoteCaches::default(),
            approver: Arc::new(Nobody),
            console: Arc::new(Nowhere),
            debug: false,
            secrets: Arc::new(NoSecrets),
            cache_key: None,
            ssh_agent: None,
            redactor: Redactor::none(),
            source_date: NORMAL_TIME,
            stop: Stop::default(),
        }
    }
}

/// The platform of this machine as `os/arch[/variant]`, in the names of OCI images.
pub fn machine_platform() -> String {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "arm" => "arm/v7",
        "powerpc64" => "ppc64le",
        "loongarch64" => "loong64",
        other => other,
    };
    format!("{}/{arch}", std::env::consts::OS)
}

/// Plans and runs graphs. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) options: Arc<EngineOptions>,
    pub(crate) events: Arc<dyn EventSink>,
}

impl Engine {
    /// An engine over a store and a backend; what happens is told to `events`.
    pub fn new(
        store: Store,
        backend: Arc<dyn Backend>,
        options: EngineOptions,
        events: Arc<dyn EventSink>,
    ) -> Engine {
        let events = Arc::new(Masked::new(events, options.redactor.clone()));
        let store = store.for_package(&options.package);
        Engine { store, backend, options: Arc::new(options), events }
    }

    /// The same engine, whose session goes on with a run.
    pub fn resuming(self, run: Option<String>) -> Engine {
        let options = EngineOptions { resume: run, ..self.options.as_ref().clone() };
        Engine { options: Arc::new(options), ..self }
    }

    /// Begins a run, and whatever lives as long as it.
    ///
    /// # Errors
    /// When the store cannot be written, or the package's folder cannot be found.
    pub async fn session(&self) -> Result<Session, EngineError> {
        Session::start(self.clone()).await
    }

    /// Whether a run of these outputs would begin.
    ///
    /// # Errors
    /// What the run would be refused for: an operation that is not there yet, a host path that may not be read.
    pub fn check(&self, graph: &Graph, outputs: &[Output]) -> Result<(), EngineError> {
        let host = HostSnapshot::new(self)?;
        let context = OpContext::new(self.clone(), host);
        context.check(graph, outputs)
    }

    /// What a run of these outputs would do. Runs no step and starts nothing. Over a store that is only looked at
    /// ([`Store::open_to_read`]) nothing is read but that and the host's own state of its files; what a key would need beyond that is
    /// unknown then.
    ///
    /// # Errors
    /// When the graph needs an operation that is not there yet, or the store fails.
    pub async fn plan(&self, graph: &Graph, outputs: &[Output]) -> Result<Plan, EngineError> {
        crate::plan::plan(self, graph, outputs).await
    }
}
