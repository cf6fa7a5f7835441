//! What the gateway does for one step.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;

use smoltcp::iface::{Config, Interface, PollResult, SocketSet};
use smoltcp::socket::tcp;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{HardwareAddress, IpCidr, TcpSeqNumber};

use super::super::address::may_reach;
use super::super::door::Place;
use super::super::link::{GATEWAY_V4, GATEWAY_V6};
use super::super::resolvers::Resolvers;
use super::super::services::Neighbors;
use super::super::wire::Wire;
use super::Refused;
use super::connection::{self, Connection, Open, State};
use super::device::LinkDevice;
use super::flow::{Flow, IDLE};
use super::packet::{Ends, Incoming, Kind, Unreachable, error, refusal};
use super::poller::{Owner, Poller};
use super::relay::Relays;
use crate::protocol::Egress;

/// Connections, and flows, that one step may have at once.
const MOST: usize = 4096;
/// Rounds of moving bytes before the others have a turn.
const ROUNDS: usize = 16;
const DNS: u16 = 53;

/// The state of one step's link.
pub(super) struct Station {
    index: u32,
    egress: Egress,
    neighbors: Neighbors,
    refused: Arc<Refused>,
    resolvers: Arc<Resolvers>,
    interface: Interface,
    sockets: SocketSet<'static>,
    device: LinkDevice,
    connections: HashMap<Ends, Connection>,
    flows: HashMap<Ends, Flow>,
    /// Connections in which bytes may move.
    stirred: BTreeSet<Ends>,
    listeners: Vec<(TcpListener, Place)>,
    relays: Relays,
}

/// What a station is made of.
pub(in crate::supervisor::network) struct Arrival {
    pub(in crate::supervisor::network) index: u32,
    pub(in crate::supervisor::network) egress: Egress,
    pub(in crate::supervisor::network) neighbors: Neighbors,
    pub(in crate::supervisor::network) refused: Arc<Refused>,
    /// Sockets to be listened at, with where they lead.
    pub(in crate::supervisor::network) listeners: Vec<(TcpListener, Place)>,
}

impl Station {
    pub(super) fn new(
        arrival: Arrival,
        wire: Arc<Wire>,
        resolvers: Arc<Resolvers>,
        now: Instant,
        poller: &mut Poller,
    ) -> io::Result<Station> {
        let mut device = LinkDevice::new(wire, arrival.index);
        let interface = interface(&mut device, now);
        for (number, (listener, _)) in arrival.listeners.iter().enumerate() {
            poller.watch(listener, Owner::Listener(arrival.index, number))?;
        }
        Ok(Station {
            index: arrival.index,
            egress: arrival.egress,
            neighbors: arrival.neighbors,
            refused: arrival.refused,
            resolvers,
            interface,
            sockets: SocketSet::new(Vec::new()),
            device,
            connections: HashMap::new(),
            flows: HashMap::new(),
            stirred: BTreeSet::new(),
            listeners: arrival.listeners,
            relays: Relays::default(),
        })
    }

    /// A packet of the step.
    pub(super) fn input(&mut self, packet: Vec<u8>, poller: &mut Poller) {
        let Some(Incoming { ends, kind }) = Incoming::parse(&packet) else { return };
        match kind {
            Kind::Udp(payload) => self.datagram(ends, &packet, payload, poller),
            Kind::Syn { sequence } => self.begin(ends, sequence, packet, poller),
            Kind::Tcp => {
                self.stirred.insert(ends);
                self.device.push(packet);
            }
        }
    }

    /// Where a step's packets really go; `None`, and an entry in the list, when they may not.
    fn place(&self, target: SocketAddr) -> Option<Place> {
        if is_resolver(target) && self.egress.public {
            return self.resolvers.servers.first().copied().map(Place::Host);
        }
        if let Some(place) = self.neighbors.place(target) {
            return Some(place);
        }
        if target.port() != 0 && may_reach(&self.egress, target) {
            return Some(Place::Host(target));
        }
        self.refused.add(target);
        None
    }

