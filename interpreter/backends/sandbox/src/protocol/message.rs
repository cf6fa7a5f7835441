//! The messages.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use pipe_ops::Limits;
use pipe_store::{FolderEntry, LayerPlan, LayerScan};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::foreign::{Format, Unregistered};
use crate::ids::IdCount;

/// From `pipe` to the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// The namespace's ids are mapped: go on. Answered by [`Reply::Ready`].
    Begin(Begin),
    /// Run a step. Comes with descriptors for standard output, standard error, with `stdin` standard input, its control groups, the ways into
    /// services of another supervisor, and a listening socket for each of a service's tunnels.
    Run { id: RequestId, step: Box<Step> },
    /// Ask a service to end by itself, by its signal; its [`Reply::Ended`] says how it did. One that is over is passed over.
    AskToEnd { id: RequestId },
    /// Kill a step; its [`Reply::Ended`] says that it was cancelled. A step that is over is passed over.
    Kill { id: RequestId },
    /// Let a step of another supervisor into a running service, over the socket that comes with the message, as long as that is open.
    Lend { number: u64 },
    /// There will be no other request: end when the connection does, and leave the runs' folders to `pipe`.
    End,
    /// Do something with files of the store.
    Files { id: RequestId, task: FileTask },
}

/// What only the owner of the steps' ids may do with files. Paths are relative to the store's folder; bytes, for names need not be
/// UTF-8.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FileTask {
    /// Open a file for reading. The reply comes with its descriptor.
    Open(Vec<u8>),
    /// Digest a layer.
    Scan(Vec<u8>),
    /// List what is in a folder.
    List(Vec<u8>),
    /// Make a layer.
    Build { staged: Vec<u8>, plan: Box<LayerPlan> },
    /// Move a folder.
    Rename { from: Vec<u8>, to: Vec<u8> },
    /// Remove a folder with all that is in it.
    Remove(Vec<u8>),
    /// Count the bytes that a folder takes on the disk.
    Usage(Vec<u8>),
}

/// Which request a reply belongs to.
pub(crate) type RequestId = u64;

/// What the supervisor must know before its first step.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Begin {
    /// How many ids are mapped.
    pub(crate) ids: IdCount,
    /// Open files, soft and hard limit, that a step gets.
    pub(crate) open_files: (u64, u64),
    /// A step with a way to public addresses will probably come.
    pub(crate) outbound: bool,
    /// Formats of other processors' programs that the kernel has to be told of.
    pub(crate) formats: Vec<Format>,
}

/// What steps have that may come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Readiness {
    /// The formats that the kernel does not know, or why it knows none.
    pub(crate) formats: Result<Vec<Unregistered>, String>,
}

/// From the supervisor to `pipe`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// The first message: whether the user namespace could be made.
    Namespace(Result<(), SetupFailure>),
    /// Steps may come.
    Ready(Result<Readiness, SetupFailure>),
    /// A service can be used; [`Reply::Ended`] comes when it is over.
    Serving { id: RequestId },
    /// A step is over.
    Ended { id: RequestId, result: Result<Report, StepFailure> },
    /// A task with files is over.
    Files { id: RequestId, result: Result<FileResult, FileFailure> },
    /// The last message: every step is gone, and so are their folders.
    Over,
}

impl Reply {
    /// The message's name, for errors that say which one was expected.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Reply::Namespace(_) => "Namespace",
            Reply::Ready(_) => "Ready",
            Reply::Serving { .. } => "Serving",
            Reply::Ended { .. } => "Ended",
            Reply::Files { .. } => "Files",
            Reply::Over => "Over",
        }
    }

    /// The request it answers; none for those of the beginning and the end.
    pub(crate) fn id(&self) -> Option<RequestId> {
        match self {
            Reply::Namespace(_) | Reply::Ready(_) | Reply::Over => None,
            Reply::Serving { id } | Reply::Ended { id, .. } | Reply::Files { id, .. } => Some(*id),
        }
    }
}

impl Request {
    /// Whether answering takes more than a moment.
    pub(crate) fn takes_long(&self) -> bool {
        matches!(self, Request::Run { .. } | Request::Files { .. })
    }

