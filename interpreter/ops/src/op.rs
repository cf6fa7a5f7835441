//! Ops: what can be done. An op names its inputs by [`Output`]s of earlier nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Assembly, Datum, Output};

/// An operation. All but [`Op::Exec`] are done by the engine itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// An empty tree; as a container's root: `scratch()`. Slot `Main`: a tree.
    Empty,
    /// The host's own tools, read-only: `host.toolchain()`. Slot `Main`: a tree that stands on the host's base.
    Toolchain,
    /// An image of a registry. Slot `Main`: its root file system; `Config`: its configuration, an
    /// [`ImageConfig`](crate::ImageConfig)'s value; `Digests`: which one it is, an [`ImageDigests`](crate::ImageDigests)' value.
    Image {
        /// What it is called, as users write it.
        reference: Arg,
        /// `os/arch[/variant]`.
        platform: String,
        /// A tag that was resolved longer ago than so many nanoseconds is resolved again, and not pinned.
        fresh: Option<i64>,
    },
    /// An image in a file: an OCI layout or what `docker save` writes, as a tar archive. Slots as those of [`Op::Image`].
    Archive {
        /// The file.
        file: Output,
        /// `os/arch[/variant]`.
        platform: String,
    },
    /// A file of a web server. Slot `Main`: a file.
    Http {
        /// Where it is.
        url: Arg,
        /// Its content's SHA-256, in hexadecimal; without one it is pinned when it is fetched.
        sha256: Option<Arg>,
        /// Secrets that the server is told, and it alone.
        headers: Vec<SecretHeader>,
    },
    /// The files of a commit of a git repository elsewhere. Slot `Main`: a tree.
    Checkout {
        /// The repository's address.
        url: Arg,
        /// Which commit: its whole name, or a branch or a tag, which is pinned when it is resolved.
        reference: Arg,
        /// With the files of its submodules; else they are empty folders.
        submodules: bool,
        /// How the server of the repository knows who asks.
        account: Option<Account>,
    },
    /// A folder of the host. Slot `Main`: a tree.
    HostDir(HostDir),
    /// A file of the host. Slot `Main`: a file.
    HostFile {
        /// The path, relative to the package, or absolute when it came from the command line.
        path: String,
    },
    /// A variable of the user's environment that the evaluator was not given: `host.env(name)` without its grant. One that was granted
    /// is plain data before there is a graph, so no engine ever does this one. Slot `Main`: an optional text.
    HostEnv {
        /// Its name.
        name: String,
    },
    /// A secret of the user's, by where it is, never its bytes. Slot `Main`: a secret.
    HostSecret {
        /// `env:NAME`, `file:PATH`; from the command line also `cmd:COMMAND`.
        source: String,
    },
    /// A secret that nobody chose: `secret.random()`. Slot `Main`: a secret, the same for this place and store.
    RandomSecret {
        /// Where in the program it is made.
        place: String,
    },
    /// A secret of a test, which has no value: what needs one fails. Slot `Main`: a secret.
    FakeSecret {
        /// What the test calls it.
        name: String,
    },
    /// Run a command in a container. Slots `Root`, `Mount(i)`: trees or files as they were left; `Stdout`, `Stderr`: texts;
    /// `ExitCode`: a number. Succeeds with whatever exit code; [`Op::Guard`] judges it.
    Exec(Box<Exec>),
    /// A process that commands talk to. Slot `Main`: a service, which is started when a command that is bound to it runs.
    Service(Box<Service>),
    /// Passes every slot of an exec through if its exit code is one of `success`, else fails.
    Guard {
        /// The exec's node, in slot `Main`'s stead: the slot is ignored.
        exec: Output,
        /// Exit codes that count as success, sorted.
        success: Vec<i32>,
    },
    /// A folder of a tree. Slot `Main`: a tree.
    Subdir {
        /// The tree.
        tree: Output,
        /// The path in it.
        path: Arg,
    },
    /// A file of a tree. Slot `Main`: a file.
    Subfile {
        /// The tree.
        tree: Output,
        /// The path in it.
        path: Arg,
    },
    /// A tree with another tree or a file put at a path. Slot `Main`: a tree.
    Copy(Box<Copy>),
    /// What of a folder is the context of a Dockerfile's build: what `.dockerignore` leaves. Slot `Main`: a tree.
    BuildContext {
        /// The folder.
        tree: Output,
        /// The Dockerfile's path in it: rules of its own beside it, `PATH.dockerignore`, come first.
        dockerfile: String,
    },
    /// A tree with files of others put at a path, by the rules of a Dockerfile's `COPY`. Slot `Main`: a tree.
    Gather(Box<Gather>),
    /// A tree with a text file written at a path. Slot `Main`: a tree.
    Write {
        /// The tree.
        into: Output,
        /// The path in it; missing folders are made.
        path: Arg,
        /// The content.
        text: Arg,
        /// Permission bits; 0o644 when none are given.
        mode: u32,
    },
    /// A tree without a path (a file, or a folder with all below it). A missing path is an error. Slot `Main`: a tree.
    Remove {
        /// The tree.
        from: Output,
        /// The path in it.
        path: Arg,
    },
    /// The text of a file; it must be UTF-8. Slot `Main`: a text.
    Contents {
        /// The file.
        file: Output,
    },
    /// The git repository that contains the package, seen as its folder: `workspace.git()`. Slot `Main`: the commit of `HEAD`, a text,
    /// or `none` before the first one.
    Repo {
        /// Whether what came before `HEAD` may be asked for.
        history: bool,
        /// Whether its tree has the files of submodules.
        submodules: bool,
    },
    /// Something about a git repository. Slot `Main`: a tree or a value.
    Git {
        /// The repository.
        repo: Output,
        /// What is asked.
        query: GitQuery,
    },
    /// Something about a tree or a file. Slot `Main`: a value.
    Inspect {
        /// The tree or file.
        of: Output,
        /// What is asked.
        what: Inspection,
    },
    /// What a tree has changed or added, seen from another one. Slot `Main`: a tree.
    Difference {
        /// The tree it is seen from.
        from: Output,
        /// The tree whose changes are kept.
        to: Output,
    },
    /// A tree written down in one file. Slot `Main`: a file.
    Pack {
        /// The tree.
        tree: Output,
        /// How.
        form: PackForm,
    },
    /// What an archive holds. Slot `Main`: a tree.
    Unpack {
        /// The archive.
        file: Output,
        /// It is the root of a container: its links may be absolute.
        root: bool,
    },
    /// A container as an image: its layers, configuration and manifest, in the store. Slot `Main`: an
    /// [`ImageDigests`](crate::ImageDigests)' value.
    Assemble(Box<Assembly>),
    /// One image for several platforms. Slot `Main`: an [`ImageDigests`](crate::ImageDigests)' value.
    Index {
        /// The images, each an [`ImageDigests`](crate::ImageDigests)' value.
        images: Vec<Output>,
    },
    /// An image in one file, which is an OCI layout and what `docker load` reads. Slot `Main`: a file.
    Tarball {
        /// The image: an [`ImageDigests`](crate::ImageDigests)' value.
        image: Output,
    },
    /// A pure function of values of which some are known only when earlier nodes have run. Slot `Main`: a value.
    Apply {
        /// The function, by name in [`crate::pure`]'s table: `String.trim`, `equal`, `concat`.
        function: Arc<str>,
        /// Its arguments.
        args: Vec<Arg>,
    },
    /// Something that is done to the world. It is never cached and done once in a session, when everything in `after` succeeded.
    /// Slots: those of [`Op::Exec`] for [`Act::Perform`], which fails with another exit code than 0; `Main`, a text, the reference with
    /// the digest, for [`Act::Push`] and [`Act::Attach`], and the reference for [`Act::Load`]; else `Main`: `()`.
    Effect(Box<Effect>),
    /// Whether other nodes came to a good end: it waits for `of`, whatever becomes of them, and fails only if one of `start` does. Slot `Main`: a
    /// truth value.
    Settled {
        /// What has to succeed before `of` begins.
        start: Vec<Output>,
        /// What is waited for.
        of: Vec<Output>,
        /// A failure among them is no failure of the run.
        forgives: bool,
    },
    /// A result, once others have come to a good end: it waits for them and fails with them. Slot `Main`: what `of` is.
    After {
        /// The result.
        of: Output,
        /// What has to succeed before.
        after: Vec<Output>,
    },
    /// That all of these come to a good end. When one fails, what nothing else needs of the others is given up. Slot `Main`: `()`.
    Together {
        /// What has to succeed.
        of: Vec<Output>,
    },
    /// The beginning of one of several courses of effects side by side. Slot `Main`: `()`.
    Lane {
        /// What has to succeed before.
        after: Vec<Output>,
        /// Tells it apart from the others.
        index: u32,
    },
    /// An operation that the language declares and this engine does not have yet. Planning refuses a graph that needs it and names it.
    Declared {
        /// The operation, as users write it: `image`, `secret_env`.
        operation: Arc<str>,
        /// What it stands on.
        inputs: Vec<Output>,
        /// Its other arguments.
        args: Vec<Datum>,
    },
}

