//! Checks: steps whose success is asked for.

use std::sync::Arc;

use pipe_ops::{NodeId, Output};

use super::ContainerValue;
use crate::rounds::Waiting;

/// A check.
#[derive(Clone, Debug)]
pub struct CheckValue {
    /// What people call it.
    pub name: Arc<str>,
    /// What it is made of.
    pub kind: CheckKind,
    /// Operations on it that are declared and not there yet.
    pub declared: Vec<Output>,
    /// Its failure is a warning.
    pub lenient: bool,
    pub(crate) depth: u32,
    pub(crate) waits: bool,
}

impl CheckValue {
    /// A check that is known only in a later round.
    pub(crate) fn waiting(waiting: &Arc<Waiting>) -> CheckValue {
        let kind = CheckKind::Waiting(waiting.clone());
        CheckValue { name: "".into(), kind, declared: Vec::new(), lenient: false, depth: 1, waits: true }
    }
}

/// Kinds of checks.
#[derive(Clone, Debug)]
pub enum CheckKind {
    /// A command.
    Exec {
        /// Its judgement.
        judged: Judged,
        /// The command has to wait for other checks.
        gated: bool,
        /// The container as the command left it, whatever its exit code.
        container: Arc<ContainerValue>,
        /// Globs of what is written also when it failed.
        keep: Vec<Arc<str>>,
        /// Globs of the test reports that it leaves.
        reports: Vec<Arc<str>>,
    },
    /// Something can be built.
    Built {
        /// What must be there.
        outputs: Vec<Output>,
        /// The container, when it is one.
        container: Option<Arc<ContainerValue>>,
    },
    /// A command of a fake container, which runs nothing.
    Fake {
        /// Whether it succeeds.
        passed: bool,
        /// The container, with what is said of the command.
        container: Arc<ContainerValue>,
    },
    /// Which it is, is known only in a later round.
    Waiting(Arc<Waiting>),
    /// Several.
    All {
        /// Its parts in order.
        parts: Vec<Arc<CheckValue>>,
        /// When one fails, the others are given up.
        fail_fast: bool,
    },
}

/// How a command's exit code is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The command.
    pub exec: NodeId,
    /// Fails when the command did not succeed.
    pub guard: NodeId,
    /// Exit codes that are success; `None` when every one is.
    pub success: Option<Vec<i32>>,
}
