//! Network namespaces made ahead: making one is a good part of a step's cost, and can be done while another step runs.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rustix::thread::UnshareFlags;

use crate::child::sys;

/// A few namespaces, each with its loopback up, each for one step.
pub(super) struct NetworkPool {
    ready: Mutex<Receiver<OwnedFd>>,
}

impl NetworkPool {
    /// Starts the thread that makes them. It ends when it cannot make one, or with the process.
    pub(super) fn start() -> NetworkPool {
        // One waits in the channel, one in the thread's hands.
        let (sender, ready) = sync_channel(1);
        std::thread::spawn(move || make(&sender));
        NetworkPool { ready: Mutex::new(ready) }
    }

    /// One that is ready. `None`: the step makes its own, as many at once as there are steps.
    pub(super) fn take(&self) -> Option<OwnedFd> {
        self.ready.lock().ok()?.try_recv().ok()
    }
}

fn make(sender: &SyncSender<OwnedFd>) {
    while let Some(namespace) = make_one() {
        if sender.send(namespace).is_err() {
            return;
        }
    }
}

/// Moves this thread, and it alone, into a new namespace; the one before lives on in the descriptor that was sent.
fn make_one() -> Option<OwnedFd> {
    // SAFETY: a network namespace belongs to a thread; the others of this process keep theirs.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }.ok()?;
    sys::loopback_up().ok()?;
    File::open("/proc/thread-self/ns/net").map(OwnedFd::from).ok()
}
