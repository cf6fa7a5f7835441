//! Datagrams between a step's port and one place outside.

use std::io;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use super::super::door::Place;
use super::super::resolvers::Resolvers;
use super::packet::{Ends, Unreachable, datagram, error};
use super::poller::{Owner, Poller, Token};

/// Without a datagram for so long a flow is over.
pub(super) const IDLE: Duration = Duration::from_secs(120);
/// The largest datagram.
const LARGEST: usize = 65_535;

/// One flow.
pub(super) struct Flow {
    socket: UdpSocket,
    pub(super) token: Token,
    pub(super) last: Instant,
    /// The packet that went out last, for an error that comes back.
    sent: Vec<u8>,
    /// For names: which of the host's resolvers is asked, and whether it still owes an answer.
    resolver: usize,
    owes: bool,
}

impl Flow {
    /// Begins a flow to a place.
    pub(super) fn new(link: u32, ends: Ends, place: &Place, poller: &mut Poller) -> io::Result<Flow> {
        let socket = place.datagrams()?;
        let token = poller.watch(&socket, Owner::Flow(link, ends))?;
        let last = Instant::now();
        Ok(Flow { socket, token, last, sent: Vec::new(), resolver: 0, owes: false })
    }

    /// A datagram from the step.
    pub(super) fn send(&mut self, packet: &[u8], payload: &[u8]) {
        self.last = Instant::now();
        self.owes = true;
        self.sent = packet.to_vec();
        // What cannot be sent is lost; an error of the network comes back when the socket is read.
        let _ = self.socket.send(payload);
    }

    /// A question that came before without being answered goes to the next resolver.
    pub(super) fn ask_the_next(
        &mut self,
        link: u32,
        ends: Ends,
        resolvers: &Resolvers,
        poller: &mut Poller,
    ) -> bool {
        if !self.owes || resolvers.servers.len() < 2 {
            return false;
        }
        let next = (self.resolver + 1) % resolvers.servers.len();
        let Some(Ok(other)) =
            resolvers.servers.get(next).map(|server| Flow::new(link, ends, &Place::Host(*server), poller))
        else {
            return false;
        };
        poller.forget(self.token);
        let sent = std::mem::take(&mut self.sent);
        *self = Flow { resolver: next, sent, ..other };
        true
    }

    /// Whether this was the first resolver that was asked.
    pub(super) fn resolver(&self) -> usize {
        self.resolver
    }

    /// The packet that went out last.
    pub(super) fn sent(&self) -> &[u8] {
        &self.sent
    }

    /// Everything that came, as packets for the step; an error ends it.
    pub(super) fn receive(&mut self, ends: Ends, mut deliver: impl FnMut(&[u8])) -> Result<(), io::Error> {
        let mut buffer = vec![0; LARGEST];
        // So many at a time, that one flow does not keep the others waiting.
        for _ in 0..64 {
            match self.socket.recv(&mut buffer) {
                Ok(len) => {
                    self.owes = false;
                    self.last = Instant::now();
                    deliver(&datagram(ends, buffer.get(..len).unwrap_or_default()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What the step is told of an error.
    pub(super) fn error(&self, why: &io::Error) -> Option<Vec<u8>> {
        let why = match why.kind() {
            io::ErrorKind::ConnectionRefused => Unreachable::Port,
            _ => Unreachable::Host,
        };
        error(&self.sent, why)
    }
}