    fn begin(&mut self, ends: Ends, sequence: TcpSeqNumber, packet: Vec<u8>, poller: &mut Poller) {
        if let Some(known) = self.connections.get(&ends) {
            match &known.state {
                // Asked again while it waits.
                State::Opening { .. } => return,
                State::Open(open) => {
                    let state = self.sockets.get::<tcp::Socket<'_>>(open.handle).state();
                    if !matches!(state, tcp::State::TimeWait | tcp::State::Closed) {
                        self.device.push(packet);
                        return;
                    }
                }
            }
            self.remove(ends, poller);
        }
        let Some(place) = self.place(ends.target) else {
            return self.answer(error(&packet, Unreachable::Forbidden));
        };
        if self.connections.len() >= MOST {
            return self.answer(Some(refusal(ends, sequence)));
        }
        let owner = Owner::Connection(self.index, ends);
        let begun = place
            .begin_stream()
            .and_then(|outside| poller.watch_changes(&outside, owner).map(|token| (outside, token)));
        match begun {
            Ok((outside, token)) => {
                let state = State::Opening { packet, sequence };
                self.connections.insert(ends, Connection { outside, token, state });
            }
            Err(failure) => self.fail(ends, &packet, sequence, &failure),
        }
    }

    fn answer(&self, packet: Option<Vec<u8>>) {
        if let Some(packet) = packet {
            self.device.send(&packet);
        }
    }

    fn fail(&self, ends: Ends, packet: &[u8], sequence: TcpSeqNumber, failure: &io::Error) {
        match connection::reason(failure) {
            Unreachable::Port => self.answer(Some(refusal(ends, sequence))),
            why => self.answer(error(packet, why)),
        }
    }

    /// The outside of a connection changed.
    pub(super) fn changed(&mut self, ends: Ends, poller: &mut Poller) {
        let Some(found) = self.connections.get_mut(&ends) else { return };
        let State::Opening { packet, sequence } = &mut found.state else {
            self.stirred.insert(ends);
            return;
        };
        match connection::is_connected(&found.outside) {
            Ok(false) => {}
            Ok(true) => {
                let handle = self.sockets.add(connection::half(ends.target));
                self.device.push(std::mem::take(packet));
                found.state = State::Open(Open::new(handle));
                self.stirred.insert(ends);
            }
            Err(failure) => {
                let (packet, sequence) = (std::mem::take(packet), *sequence);
                self.fail(ends, &packet, sequence, &failure);
                self.remove(ends, poller);
            }
        }
    }

    fn remove(&mut self, ends: Ends, poller: &mut Poller) {
        if let Some(Connection { token, state, .. }) = self.connections.remove(&ends) {
            poller.forget(token);
            if let State::Open(open) = state {
                self.sockets.remove(open.handle);
            }
        }
    }

    fn datagram(&mut self, ends: Ends, packet: &[u8], payload: &[u8], poller: &mut Poller) {
        // Nobody on this link can be meant, and nobody answers errors about such.
        if ends.target.ip().is_multicast() {
            return;
        }
        if let Some(flow) = self.flows.get_mut(&ends) {
            if is_resolver(ends.target) {
                flow.ask_the_next(self.index, ends, &self.resolvers, poller);
            }
            return flow.send(packet, payload);
        }
        let Some(place) = self.place(ends.target) else {
            return self.answer(error(packet, Unreachable::Forbidden));
        };
        if self.flows.len() >= MOST {
            return;
        }
        match Flow::new(self.index, ends, &place, poller) {
            Ok(mut flow) => {
                flow.send(packet, payload);
                self.flows.insert(ends, flow);
            }
            Err(_) => self.answer(error(packet, Unreachable::Host)),
        }
    }

