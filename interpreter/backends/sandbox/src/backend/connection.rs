//! The connection to a supervisor: requests go out under a lock, a thread hands replies to those who wait for them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pipe_engine::{BackendError, ReadyCall};

use crate::foreign::Emulators;
use crate::ids::IdCount;
use crate::protocol::{self, Reply, Request, RequestId, WireError};

/// A reply, with the descriptor that came with it.
pub(super) type Answer = Result<(Reply, Option<OwnedFd>), BackendError>;
/// Told the reply of its request, once, from the thread that reads replies.
type Waiter = Box<dyn FnOnce(Answer) + Send>;

/// A living supervisor, or one that has died: then every request fails.
pub(super) struct Connection {
    socket: Arc<UnixStream>,
    sending: Mutex<()>,
    waiting: Arc<Mutex<Waiting>>,
    next: AtomicU64,
    /// Ends when the supervisor has.
    over: Mutex<Receiver<Infallible>>,
    ids: IdCount,
    emulators: Emulators,
}

#[derive(Default)]
struct Waiting {
    closed: bool,
    waiters: HashMap<RequestId, Waiter>,
    services: HashMap<RequestId, ReadyCall>,
}

fn locked(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    /// Over a socket on which both sides have said hello.
    pub(super) fn new(
        socket: UnixStream,
        mut supervisor: Child,
        ids: IdCount,
        emulators: Emulators,
    ) -> Connection {
        let socket = Arc::new(socket);
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        let (alive, over) = channel();
        std::thread::spawn({
            let (socket, waiting) = (socket.clone(), waiting.clone());
            move || {
                read_replies(&socket, &waiting);
                drop(alive);
                // Nobody else waits for its end.
                let _ = supervisor.wait();
            }
        });
        Connection {
            socket,
            sending: Mutex::new(()),
            waiting,
            next: AtomicU64::new(1),
            over: Mutex::new(over),
            ids,
            emulators,
        }
    }

    /// How many ids steps have.
    pub(super) fn ids(&self) -> IdCount {
        self.ids
    }

    /// What of other processors runs in steps.
    pub(super) fn emulators(&self) -> &Emulators {
        &self.emulators
    }

    /// Whether the supervisor still answers.
    pub(super) fn is_open(&self) -> bool {
        !locked(&self.waiting).closed
    }

    /// Sends a request made for a fresh id; `waiter` gets the answer, whatever happens. Of a service, `ready` is called when it can be
    /// used, if that comes.
    pub(super) fn request(
        &self,
        make: impl FnOnce(RequestId) -> Request,
        fds: &[BorrowedFd<'_>],
        ready: Option<ReadyCall>,
        waiter: impl FnOnce(Answer) + Send + 'static,
    ) -> RequestId {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut waiting = locked(&self.waiting);
        if waiting.closed {
            drop(waiting);
            waiter(Err(died()));
            return id;
        }
        waiting.waiters.insert(id, Box::new(waiter));
        if let Some(ready) = ready {
            waiting.services.insert(id, ready);
        }
        drop(waiting);
        if let Err(error) = self.send(&make(id), fds) {
            let waiter = {
                let mut waiting = locked(&self.waiting);
                // What was sent in part cannot be mended: the next request makes a new connection.
                waiting.closed = true;
                waiting.waiters.remove(&id)
            };
            if let Some(waiter) = waiter {
                waiter(Err(BackendError::Failed(format!("cannot reach the sandbox's supervisor: {error}"))));
            }
        }
        id
    }

    /// Sends a request, and blocks until its answer is there.
    pub(super) fn ask(&self, make: impl FnOnce(RequestId) -> Request) -> Answer {
        let (sender, receiver) = std::sync::mpsc::channel();
        self.request(make, &[], None, move |answer| {
            // Whoever asked waits right here.
            let _ = sender.send(answer);
        });
        receiver.recv().unwrap_or_else(|_| Err(died()))
    }

    /// Asks a service to end by itself.
    pub(super) fn ask_to_end(&self, id: RequestId) {
        let _ = self.send(&Request::AskToEnd { id }, &[]);
    }

    /// Lets a step of another supervisor into a service, over a socket whose other end that one has.
    pub(super) fn lend(&self, service: u64, socket: BorrowedFd<'_>) {
        // What cannot be sent is as a service that is over.
        let _ = self.send(&Request::Lend { number: service }, &[socket]);
    }

    /// Asks for a step's death. A supervisor that is gone has taken its steps with it.
    pub(super) fn kill(&self, id: RequestId) {
        let _ = self.send(&Request::Kill { id }, &[]);
    }

    fn send(&self, request: &Request, fds: &[BorrowedFd<'_>]) -> Result<(), WireError> {
        let _one_at_a_time = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        protocol::send(&self.socket, request, fds)
    }

    /// Ends the supervisor, and waits until nothing of its steps is left.
    pub(super) fn end(&self) {
        let _ = self.send(&Request::End, &[]);
        let _ = self.socket.shutdown(std::net::Shutdown::Write);
        // Nothing is ever sent.
        let _ = self.over.lock().unwrap_or_else(PoisonError::into_inner).recv();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The reading thread has a handle of its own: dropping this one would close nothing.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
    }
}

fn died() -> BackendError {
    BackendError::Failed("the sandbox's supervisor died; the steps it ran died with it".to_owned())
}

fn read_replies(socket: &UnixStream, waiting: &Mutex<Waiting>) {
    while let Ok((reply, fds)) = protocol::receive::<Reply>(socket) {
        if matches!(reply, Reply::Over) {
            break;
        }
        if let Reply::Serving { id } = reply {
            let ready = locked(waiting).services.remove(&id);
            if let Some(ready) = ready {
                ready();
            }
            continue;
        }
        let waiter = reply.id().and_then(|id| {
            let mut waiting = locked(waiting);
            waiting.services.remove(&id);
            waiting.waiters.remove(&id)
        });
        if let Some(waiter) = waiter {
            waiter(Ok((reply, fds.into_iter().next())));
        }
    }
    let _ = socket.shutdown(std::net::Shutdown::Both);
    let waiters = {
        let mut waiting = locked(waiting);
        waiting.closed = true;
        waiting.services.clear();
        std::mem::take(&mut waiting.waiters)
    };
    let mut waiters: Vec<_> = waiters.into_iter().collect();
    waiters.sort_by_key(|(id, _)| *id);
    for (_, waiter) in waiters {
        waiter(Err(died()));
    }
}
