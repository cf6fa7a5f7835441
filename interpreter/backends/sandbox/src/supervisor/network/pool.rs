//! Network namespaces without a way out. Making one is a good part of a step's cost, and its end is work for the kernel, so one that a
//! step did not use goes to the next.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::link::{Failure, fresh_namespace};
use super::netlink::Netlink;

/// As many namespaces as steps need at once, each with its loopback up, each for one step at a time.
#[derive(Default)]
pub(in crate::supervisor) struct NetworkPool {
    maker: OnceLock<Mutex<Maker>>,
    spare: Mutex<Vec<Closed>>,
}

/// The thread that makes them, one when it is asked: each time it is in another namespace.
struct Maker {
    wanted: Sender<()>,
    made: Receiver<Closed>,
}

/// A namespace without a way out.
pub(in crate::supervisor) struct Closed {
    namespace: OwnedFd,
    kernel: Netlink,
}

impl Closed {
    /// The namespace.
    pub(in crate::supervisor) fn namespace(&self) -> BorrowedFd<'_> {
        self.namespace.as_fd()
    }
}

impl NetworkPool {
    /// One that nobody uses. `None`: none can be made here.
    pub(in crate::supervisor) fn take(&self) -> Option<Closed> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.or_else(|| {
            let maker = self.maker.get_or_init(Maker::start).lock().ok()?;
            maker.wanted.send(()).ok()?;
            maker.made.recv().ok()
        })
    }

    /// The step is gone, with all its processes.
    pub(in crate::supervisor) fn give_back(&self, closed: Closed) {
        if closed.kernel.is_untouched() {
            self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(closed);
        }
    }
}

impl Maker {
    /// It ends when it cannot make one, or with the process.
    fn start() -> Mutex<Maker> {
        let (wanted, wants) = channel();
        let (sender, made) = channel();
        std::thread::spawn(move || {
            while let (Ok(()), Ok(closed)) = (wants.recv(), make_one()) {
                if sender.send(closed).is_err() {
                    return;
                }
            }
        });
        Mutex::new(Maker { wanted, made })
    }
}

fn make_one() -> Result<Closed, Failure> {
    Ok(Closed { namespace: fresh_namespace()?, kernel: Netlink::open()? })
}
