//! Services of one supervisor for a step of another: a privileged step runs apart, and has services all the same. Only sockets go over,
//! one at a time when the step wants to reach somebody, so neither side enters a namespace of the other's.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use rustix::io::Errno;

use super::door::{Door, Outgoing};
use crate::protocol::{self, WireError};

/// What comes back: a descriptor with it, or an error number.
type Answer = Result<(), Option<i32>>;

/// The borrower's end.
pub(super) struct Lent {
    socket: Mutex<UnixStream>,
}

impl Lent {
    /// Over a socket whose other end is [`lend`]'s.
    pub(super) fn over(socket: OwnedFd) -> Lent {
        Lent { socket: Mutex::new(UnixStream::from(socket)) }
    }

    /// A socket in the service's namespace.
    pub(super) fn ask(&self, outgoing: Outgoing) -> io::Result<OwnedFd> {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        protocol::send(&socket, &outgoing, &[]).map_err(gone)?;
        let (answer, fds) = protocol::receive::<Answer>(&socket).map_err(gone)?;
        answer.map_err(|errno| io::Error::from_raw_os_error(errno.unwrap_or(libc::EIO)))?;
        fds.into_iter().next().ok_or_else(|| Errno::BADF.into())
    }
}

/// As somebody who is there no more.
fn gone(error: WireError) -> io::Error {
    match error {
        WireError::Io(error) => error,
        _ => Errno::CONNREFUSED.into(),
    }
}

/// Answers the borrower until it is gone, on a thread that has nothing else to do.
pub(super) fn lend(door: &Door, socket: &UnixStream) {
    while let Ok((outgoing, _)) = protocol::receive::<Outgoing>(socket) {
        let made = door.outgoing(outgoing);
        let answer: Answer = made.as_ref().map(drop).map_err(io::Error::raw_os_error);
        let made = made.ok();
        let made = made.as_ref().map(AsFd::as_fd);
        if protocol::send(socket, &answer, made.as_slice()).is_err() {
            break;
        }
    }
}
