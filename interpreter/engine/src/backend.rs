//! The one trait between the engine and whatever runs commands.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pipe_ops::{Digest, Limits};
use pipe_store::{DatedFile, FileRef, LayerRef, LayerScan};
use tokio_util::sync::CancellationToken;

use crate::{SecretBytes, StepNetwork, Stream};

/// Where a step finds the certificates of authorities that it is to trust, when the user has some of their own.
pub const CERTIFICATES: &str = "/run/pipe/ca-certificates.crt";

/// Runs commands on layered file systems. Cancellable; what it returns carries content digests, so the engine never walks a
/// step's files itself.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Its name: `sandbox`.
    fn name(&self) -> &'static str;

    /// What the host's own tools are, as a digest that changes when they change. Cheap: no walk of `/usr`.
    async fn toolchain_digest(&self) -> Result<Digest, BackendError>;

    /// Whether the host's own tools put anything at this absolute path, or below it. Elsewhere a folder that a step made over
    /// them is wholly the step's own, and can be taken out.
    fn toolchain_has(&self, path: &str) -> bool;

    /// Whether the host's own tools, or what else is mounted over a root of theirs, hide whatever layers have at this absolute path.
    fn toolchain_hides(&self, path: &str) -> bool;

    /// Whether this machine offers what it needs. Asked only when something else went wrong that may come from that; a run finds out
    /// by itself.
    async fn available(&self) -> Result<(), BackendError> {
        Ok(())
    }

    /// A command will have to be run soon: begins to start what takes long to start. Returns at once; what fails is told by
    /// [`Backend::run`].
    fn prepare(&self) {}

    /// Runs one command to its end. A command that fails is an [`StepOutcome`] like any other; an error means that the backend
    /// could not do its work. When `cancel` fires, the whole process tree is killed, its folders are removed, and the result is
    /// [`BackendError::Cancelled`].
    async fn run(
        &self,
        step: StepSpec,
        output: &dyn OutputSink,
        cancel: &CancellationToken,
    ) -> Result<StepOutcome, BackendError>;

    /// Runs a service to its end, which is when it ends by itself, or because it was told to. `ready` is called when it can be used; steps
    /// may name it from then on.
    async fn serve(
        &self,
        service: ServiceSpec,
        output: &dyn OutputSink,
        stop: &ServiceStop,
        ready: ReadyCall,
    ) -> Result<ServiceEnd, BackendError> {
        let _ = (service, output, stop, ready);
        Err(BackendError::Unsupported {
            what: format!("the backend `{}` runs no services", self.name()),
            help: "use another one".to_owned(),
        })
    }

    /// Runs a program for a person, on a pseudoterminal of the step's own, which is its controlling terminal and all that it has of one;
    /// the person's side of it is given to `attach`, and the program starts when that returns. What is run is the first of `programs` that
    /// is in the root, without arguments, or the step's command where there are none. Nothing of what it leaves is kept, and it has no
    /// limits. Without any of the programs the end is [`Exit::ProgramMissing`], which names all of them.
    async fn shell(
        &self,
        step: StepSpec,
        programs: Vec<String>,
        attach: AttachCall,
        cancel: &CancellationToken,
    ) -> Result<Exit, BackendError> {
        let _ = (step, programs, attach, cancel);
        Err(BackendError::Unsupported {
            what: format!("the backend `{}` opens no shells", self.name()),
            help: "use another one".to_owned(),
        })
    }

    /// Stops whatever it keeps running between steps and removes its working folders.
    async fn shutdown(&self);
}

/// Receives what a command prints, as it prints it.
pub trait OutputSink: Send + Sync {
    /// Bytes of one stream, in order.
    fn output(&self, stream: Stream, bytes: &[u8]);
}