/// What can be asked of a git repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GitQuery {
    /// The package's folder in `HEAD`: a tree. Submodules are empty folders.
    Tree,
    /// The same with the files of submodules: a tree.
    TreeWithSubmodules,
    /// The commit of `HEAD`: a text.
    Commit,
    /// The branch, unless `HEAD` is detached: an optional text.
    Branch,
    /// The tags on `HEAD`: a sorted list of texts.
    Tags,
    /// What `git describe` says: a text.
    Describe,
    /// Whether files differ from `HEAD`.
    Dirty,
    /// When `HEAD` was committed, in seconds since 1970.
    Time,
    /// The commit where two parted: a text.
    MergeBase(Arg, Arg),
    /// The paths that differ between two: a sorted list of texts.
    Diff(Arg, Arg),
    /// Commits from `HEAD` on, newest first: a list of records.
    Log {
        /// How many at most.
        limit: Arg,
        /// The name of the record, with the fields `id`, `subject`, `author` and `time`.
        record: Arc<str>,
    },
}

/// What can be asked of a tree or a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Inspection {
    /// The paths directly in a tree: a sorted list of texts.
    Entries,
    /// The paths in a tree that match a glob: a sorted list of texts.
    Glob(Arg),
    /// The SHA-256 digest of the content of either, in hexadecimal.
    Digest,
    /// The size of a file.
    Size,
}

