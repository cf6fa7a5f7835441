//! The person at a terminal, who can be given a shell.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use async_trait::async_trait;
use pipe_ops::Origin;

/// Where a person may be.
#[async_trait]
pub trait Console: Send + Sync + std::fmt::Debug {
    /// Whether somebody is there.
    fn is_there(&self) -> bool;

    /// What programs on the terminal have to know of it: variables that a step gets where the pipeline does not set them.
    fn variables(&self) -> Vec<(String, String)>;

    /// Waits until nobody else speaks with the person, and tells them why it is their turn. All else that would be shown is held back
    /// until what this gives is dropped.
    async fn turn(&self, why: Visit) -> Arc<dyn Turn>;
}

/// A person's turn. Dropped, the terminal is as it was before.
pub trait Turn: Send + Sync {
    /// The person's side of the pseudoterminal of a program that is about to start: what they type goes there, and what comes from there
    /// is shown, until it ends. The window's size is set when this returns.
    fn attach(&self, terminal: OwnedFd);
}

/// Why a person is asked in.
#[derive(Clone, Debug)]
pub struct Visit {
    /// What people call the step, redacted.
    pub name: Arc<str>,
    /// Where it was made.
    pub origin: Option<Origin>,
    /// It is a step that failed, rather than a breakpoint.
    pub failed: Option<Failed>,
}

/// What a person is told of a step that failed.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Why, one line, redacted.
    pub reason: String,
    /// The end of what it printed, redacted.
    pub log_tail: Vec<u8>,
}

/// Nobody is there.
#[derive(Debug)]
pub(crate) struct Nowhere;

#[async_trait]
impl Console for Nowhere {
    fn is_there(&self) -> bool {
        false
    }

    fn variables(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    async fn turn(&self, _: Visit) -> Arc<dyn Turn> {
        Arc::new(Nowhere)
    }
}

impl Turn for Nowhere {
    fn attach(&self, _: OwnedFd) {}
}