/// A command with all it sees.
#[derive(Clone, Debug)]
pub struct StepSpec {
    /// For messages: what people call the step.
    pub name: String,
    /// The run's working folder, absolute, on the store's file system. It exists; the backend makes folders for the step in it. It
    /// is removed with the run, also after the engine was killed.
    pub work: PathBuf,
    /// What the root stands on.
    pub base: Base,
    /// Layers over the base, lowest first.
    pub root: Vec<LayerRef>,
    /// What is mounted, in order (an outer path before one inside it).
    pub mounts: Vec<MountSpec>,
    /// Program and arguments; the program is looked up on `PATH` of `env`.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// Absolute; made if it is missing.
    pub workdir: String,
    /// `user[:group]`, names are looked up in the root's own files.
    pub user: Option<String>,
    /// Which network it gets.
    pub network: StepNetwork,
    /// Certificates of authorities, in PEM, that the user has beside those that everybody has: shown at [`CERTIFICATES`] behind those
    /// that the root has, or the host where that has none.
    pub certificates: Option<Arc<[u8]>>,
    /// What it reads on standard input; nothing when `None`.
    pub stdin: Option<Vec<u8>>,
    /// Kill the tree after this time.
    pub timeout: Option<Duration>,
    /// `os/arch[/variant]`. For one that does not run here, the step is [`BackendError::Unsupported`].
    pub platform: String,
    /// What it may use of the machine. A backend that cannot keep a limit says so once, and runs it without.
    pub limits: Limits,
    /// The command is a script: its shell. Without it in the root the outcome is [`Exit::ShellMissing`].
    pub shell: Option<String>,
    /// Running services that it reaches. They are reached whatever else the network leads to, but not from the host's own.
    pub services: Vec<ServiceLink>,
    /// What it is given that nobody else may see.
    pub secrets: StepSecrets,
    /// Its root has every capability inside its namespaces, and it may make further ones. Nothing of the host's is closer to it.
    pub privileged: bool,
    /// What it left is given back also when it was killed because its time was over.
    pub keeps_when_killed: bool,
}

/// Names a running service to its backend: no two of one backend have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceNumber(pub u64);

/// A running service, as a step reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLink {
    /// The host name that leads to it.
    pub alias: String,
    /// Which service.
    pub service: ServiceNumber,
    /// Ports at which it is offered on the step's own loopback, too.
    pub localhost: Vec<u16>,
}

/// A service with all it sees.
#[derive(Debug)]
pub struct ServiceSpec {
    /// What is run. Nothing of what it leaves is kept.
    pub step: StepSpec,
    /// What steps name it by.
    pub number: ServiceNumber,
    /// A command that is run in its namespaces, as its user, until it succeeds: then it can be used.
    pub ready: Option<ProbeSpec>,
    /// Without such a command: TCP ports at which somebody has to listen.
    pub ports: Vec<u16>,
    /// After this time without being ready it is killed.
    pub patience: Duration,
    /// The signal that its command gets when it is asked to end, by its number on Linux.
    pub stop_signal: u8,
    /// Ways into it from the host.
    pub tunnels: Vec<Tunnel>,
}

/// A command that is run beside a service.
#[derive(Clone, Debug)]
pub struct ProbeSpec {
    /// Program and arguments; the program is looked up on `PATH` of `env`.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
}

/// A way into a service from the host.
#[derive(Debug)]
pub struct Tunnel {
    /// What listens on the host.
    pub listener: std::net::TcpListener,
    /// The service's port to which connections are passed on.
    pub port: u16,
}

/// Called with the person's side of a pseudoterminal.
pub type AttachCall = Box<dyn FnOnce(OwnedFd) + Send>;

/// Called when a service can be used.
pub type ReadyCall = Box<dyn FnOnce() + Send>;

/// How a service is told to end.
#[derive(Clone, Debug, Default)]
pub struct ServiceStop {
    /// When it fires the service's command gets [`ServiceSpec::stop_signal`], and may take its time. How it ends then is its end like any other.
    pub ask: CancellationToken,
    /// When it fires the whole process tree is killed, and the result is [`BackendError::Cancelled`].
    pub kill: CancellationToken,
}

impl ServiceStop {
    /// Without being asked first.
    pub fn killing(kill: &CancellationToken) -> ServiceStop {
        ServiceStop { ask: CancellationToken::new(), kill: kill.clone() }
    }
}

/// How a service ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceEnd {
    /// By itself, or as it was asked to.
    Exited(Exit),
    /// It was killed: its command that tells whether it is ready did not succeed in time.
    CommandFailed {
        /// The end of what the command printed last.
        printed: Vec<u8>,
    },
    /// It was killed: nobody listened at a port in time.
    NobodyListens {
        /// The port.
        port: u16,
    },
}

/// What a command is given that nobody else may see. All of it is there while the command runs and is no part of what it leaves.
#[derive(Clone, Debug, Default)]
pub struct StepSecrets {
    /// Variables beside those of [`StepSpec::env`].
    pub env: BTreeMap<String, SecretBytes>,
    /// Files in memory, over whatever else is at their paths.
    pub files: Vec<SecretFile>,
    /// The socket of the user's SSH agent. The command reaches it at [`StepSecrets::SSH_AGENT`], for the two things that it takes to
    /// log in somewhere: which keys there are, and signatures.
    pub ssh_agent: Option<PathBuf>,
    /// What must not be in what the command leaves; where it is found is told by [`StepOutcome::leaks`].
    pub hidden: Vec<SecretBytes>,
    /// Absolute paths at or below which it may.
    pub may_stay_in: Vec<String>,
}