    /// The message's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Request::Begin(_) => "Begin",
            Request::Run { .. } => "Run",
            Request::AskToEnd { .. } => "AskToEnd",
            Request::Kill { .. } => "Kill",
            Request::Lend { .. } => "Lend",
            Request::End => "End",
            Request::Files { .. } => "Files",
        }
    }
}

/// What could not be set up, and with which error number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SetupFailure {
    /// In the middle of "cannot …".
    pub(crate) what: String,
    pub(crate) errno: i32,
}

/// A step.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    /// The run's folder, relative to the store.
    pub(crate) work: Vec<u8>,
    pub(crate) toolchain: bool,
    /// Lowest first.
    pub(crate) root: Vec<Folder>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) argv: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) workdir: String,
    pub(crate) user: Option<String>,
    pub(crate) network: StepNetwork,
    /// Certificates of authorities, in PEM, that its programs are to trust beside those that they know.
    pub(crate) certificates: Option<Vec<u8>>,
    pub(crate) timeout: Option<Duration>,
    /// Whether a descriptor for standard input comes with the message.
    pub(crate) stdin: bool,
    /// How many descriptors of control groups come with it.
    pub(crate) groups: usize,
    /// Limits that no control group keeps.
    pub(crate) limits: Limits,
    /// Running services that it reaches.
    pub(crate) services: Vec<BoundService>,
    /// How many of them, from the first on, another supervisor runs: so many descriptors come with it.
    pub(crate) lent: usize,
    /// It is a service: it runs until it is killed or dies, and nothing of what it leaves is kept.
    pub(crate) serving: Option<Serving>,
    pub(crate) secrets: Secrets,
    /// It has every capability inside its namespaces, and may make further ones.
    pub(crate) privileged: bool,
    /// What it left is reported also when its time was over.
    pub(crate) keeps_when_killed: bool,
    /// It is run for a person: its standard input is a socket on which it gives the person's side of its terminal, and is told to begin
    /// by a byte. Nothing of what it leaves is kept.
    pub(crate) person: Option<Person>,
}

/// What is run for a person.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    /// The first of them that the root has is run in the stead of the step's command; with none it is that.
    pub(crate) programs: Vec<String>,
}

/// A running service, as a step reaches it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BoundService {
    /// The name that it has for the step.
    pub(crate) alias: String,
    /// Which one, as [`Serving::number`] has it.
    pub(crate) number: u64,
    /// Ports at which it is offered on the step's own loopback, too.
    pub(crate) localhost: Vec<u16>,
}

/// A command that is run beside a service.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Probe {
    pub(crate) argv: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
}

/// What makes a step a service.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Serving {
    /// Names it to the steps that use it; no two services of a supervisor have the same.
    pub(crate) number: u64,
    /// A command that is run in it until it succeeds; only then the service can be used.
    pub(crate) ready: Option<Probe>,
    /// Without such a command: ports at which somebody has to listen.
    pub(crate) ports: Vec<u16>,
    /// So long it may take.
    pub(crate) patience: Duration,
    /// What its command gets when it is asked to end.
    pub(crate) stop_signal: u8,
    /// Its ports to which the sockets that come with the message lead, in order.
    pub(crate) tunnels: Vec<u16>,
}

/// What a step is given that nobody else may see.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// Variables beside the others.
    pub(crate) env: Vec<(String, Confidential)>,
    pub(crate) files: Vec<SecretFile>,
    /// Whether a descriptor that is connected to an SSH agent comes with the message, the last one.
    pub(crate) ssh_agent: bool,
    /// What must not be in what the step leaves.
    pub(crate) hidden: Vec<Confidential>,
    /// Absolute paths at or below which it may.
    pub(crate) may_stay_in: Vec<String>,
}

/// A file in memory.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SecretFile {
    pub(crate) path: String,
    pub(crate) mode: u32,
    /// `user[:group]`; the step's own when `None`.
    pub(crate) owner: Option<String>,
    pub(crate) content: Confidential,
}

/// Bytes that are not shown, and wiped when they are dropped.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Confidential(pub(crate) Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Confidential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl AsRef<[u8]> for Confidential {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A step's network.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum StepNetwork {
    Off,
    Outbound(Egress),
    Host,
}

