//! Why something could not be had: of a node while running, and of a whole run before it began.

use std::sync::Arc;

use pipe_ops::{NodeId, Origin, StepKey};
use pipe_store::StoreError;

use crate::{BackendError, MissingGrant};

/// Whose fault a failure is: what the command line makes its exit code from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureClass {
    /// Nobody's: an action waits for a person.
    Approval,
    /// The pipeline's: a command failed, a file is missing in a tree.
    Pipeline,
    /// The caller's: a host path that does not exist, a grant that was refused.
    Usage,
    /// The engine's or the machine's.
    Machine,
}

/// A node failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The node.
    pub node: NodeId,
    /// What people call it.
    pub name: Arc<str>,
    /// Where it was made; empty for a graph that no source stands behind.
    pub origins: Vec<Origin>,
    /// Whose fault it is.
    pub class: FailureClass,
    /// What happened, one line, redacted.
    pub reason: String,
    /// What to do, where that is known.
    pub help: Option<String>,
    /// The exit code, when a command ended; 127 when its program is missing.
    pub exit_code: Option<i32>,
    /// The end of what it printed, redacted: at most [`crate::TAIL_LINES`] lines.
    pub log_tail: Vec<u8>,
    /// The step's key, when it came so far.
    pub key: Option<StepKey>,
}

/// What a node's own code knows of its failure; [`Failure`] adds which node it is.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) class: FailureClass,
    pub(crate) reason: String,
    pub(crate) help: Option<String>,
    pub(crate) exit_code: Option<i32>,
    pub(crate) log_tail: Vec<u8>,
}

impl Cause {
    pub(crate) fn new(class: FailureClass, reason: impl Into<String>) -> Cause {
        Cause { class, reason: reason.into(), help: None, exit_code: None, log_tail: Vec::new() }
    }

    pub(crate) fn approval(reason: impl Into<String>) -> Cause {
        Cause::new(FailureClass::Approval, reason)
    }

    pub(crate) fn pipeline(reason: impl Into<String>) -> Cause {
        Cause::new(FailureClass::Pipeline, reason)
    }

    pub(crate) fn usage(reason: impl Into<String>) -> Cause {
        Cause::new(FailureClass::Usage, reason)
    }

    pub(crate) fn machine(reason: impl Into<String>) -> Cause {
        Cause::new(FailureClass::Machine, reason)
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Cause {
        self.help = Some(help.into());
        self
    }
}

/// An operation that is declared and that this engine, or its session, does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The node that asks for it.
    pub node: NodeId,
    /// What it asks for, as users write it: `image`, `network: Outbound`.
    pub operation: Arc<str>,
    /// Where it was made.
    pub origins: Vec<Origin>,
}

/// A tag that `pipe.lock` does not pin, where only pins are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpinned {
    /// The tag in full: `docker.io/library/alpine:3.20`.
    pub name: String,
    /// Where the image is named.
    pub origins: Vec<Origin>,
}

/// A graph cannot be planned or run at all. Nothing has run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It needs operations that are not there yet.
    #[error("not available in this version: {}", operations(.0))]
    Unsupported(Vec<Unsupported>),
    /// It reads the host where it may not.
    #[error("{}", missing(.0))]
    Refused(Vec<MissingGrant>),
    /// It has images that the lock does not pin, and nothing else may be taken.
    #[error("not pinned in pipe.lock: {}", names(.0))]
    Unpinned(Vec<Unpinned>),
    /// The graph is not well formed: an output that its node does not have.
    #[error("the graph is not well formed: {0}")]
    Graph(String),
    /// The run that is to go on is not there, or cannot.
    #[error("{0}")]
    Resume(String),
    /// The package's folder cannot be read.
    #[error("cannot read the package folder {path}: {error}")]
    Package {
        /// The folder.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The engine itself failed.
    #[error("the engine failed: {0}; please report this")]
    Internal(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl EngineError {
    /// Whose fault it is.
    pub fn class(&self) -> FailureClass {
        match self {
            EngineError::Refused(_)
            | EngineError::Unpinned(_)
            | EngineError::Resume(_)
            | EngineError::Package { .. } => FailureClass::Usage,
            EngineError::Unsupported(_)
            | EngineError::Graph(_)
            | EngineError::Internal(_)
            | EngineError::Store(_)
            | EngineError::Backend(_) => FailureClass::Machine,
        }
    }
}

fn operations(all: &[Unsupported]) -> String {
    let mut names: Vec<String> = all.iter().map(|one| format!("`{}`", one.operation)).collect();
    names.sort();
    names.dedup();
    names.join(", ")
}

fn names(all: &[Unpinned]) -> String {
    let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    names.join(", ")
}

fn missing(all: &[MissingGrant]) -> String {
    let mut lines: Vec<String> = all.iter().map(ToString::to_string).collect();
    lines.dedup();
    lines.join("; ")
}

impl From<StoreError> for Cause {
    /// What a path of a tree or a glob is wrong about is the pipeline's fault, everything else the machine's.
    fn from(error: StoreError) -> Cause {
        match error {
            StoreError::Path(_) | StoreError::Glob { .. } | StoreError::Scan(_) => {
                Cause::pipeline(error.to_string())
            }
            other => Cause::machine(other.to_string()),
        }
    }
}

impl From<BackendError> for Cause {
    fn from(error: BackendError) -> Cause {
        match error {
            BackendError::Unsupported { what, help } => Cause::machine(what).help(help),
            BackendError::Step(reason) => Cause::pipeline(reason),
            BackendError::Cancelled => Cause::machine("cancelled"),
            BackendError::Failed(reason) => Cause::machine(reason),
        }
    }
}
