//! What the gateway waits for.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{Timespec, epoll};

use super::packet::Ends;

/// Whose descriptor is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Packets of the steps.
    Wire,
    /// Somebody has something to say to the gateway.
    Bell,
    /// A connection to the outside, of the step on this link.
    Connection(u32, Ends),
    /// Datagrams from the outside.
    Flow(u32, Ends),
    /// A socket that is listened at: its number.
    Listener(u32, usize),
}

/// Waits for many descriptors.
pub(super) struct Poller {
    epoll: OwnedFd,
    owners: HashMap<u64, Owner>,
    next: u64,
}

/// Names a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(u64);

impl Poller {
    pub(super) fn new() -> io::Result<Poller> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Poller { epoll, owners: HashMap::new(), next: 0 })
    }

    /// Watches a descriptor for as long as it can be read.
    pub(super) fn watch(&mut self, fd: impl AsFd, owner: Owner) -> io::Result<Token> {
        self.add(fd, owner, epoll::EventFlags::IN)
    }

    /// Tells each time when a descriptor begins to be readable or writable.
    pub(super) fn watch_changes(&mut self, fd: impl AsFd, owner: Owner) -> io::Result<Token> {
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::RDHUP;
        self.add(fd, owner, flags | epoll::EventFlags::ET)
    }

    fn add(&mut self, fd: impl AsFd, owner: Owner, flags: epoll::EventFlags) -> io::Result<Token> {
        let token = self.next;
        self.next += 1;
        epoll::add(&self.epoll, fd, epoll::EventData::new_u64(token), flags)?;
        self.owners.insert(token, owner);
        Ok(Token(token))
    }

    /// Its descriptor is about to be closed.
    pub(super) fn forget(&mut self, token: Token) {
        self.owners.remove(&token.0);
    }

    /// Waits until something is ready, or the time is over.
    pub(super) fn wait(&self, rest: Option<Duration>) -> io::Result<Vec<Owner>> {
        let mut events = Vec::with_capacity(64);
        let rest = rest.and_then(|rest| Timespec::try_from(rest).ok());
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), rest.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(other) => return Err(other.into()),
        }
        Ok(events
            .iter()
            .filter_map(|event: &epoll::Event| self.owners.get(&event.data.u64()).copied())
            .collect())
    }
}