impl StepSecrets {
    /// Where a command finds the user's SSH agent.
    pub const SSH_AGENT: &str = "/run/pipe/ssh-agent.sock";
    /// The folder of Docker's configuration with a command's logins.
    pub const DOCKER_CONFIG: &str = "/run/pipe/docker";
}

/// A file in memory with a secret.
#[derive(Clone, Debug)]
pub struct SecretFile {
    /// Absolute, normalised.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// `user[:group]`, names are looked up in the root's own files; the command's user when `None`.
    pub owner: Option<String>,
    /// What is in it.
    pub content: SecretBytes,
}

/// What a root stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// Nothing.
    Scratch,
    /// The host's own tools, read-only.
    Toolchain,
}

/// Something shown at a path.
#[derive(Clone, Debug)]
pub struct MountSpec {
    /// Absolute, normalised.
    pub path: String,
    /// What is shown.
    pub source: MountSource,
}

/// What a mount shows.
#[derive(Clone, Debug)]
pub enum MountSource {
    /// A private writable view of a tree: layers, lowest first; none is an empty folder.
    Tree(Vec<LayerRef>),
    /// A private writable view of a file of a layer.
    File(FileRef),
    /// A cache volume, which the engine has locked for this step.
    Volume(VolumeSpec),
    /// An empty folder in memory.
    Tmpfs {
        /// The most bytes it holds; the kernel's own limit when `None`.
        size: Option<u64>,
    },
}

/// A cache volume for a step.
#[derive(Clone, Debug)]
pub struct VolumeSpec {
    /// Its folder, relative to the store. What is shown is `data` in it, made and given to the step's user when it is missing.
    pub folder: PathBuf,
    /// No other step uses it meanwhile. The backend sees to it that what remains of one that was killed is over.
    pub alone: bool,
    /// Files of layers that tools must take for newer than what the volume holds: before the step starts those that are older get
    /// these dates of last modification.
    pub touch: Vec<DatedFile>,
}

/// How a command ended and what it left.
#[derive(Debug)]
pub struct StepOutcome {
    /// How it ended.
    pub exit: Exit,
    /// What it changed in its root; `None` when nothing.
    pub root: Option<NewLayer>,
    /// What it changed in each mount, in order; a file mount's layer holds that file under the name `file`. `None` for what is no
    /// view of a tree or a file.
    pub mounts: Vec<Option<NewLayer>>,
    /// How long the command ran.
    pub elapsed: Duration,
    /// The most memory, in bytes, that one of its processes had at a time; 0 when that is little, or not known.
    pub peak: u64,
    /// Bytes of memory that each of its processes could have, where the kernel did not limit all of them together: then it does not tell
    /// that there was no more.
    pub memory_of_each: Option<u64>,
    /// Addresses that it tried to reach and may not, each once; the first few.
    pub refused: Vec<SocketAddr>,
    /// Why it had no network though it was to have one.
    pub offline: Option<String>,
    /// Absolute paths of sockets that it left. They are in none of the layers.
    pub sockets: Vec<PathBuf>,
    /// Where secrets are in what it left, each path once. When there are any, there are no layers: they are gone.
    pub leaks: Vec<Leak>,
}

/// A secret in what a command left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The absolute path, as the command saw it.
    pub path: PathBuf,
    /// Which secret: its place in [`StepSecrets::hidden`].
    pub secret: usize,
}

/// A layer that a step left, still without a name in the store.
#[derive(Debug)]
pub struct NewLayer {
    /// Its folder, relative to the store, to be adopted by `Store::record_layer`.
    pub staged: PathBuf,
    /// Its content, digested.
    pub scan: LayerScan,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With this code; 128 + n when a signal n killed it.
    Code(i32),
    /// Killed after its timeout.
    TimedOut,
    /// Killed for want of memory.
    OutOfMemory,
    /// The program was not found.
    ProgramMissing {
        /// As it was asked for.
        program: String,
    },
    /// The script's shell is not in the root.
    ShellMissing {
        /// Its path.
        shell: String,
    },
}

/// The backend could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The machine lacks something; says what, and what mends it.
    #[error("{what}")]
    Unsupported {
        /// What is missing, one line.
        what: String,
        /// What to do: a command, a setting.
        help: String,
    },
    /// The run was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The step asks for something that cannot be set up: a mount over a file, a user that does not exist.
    #[error("{0}")]
    Step(String),
    /// Something else failed.
    #[error("{0}")]
    Failed(String),
}
