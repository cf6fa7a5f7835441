//! A connection: the step's half is this process's TCP stack, the other half a socket of the host. The step hears that it is
//! connected when the host's socket is, and that it is not when that one is refused.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp;
use smoltcp::wire::TcpSeqNumber;

use super::packet::Unreachable;
use super::poller::Token;

/// What waits on its way in each direction.
const TO_HOST: usize = 256 << 10;
const TO_STEP: usize = 512 << 10;

/// One connection.
pub(super) struct Connection {
    pub(super) outside: TcpStream,
    pub(super) token: Token,
    pub(super) state: State,
}

/// How far it is.
pub(super) enum State {
    /// The host's socket is being connected; the step's first packet waits for that.
    Opening { packet: Vec<u8>, sequence: TcpSeqNumber },
    /// Both halves are there.
    Open(Open),
}

/// The two halves of an open connection.
pub(super) struct Open {
    pub(super) handle: SocketHandle,
    /// The step says no more, and the host's socket knows.
    step_is_done: bool,
    /// The host's side says no more, and the step knows.
    host_is_done: bool,
}

/// Whether a socket is connected by now.
pub(super) fn is_connected(stream: &TcpStream) -> io::Result<bool> {
    match stream.take_error()? {
        Some(error) => Err(error),
        None => match stream.peer_addr() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        },
    }
}

/// What a step is told about a connection that could not be made.
pub(super) fn reason(error: &io::Error) -> Unreachable {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Unreachable::Port,
        ErrorKind::PermissionDenied => Unreachable::Forbidden,
        _ => Unreachable::Host,
    }
}

/// The step's half, waiting for its first packet.
pub(super) fn half(target: SocketAddr) -> tcp::Socket<'static> {
    let buffer = |len| tcp::SocketBuffer::new(vec![0; len]);
    let mut socket = tcp::Socket::new(buffer(TO_HOST), buffer(TO_STEP));
    socket.set_nagle_enabled(false);
    socket.set_ack_delay(None);
    // A port of zero is the only thing that is refused; such a connection then stays without an answer.
    let _ = socket.listen(target);
    socket
}

impl Open {
    pub(super) fn new(handle: SocketHandle) -> Open {
        Open { handle, step_is_done: false, host_is_done: false }
    }

    /// Moves what can be moved; whether anything was.
    pub(super) fn pump(&mut self, outside: &mut TcpStream, inside: &mut tcp::Socket<'_>) -> bool {
        let mut moved = self.outward(outside, inside);
        moved |= self.inward(outside, inside);
        moved
    }

    fn outward(&mut self, outside: &mut TcpStream, inside: &mut tcp::Socket<'_>) -> bool {
        let mut moved = false;
        while inside.can_recv() {
            let written = inside.recv(|bytes| match outside.write(bytes) {
                Ok(count) => (count, Ok(count)),
                Err(error) => (0, Err(error)),
            });
            match written {
                Ok(Ok(count)) if count > 0 => moved = true,
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Ok(Err(error)) if error.kind() == ErrorKind::WouldBlock => return moved,
                _ => {
                    // Nobody takes it any more.
                    inside.abort();
                    return true;
                }
            }
        }
        // Before the handshake is over the step has said nothing yet, which is not its end.
        let begun = !matches!(inside.state(), tcp::State::Listen | tcp::State::SynReceived);
        if begun && !inside.may_recv() && !self.step_is_done {
            self.step_is_done = true;
            let how = if inside.may_send() || self.host_is_done { Shutdown::Write } else { Shutdown::Both };
            let _ = outside.shutdown(how);
            moved = true;
        }
        moved
    }

    fn inward(&mut self, outside: &mut TcpStream, inside: &mut tcp::Socket<'_>) -> bool {
        let mut moved = false;
        while !self.host_is_done && inside.can_send() {
            let read = inside.send(|room| match outside.read(room) {
                Ok(count) => (count, Ok(count)),
                Err(error) => (0, Err(error)),
            });
            match read {
                Ok(Ok(0)) => {
                    self.host_is_done = true;
                    inside.close();
                    moved = true;
                }
                Ok(Ok(_)) => moved = true,
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Ok(Err(error)) if error.kind() == ErrorKind::WouldBlock => return moved,
                _ => {
                    self.host_is_done = true;
                    inside.abort();
                    return true;
                }
            }
        }
        moved
    }
}
