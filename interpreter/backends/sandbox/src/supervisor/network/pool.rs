//! Network namespaces without a way out, made ahead: making one is a good part of a step's cost, and can be done while another step
//! runs. One that a step did not use goes to the next.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::link::{Failure, fresh_namespace};
use super::netlink::Netlink;

/// A few namespaces, each with its loopback up, each for one step at a time.
pub(in crate::supervisor) struct NetworkPool {
    ready: Mutex<Receiver<Closed>>,
    spare: Mutex<Vec<Closed>>,
}

/// A namespace without a way out.
pub(in crate::supervisor) struct Closed {
    namespace: OwnedFd,
    kernel: Netlink,
}

impl Closed {
    /// The namespace.
    pub(in crate::supervisor) fn namespace(&self) -> RawFd {
        self.namespace.as_raw_fd()
    }
}

impl NetworkPool {
    /// Starts the thread that makes them. It ends when it cannot make one, or with the process.
    pub(in crate::supervisor) fn start() -> NetworkPool {
        // One waits in the channel, one in the thread's hands.
        let (sender, ready) = sync_channel(1);
        std::thread::spawn(move || make(&sender));
        NetworkPool { ready: Mutex::new(ready), spare: Mutex::default() }
    }

    /// One that is ready. `None`: the step makes its own, as many at once as there are steps.
    pub(in crate::supervisor) fn take(&self) -> Option<Closed> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.or_else(|| self.ready.lock().ok()?.try_recv().ok())
    }

    /// The step is gone, with all its processes.
    pub(in crate::supervisor) fn give_back(&self, closed: Closed) {
        if closed.kernel.is_untouched() {
            self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(closed);
        }
    }
}

fn make(sender: &SyncSender<Closed>) {
    while let Ok(closed) = make_one() {
        if sender.send(closed).is_err() {
            return;
        }
    }
}

fn make_one() -> Result<Closed, Failure> {
    Ok(Closed { namespace: fresh_namespace()?, kernel: Netlink::open()? })
}