/// How a tree is written down in one file. The same tree gives the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PackForm {
    /// A tar archive.
    Tar,
    /// A zip archive.
    Zip,
    /// The SHA-256 checksums of all files, as `sha256sum` writes and reads them.
    Checksums,
}

/// Something that is done to the world, in its place among others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// What people call it.
    pub name: Arc<str>,
    /// What is done.
    pub act: Act,
    /// What has to succeed before: earlier effects, checks that gate it.
    pub after: Vec<Output>,
    /// It is done also when the run is stopped, if what it comes after had begun.
    pub cleanup: bool,
}

/// What is done to the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Run a command that changes the world.
    Perform(Exec),
    /// Write a folder or a file to the host.
    Export {
        /// What is written.
        source: Output,
        /// It is a file rather than a folder.
        is_file: bool,
        /// Where: a path relative to the package.
        path: String,
    },
    /// Wait for so long: a duration.
    Sleep(Arg),
    /// Ask a person, and go on only with a yes: a text.
    Approve(Arg),
    /// Tell a person: a text.
    Notify(Arg),
    /// Run a service until it is stopped, with ports of this machine's loopback that lead to it.
    Up {
        /// The service.
        service: Output,
        /// Ports of this machine, and the service's; the service's own ports when there are none.
        ports: Vec<(u16, u16)>,
    },
    /// Send an image to a registry.
    Push {
        /// The image: an [`ImageDigests`](crate::ImageDigests)' value.
        image: Output,
        /// What it is to be called there: a text.
        reference: Arg,
        /// How the registry knows who sends it; what Docker's configuration holds when `None`.
        auth: Option<Account>,
    },
    /// Put an image into the container engine of this machine.
    Load {
        /// The image: an [`ImageDigests`](crate::ImageDigests)' value.
        image: Output,
        /// What it is to be called there: a text.
        reference: Arg,
    },
    /// Attach a file to an image that is in a registry.
    Attach {
        /// The image's reference: a text.
        image: Arg,
        /// The media type of what is attached: a text.
        media_type: Arg,
        /// The file.
        file: Output,
    },
}

