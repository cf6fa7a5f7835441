//! Running services, as steps reach them: each of a step's services has an address of its own in the step's eyes, and the names lead there.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use super::door::{Door, Place};
use super::lent;
use crate::protocol::BoundService;

/// The first address of services: a range for benchmarks of networks (RFC 2544), which is nobody's on the way out.
const FIRST: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
/// More of them than a step has.
const MOST: usize = 4096;

/// All that run, by number.
#[derive(Default)]
pub(in crate::supervisor) struct RunningServices {
    doors: Mutex<HashMap<u64, Door>>,
}

impl RunningServices {
    /// It runs from now on.
    pub(in crate::supervisor) fn enter(&self, number: u64, door: Door) {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner).insert(number, door);
    }

    /// It is over.
    pub(in crate::supervisor) fn leave(&self, number: u64) {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }

    /// Lets a step of another supervisor into one, over this socket, as long as that is open. To one that is over, nobody is let in.
    pub(in crate::supervisor) fn lend(&self, number: u64, socket: OwnedFd) {
        let door = self.doors.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        if let Some(door) = door {
            std::thread::spawn(move || lent::lend(&door, &UnixStream::from(socket)));
        }
    }

    /// Those that a step reaches.
    ///
    /// # Errors
    /// One is not there.
    pub(in crate::supervisor) fn neighbors(&self, bound: &[BoundService]) -> Result<Neighbors, String> {
        let doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        let mut neighbors = Neighbors::default();
        for (index, service) in bound.iter().enumerate() {
            let door = doors.get(&service.number);
            let door = door.ok_or_else(|| format!("its service `{}` is not running", service.alias))?;
            let offset = u32::try_from(index).ok().filter(|_| index < MOST);
            let offset = offset.ok_or("it has too many services")?;
            let address = IpAddr::V4(Ipv4Addr::from_bits(FIRST.to_bits() + offset));
            neighbors.doors.insert(address, door.clone());
            neighbors.names.push((service.alias.clone(), address));
            neighbors.localhost.extend(service.localhost.iter().map(|port| (door.clone(), *port)));
        }
        Ok(neighbors)
    }
}

/// The services that one step reaches.
#[derive(Clone, Default)]
pub(in crate::supervisor) struct Neighbors {
    doors: BTreeMap<IpAddr, Door>,
    /// With their addresses.
    pub(super) names: Vec<(String, IpAddr)>,
    /// Ports that are on the step's own loopback, too.
    localhost: Vec<(Door, u16)>,
}

impl Neighbors {
    /// Where a step's packets to such an address go.
    pub(super) fn place(&self, target: SocketAddr) -> Option<Place> {
        self.doors.get(&target.ip()).map(|door| Place::Service(door.clone(), target.port()))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.doors.is_empty()
    }

    /// Sockets that offer services on the loopback of a step, with where they lead.
    pub(super) fn listeners(&self, step: &Door) -> Result<Vec<(TcpListener, Place)>, String> {
        let listener = |(door, port): &(Door, u16)| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
            let listener = step.listener(address);
            let listener =
                listener.map_err(|error| format!("cannot offer a service at {address}: {error}"))?;
            Ok((listener, Place::Service(door.clone(), *port)))
        };
        self.localhost.iter().map(listener).collect()
    }
}
