//! The steps that run now, and killing them.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Signal, pidfd_send_signal};

use crate::protocol::RequestId;

/// All running steps.
#[derive(Default)]
pub(super) struct Running {
    steps: Mutex<HashMap<RequestId, Entry>>,
}

#[derive(Default)]
struct Entry {
    process: Option<Arc<OwnedFd>>,
    asked: bool,
    killed: bool,
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Entry>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A step was asked for; it can be killed from now on, even before it has a process.
    pub(super) fn announce(&self, id: RequestId) {
        self.lock().insert(id, Entry::default());
    }

    /// It has a process. One that was asked to end or killed before it had one is so now.
    pub(super) fn started(&self, id: RequestId, process: &Arc<OwnedFd>) {
        let mut steps = self.lock();
        let entry = steps.entry(id).or_default();
        entry.process = Some(process.clone());
        if entry.asked {
            ask_to_end(process);
        }
        if entry.killed {
            kill(process);
        }
    }

    /// Whether somebody asked for the step's death.
    pub(super) fn was_killed(&self, id: RequestId) -> bool {
        self.lock().get(&id).is_some_and(|entry| entry.killed)
    }

    /// It is over.
    pub(super) fn forget(&self, id: RequestId) {
        self.lock().remove(&id);
    }

    /// Asks one service to end by itself.
    pub(super) fn ask_to_end(&self, id: RequestId) {
        if let Some(entry) = self.lock().get_mut(&id) {
            entry.asked = true;
            if let Some(process) = &entry.process {
                ask_to_end(process);
            }
        }
    }

    /// Kills one step.
    pub(super) fn kill(&self, id: RequestId) {
        if let Some(entry) = self.lock().get_mut(&id) {
            entry.kill();
        }
    }

    /// Kills every step.
    pub(super) fn kill_all(&self) {
        for entry in self.lock().values_mut() {
            entry.kill();
        }
    }
}

impl Entry {
    fn kill(&mut self) {
        self.killed = true;
        if let Some(process) = &self.process {
            kill(process);
        }
    }
}

/// Asks a service's first process, which passes it on, to end.
fn ask_to_end(process: &OwnedFd) {
    // As below.
    let _ = pidfd_send_signal(process, Signal::TERM);
}

/// Kills a step's first process; the kernel then kills all others of its process namespace.
pub(super) fn kill(process: &OwnedFd) {
    // A process that is gone needs no killing.
    let _ = pidfd_send_signal(process, Signal::KILL);
}