/// A user of a registry or another server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The user's name: a text.
    pub username: Arg,
    /// The password: a secret.
    pub password: Output,
}

/// A secret that a web server is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretHeader {
    /// The header's name.
    pub name: String,
    /// What stands before the secret in it: `Bearer `.
    pub prefix: String,
    /// The secret.
    pub secret: Output,
}

/// A folder of the host, with what counts in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HostDir {
    /// The path, relative to the package, or absolute when it came from the command line.
    pub path: String,
    /// Globs of what counts; empty for everything.
    pub include: Vec<String>,
    /// Globs of what does not.
    pub exclude: Vec<String>,
}

/// A command in a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// The root file system.
    pub root: Output,
    /// What is shown at paths of it, in the order it was mounted.
    pub mounts: Vec<Mount>,
    /// Program and arguments: texts, or lists of texts that are flattened.
    pub argv: Vec<Arg>,
    /// The configuration of the image that the root began as, if it was one: what is not said here is as it says.
    pub image: Option<Output>,
    /// The environment: the whole of it, or what is set over the image's.
    pub env: BTreeMap<String, Arg>,
    /// Variables of the image that were taken away, sorted.
    pub unset_env: Vec<String>,
    /// Names in `env`, sorted, whose values are no part of the step's key.
    pub volatile_env: Vec<String>,
    /// The working folder. One that is not absolute is seen from the image's own.
    pub workdir: String,
    /// `user[:group]`, by name or number; the image's own when `None`.
    pub user: Option<String>,
    /// `os/arch[/variant]`.
    pub platform: String,
    /// Which network the step gets.
    pub network: Network,
    /// What the step reads on standard input; nothing when `None`.
    pub stdin: Option<Arg>,
    /// Services that it reaches, in the order they were bound.
    pub services: Vec<Binding>,
    /// Secrets that it is given, in order.
    pub secrets: Vec<SecretUse>,
    /// Whether it reaches the user's SSH agent.
    pub ssh_agent: bool,
    /// Absolute paths, normalised, at or below which its secrets may stay in what it leaves. Such a result never leaves this machine.
    pub allow_secret_in: Vec<String>,
    /// Whether it has every capability inside its namespaces, and may make further ones.
    pub privileged: bool,
}

/// A service that a command reaches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Binding {
    /// The host name that leads to it.
    pub alias: String,
    /// The [`Op::Service`].
    pub service: Output,
    /// Its ports are on the command's own loopback, too.
    pub localhost: bool,
}

/// A command that is run in a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Program and arguments: texts, or lists of texts that are flattened.
    pub argv: Vec<Arg>,
    /// What is set over the service's own environment.
    pub env: BTreeMap<String, Arg>,
}

/// A process that commands talk to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// What is run. It reads nothing.
    pub exec: Exec,
    /// A command that is run beside it until it succeeds: then it can be used.
    pub ready: Option<Probe>,
    /// TCP ports that it listens on, in order. Without `ready` it can be used when somebody listens at all of them.
    pub ports: Vec<u16>,
    /// One instance for everybody; else each command that is bound to it has one of its own.
    pub shared: bool,
}

/// A secret that a command is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretUse {
    /// The secret.
    pub secret: Output,
    /// How it is given.
    pub given: SecretGiven,
    /// It counts by what the command has it as, and not by its value: another value gives the same result.
    pub by_name: bool,
}

/// How a command is given a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretGiven {
    /// In a variable of its environment.
    Env(String),
    /// In a file in memory.
    File {
        /// The absolute path, normalised.
        path: String,
        /// Permission bits.
        mode: u32,
        /// `user[:group]`, by name or number; the command's own user when `None`.
        owner: Option<String>,
    },
    /// As the password for a registry, in a configuration of Docker.
    Login {
        /// The registry.
        registry: String,
        /// The user's name there.
        username: Arg,
    },
}

