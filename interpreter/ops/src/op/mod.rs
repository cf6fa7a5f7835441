//! Ops: what can be done. An op names its inputs by [`Output`]s of earlier nodes.

mod arg;
mod breakpoint;
mod effect;
mod exec;
mod mount;
mod query;
mod secret;
mod tree;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Assembly, Datum, Output};

pub use arg::*;
pub use breakpoint::*;
pub use effect::*;
pub use exec::*;
pub use mount::*;
pub use query::*;
pub use secret::*;
pub use tree::*;

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
    /// A place where a person looks around in a container: `terminal()`. It is never cached, and each run that comes to it stops there.
    /// Slots are those of [`Op::Exec`]: root and mounts as they were before, outputs and exit code of the command that ran last.
    Breakpoint(Box<Breakpoint>),
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