    /// Datagrams came from the outside.
    pub(super) fn received(&mut self, ends: Ends, poller: &mut Poller) {
        let Some(flow) = self.flows.get_mut(&ends) else { return };
        let device = &self.device;
        let Err(failure) = flow.receive(ends, |packet| device.send(packet)) else { return };
        let more = is_resolver(ends.target) && flow.resolver() + 1 < self.resolvers.servers.len();
        if more && flow.ask_the_next(self.index, ends, &self.resolvers, poller) {
            let packet = flow.sent().to_vec();
            if let Some(Incoming { kind: Kind::Udp(payload), .. }) = Incoming::parse(&packet) {
                flow.send(&packet, payload);
            }
            return;
        }
        let answer = flow.error(&failure);
        poller.forget(flow.token);
        self.flows.remove(&ends);
        self.answer(answer);
    }

    /// Somebody connects to a socket that is listened at.
    pub(super) fn accept(&mut self, number: usize) {
        if let Some((listener, place)) = self.listeners.get(number) {
            self.relays.accept(listener, place);
        }
    }

    /// Moves what can be moved. Whether more could be.
    pub(super) fn advance(&mut self, now: Instant, poller: &mut Poller) -> bool {
        for _ in 0..ROUNDS {
            let changed = self.interface.poll(now, &mut self.device, &mut self.sockets);
            if changed == PollResult::SocketStateChanged {
                self.remove_closed(poller);
            }
            if !self.pump() {
                return false;
            }
        }
        true
    }

    fn pump(&mut self) -> bool {
        let mut moved = false;
        for ends in std::mem::take(&mut self.stirred) {
            let Some(Connection { outside, state: State::Open(open), .. }) = self.connections.get_mut(&ends)
            else {
                continue;
            };
            let inside = self.sockets.get_mut::<tcp::Socket<'_>>(open.handle);
            if open.pump(outside, inside) {
                moved = true;
                self.stirred.insert(ends);
            }
        }
        moved
    }

    fn remove_closed(&mut self, poller: &mut Poller) {
        let closed = |connection: &Connection| match &connection.state {
            State::Opening { .. } => false,
            State::Open(open) => {
                self.sockets.get::<tcp::Socket<'_>>(open.handle).state() == tcp::State::Closed
            }
        };
        let gone: Vec<Ends> = self
            .connections
            .iter()
            .filter(|(_, connection)| closed(connection))
            .map(|(ends, _)| *ends)
            .collect();
        gone.into_iter().for_each(|ends| self.remove(ends, poller));
    }

    /// Ends flows that have been silent for long.
    pub(super) fn sweep(&mut self, poller: &mut Poller) {
        self.flows.retain(|_, flow| {
            let lives = flow.last.elapsed() < IDLE;
            if !lives {
                poller.forget(flow.token);
            }
            lives
        });
    }

    /// When something is to be done though nothing comes.
    pub(super) fn delay(&mut self, now: Instant) -> Option<Duration> {
        self.interface.poll_delay(now, &self.sockets)
    }

    /// The step is gone.
    pub(super) fn close(self, poller: &mut Poller) {
        self.connections.values().for_each(|connection| poller.forget(connection.token));
        self.flows.values().for_each(|flow| poller.forget(flow.token));
    }
}

fn is_resolver(target: SocketAddr) -> bool {
    target.port() == DNS && [IpAddr::V4(GATEWAY_V4), IpAddr::V6(GATEWAY_V6)].contains(&target.ip())
}

fn interface(device: &mut LinkDevice, now: Instant) -> Interface {
    let mut interface = Interface::new(Config::new(HardwareAddress::Ip), device, now);
    interface.set_any_ip(true);
    interface.update_ip_addrs(|addresses| {
        // There is room for two.
        let _ = addresses.push(IpCidr::new(GATEWAY_V4.into(), 29));
        let _ = addresses.push(IpCidr::new(GATEWAY_V6.into(), 64));
    });
    interface
}