/// What a step may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Egress {
    /// Public addresses, and the host's resolvers.
    pub(crate) public: bool,
    /// Beside those.
    pub(crate) allowed: Vec<Reach>,
    pub(crate) names: Vec<(String, IpAddr)>,
}

/// Addresses that begin with the same bits, at one port or all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reach {
    pub(crate) network: IpAddr,
    pub(crate) prefix: u8,
    pub(crate) port: Option<u16>,
}

/// A folder of a layer, or a file: `layers/<layer>/<path>`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Folder {
    pub(crate) layer: String,
    /// Bytes, for names need not be UTF-8.
    pub(crate) path: Vec<u8>,
}

/// Something shown at a path.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Mount {
    pub(crate) path: String,
    pub(crate) source: MountedTree,
}

/// What a mount shows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum MountedTree {
    /// Layers, lowest first.
    Folders(Vec<Folder>),
    /// A file; the folder's `path` names it.
    File(Folder),
    /// A cache volume.
    Volume(Volume),
    /// An empty folder in memory, of so many bytes at most.
    Tmpfs { size: Option<u64> },
}

/// A cache volume.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Volume {
    /// Relative to the store.
    pub(crate) folder: Vec<u8>,
    /// Not to be shared with other steps.
    pub(crate) alone: bool,
    /// Files of layers that must not seem older than this.
    pub(crate) touch: Vec<Dated>,
}

/// A file of a layer, and the earliest date of last modification that it may have.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Dated {
    pub(crate) file: Folder,
    pub(crate) date: SystemTime,
}

/// How a step ended and what it left.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) ending: Ending,
    pub(crate) root: Option<StagedLayer>,
    pub(crate) mounts: Vec<Option<StagedLayer>>,
    pub(crate) elapsed: Duration,
    /// The most memory, in bytes, that one of its processes had; 0 when that is little.
    pub(crate) peak: u64,
    /// Addresses that it tried to reach and may not.
    pub(crate) refused: Vec<SocketAddr>,
    /// Why it had no network though it was to have one.
    pub(crate) offline: Option<String>,
    /// Absolute paths of sockets that it left. They are in none of the layers.
    pub(crate) sockets: Vec<Vec<u8>>,
    /// Where secrets are in what it left. With any, there are no layers.
    pub(crate) leaks: Vec<Leak>,
}

/// A secret in what a step left.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leak {
    /// Absolute, as the step saw it.
    pub(crate) path: Vec<u8>,
    /// Its place among the hidden ones.
    pub(crate) secret: usize,
}

impl Report {
    /// Of a step that left nothing.
    pub(crate) fn of(ending: Ending, elapsed: Duration) -> Report {
        Report {
            ending,
            root: None,
            mounts: Vec::new(),
            elapsed,
            peak: 0,
            refused: Vec::new(),
            offline: None,
            sockets: Vec::new(),
            leaks: Vec::new(),
        }
    }
}

/// How a command ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ending {
    Code(i32),
    TimedOut,
    /// No program of that name on `PATH`, or at that path.
    Missing,
    /// A service that could not be used in time: what it was asked last said.
    NotReady(NotReady),
}

/// What was waited for in vain.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum NotReady {
    /// The command that tells whether it is ready: what it printed last.
    Command(Vec<u8>),
    /// Somebody at this port.
    Port(u16),
}

/// A folder of changes, where the store can take it from.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StagedLayer {
    /// Relative to the store.
    pub(crate) path: String,
    pub(crate) scan: LayerScan,
}

/// Why a step gave no result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum StepFailure {
    /// It was killed because [`Request::Kill`] asked for it.
    Cancelled,
    /// It asks for something that cannot be.
    Step(String),
    /// The machine did not do what it should.
    Machine(String),
}

/// What a task with files gave.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FileResult {
    /// It is done; an opened file comes as a descriptor.
    Done,
    /// A layer's content.
    Scan(LayerScan),
    /// What is in a folder.
    List(Vec<FolderEntry>),
    /// Bytes.
    Bytes(u64),
}

/// Why a task with files failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileFailure {
    /// The error number, when a system call failed.
    pub(crate) errno: Option<i32>,
    pub(crate) message: String,
}