/// Permission bits of a file with a secret when none are given.
pub const SECRET_MODE: u32 = 0o400;

/// Something shown at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// The absolute path, normalised.
    pub path: String,
    /// What is shown.
    pub shown: Mounted,
}

/// What a mount shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mounted {
    /// A tree: a private writable view, left as `Slot::Mount`.
    Tree(Output),
    /// A file, likewise.
    File(Output),
    /// A folder that outlives the run. What is in it is no input and no result.
    Cache(CacheVolume),
    /// An empty folder in memory, gone with the step.
    Tmpfs {
        /// The most bytes it holds; the kernel's own limit (half of memory) when `None`.
        size: Option<u64>,
    },
}

/// A cache volume, as a step asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CacheVolume {
    /// Its name. Volumes of one name in different packages are different ones.
    pub name: String,
    /// The packages that name the same group have the same volumes; without one they are the package's own.
    pub group: Option<String>,
    /// How steps share it.
    pub sharing: Sharing,
}

/// How steps share a cache volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sharing {
    /// Any number at once.
    Shared,
    /// One after the other.
    Locked,
    /// A copy each, for as long as they run.
    Private,
}

impl Mounted {
    /// The tree or file that it is a view of.
    pub fn source(&self) -> Option<Output> {
        match self {
            Mounted::Tree(source) | Mounted::File(source) => Some(*source),
            Mounted::Cache(_) | Mounted::Tmpfs { .. } => None,
        }
    }
}

/// Put a tree or a file at a path of another tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    /// The tree that is changed.
    pub into: Output,
    /// Where; missing folders are made.
    pub path: Arg,
    /// What is put there. A tree is merged into a folder that exists; a file replaces a file.
    pub source: Output,
    /// `source` is a file rather than a tree.
    pub is_file: bool,
    /// `user[:group]` by number for everything copied; 0:0 when `None`.
    pub owner: Option<String>,
    /// Permission bits for every file copied; as they are when `None`.
    pub mode: Option<u32>,
    /// Globs of what counts; empty for everything.
    pub include: Vec<String>,
    /// Globs of what does not.
    pub exclude: Vec<String>,
}

/// Put what patterns find at a path of another tree. Of a folder it is what is in it that is put there; a file is put into a folder, or is
/// what stands at the path. A path that is not there is an error; a pattern that finds nothing is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gather {
    /// The tree that is changed.
    pub into: Output,
    /// Where, absolute; missing folders are made.
    pub path: Arg,
    /// The path is a folder, whether it exists or not.
    pub folder: bool,
    /// What is put there, in order.
    pub sources: Vec<GatherSource>,
    /// `user[:group]` for everything copied and made, by number, or by name as `into` has them in `/etc`; nobody's choice when it is empty.
    pub owner: Option<Arg>,
    /// Permission bits for everything copied; as they are when `None`.
    pub mode: Option<u32>,
    /// Patterns of what in the sources does not count, by the rules of `.dockerignore`.
    pub exclude: Vec<String>,
    /// What is found keeps the folders it is in, below the last `/./` of its pattern.
    pub parents: bool,
}

/// What is looked for in a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatherSource {
    /// The tree.
    pub tree: Output,
    /// A path, perhaps with wildcards.
    pub pattern: Arg,
}

/// The network a step gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Network {
    /// Its own loopback and nothing else.
    Off,
    /// Outbound connections to public addresses.
    Outbound,
    /// The host's own.
    Host,
}

/// A value that is known, or an edge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Arg {
    /// Known.
    Const(Datum),
    /// Known when that node has run.
    Output(Output),
}

impl Arg {
    /// A known text.
    pub fn text(text: impl Into<Arc<str>>) -> Arg {
        Arg::Const(Datum::text(text))
    }

    /// The output that gives it, when it is not known.
    pub fn output(&self) -> Option<Output> {
        match self {
            Arg::Output(output) => Some(*output),
            Arg::Const(_) => None,
        }
    }
}
