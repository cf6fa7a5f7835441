//! The way out of all steps: a thread that reads the packets of their links and speaks for them with sockets of the host. It is what
//! decides where a step may connect to, for a step has no other way out.

mod connection;
mod device;
mod flow;
mod packet;
mod poller;
mod relay;
mod station;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Clock};

use rustix::event::{EventfdFlags, eventfd};
use smoltcp::time::Instant;

use super::resolvers::Resolvers;
use super::wire::Wire;
use poller::{Owner, Poller};
pub(super) use station::Arrival;
use station::Station;

/// Addresses that a step asked for and may not reach.
#[derive(Default)]
pub(super) struct Refused {
    targets: Mutex<BTreeSet<SocketAddr>>,
}

/// More of them than a person reads are not kept.
const MOST_REFUSED: usize = 16;

impl Refused {
    fn add(&self, target: SocketAddr) {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if targets.len() < MOST_REFUSED {
            targets.insert(target);
        }
    }

    /// All so far.
    pub(super) fn list(&self) -> Vec<SocketAddr> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}

/// The gateway, as steps are connected with it. Its thread ends with this.
pub(super) struct Gateway {
    orders: Arc<Orders>,
}

struct Orders {
    list: Mutex<Vec<Order>>,
    bell: OwnedFd,
}

enum Order {
    Attach(Arrival),
    Detach(u32),
    End,
}

impl Orders {
    fn give(&self, order: Order) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push(order);
        let _ = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
    }

    fn take(&self) -> Vec<Order> {
        let _ = rustix::io::read(&self.bell, &mut [0_u8; 8]);
        std::mem::take(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Gateway {
    /// Starts it for what comes at this wire. The calling thread, and so the new one, is in the host's network.
    pub(super) fn start(wire: Wire, resolvers: Arc<Resolvers>) -> io::Result<Gateway> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let orders = Arc::new(Orders { list: Mutex::default(), bell });
        let mut poller = Poller::new()?;
        poller.watch(&wire, Owner::Wire)?;
        poller.watch(&orders.bell, Owner::Bell)?;
        let served = Served {
            wire: Arc::new(wire),
            resolvers,
            orders: orders.clone(),
            poller,
            stations: HashMap::new(),
            begun: Clock::now(),
            swept: Clock::now(),
        };
        std::thread::Builder::new().name("gateway".to_owned()).spawn(move || served.live())?;
        Ok(Gateway { orders })
    }

    /// Serves a link from now on.
    pub(super) fn attach(&self, arrival: Arrival) -> Attachment {
        let (index, refused) = (arrival.index, arrival.refused.clone());
        let has_listeners = !arrival.listeners.is_empty();
        self.orders.give(Order::Attach(arrival));
        Attachment { index, orders: self.orders.clone(), refused, has_listeners }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.orders.give(Order::End);
    }
}

/// A link that is served; dropped, all its connections are cut.
pub(super) struct Attachment {
    index: u32,
    orders: Arc<Orders>,
    pub(super) refused: Arc<Refused>,
    /// Whether something of it is listened at, perhaps inside the step's namespace.
    pub(super) has_listeners: bool,
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.orders.give(Order::Detach(self.index));
    }
}

/// What the thread has.
struct Served {
    wire: Arc<Wire>,
    resolvers: Arc<Resolvers>,
    orders: Arc<Orders>,
    poller: Poller,
    stations: HashMap<u32, Station>,
    begun: Clock,
    swept: Clock,
}

/// Packets that are read before somebody else has a turn.
const PACKETS: usize = 64;
/// How often silent flows are looked for.
const SWEEP: Duration = Duration::from_secs(10);

impl Served {
    fn live(mut self) {
        let mut buffer = vec![0; 1 << 17];
        let mut busy: BTreeSet<u32> = BTreeSet::new();
        loop {
            let rest = if busy.is_empty() { self.rest() } else { Some(Duration::ZERO) };
            // Only a broken descriptor fails, and then nothing can be mended.
            let Ok(ready) = self.poller.wait(rest) else { return };
            for owner in ready {
                match owner {
                    Owner::Bell if !self.obey() => return,
                    Owner::Bell => {}
                    Owner::Wire => self.read(&mut buffer, &mut busy),
                    Owner::Connection(link, ends) => {
                        busy.insert(link);
                        self.with(link, |station, poller| station.changed(ends, poller));
                    }
                    Owner::Flow(link, ends) => {
                        self.with(link, |station, poller| station.received(ends, poller));
                    }
                    Owner::Listener(link, number) => {
                        self.with(link, |station, _| station.accept(number));
                    }
                }
            }
            self.advance(&mut busy);
            self.sweep();
        }
    }

    fn now(&self) -> Instant {
        Instant::from_micros(i64::try_from(self.begun.elapsed().as_micros()).unwrap_or(i64::MAX))
    }

    /// Works for one step. A mistake there ends that step's network and nobody else's.
    fn with<T>(&mut self, link: u32, work: impl FnOnce(&mut Station, &mut Poller) -> T) -> Option<T> {
        let station = self.stations.get_mut(&link)?;
        let poller = &mut self.poller;
        match std::panic::catch_unwind(AssertUnwindSafe(|| work(station, poller))) {
            Ok(result) => Some(result),
            Err(_) => {
                self.stations.remove(&link);
                None
            }
        }
    }

    /// Does what was ordered; whether to go on.
    fn obey(&mut self) -> bool {
        for order in self.orders.take() {
            match order {
                Order::Attach(arrival) => {
                    let (index, now) = (arrival.index, self.now());
                    let (wire, resolvers) = (self.wire.clone(), self.resolvers.clone());
                    if let Ok(station) = Station::new(arrival, wire, resolvers, now, &mut self.poller) {
                        self.stations.insert(index, station);
                    }
                }
                Order::Detach(index) => {
                    if let Some(station) = self.stations.remove(&index) {
                        station.close(&mut self.poller);
                    }
                }
                Order::End => return false,
            }
        }
        true
    }

    fn read(&mut self, buffer: &mut [u8], busy: &mut BTreeSet<u32>) {
        for _ in 0..PACKETS {
            let Ok(Some((len, link))) = self.wire.receive(buffer) else { return };
            let packet = buffer.get(..len).unwrap_or_default().to_vec();
            if self.with(link, |station, poller| station.input(packet, poller)).is_some() {
                busy.insert(link);
            }
        }
    }

    fn advance(&mut self, busy: &mut BTreeSet<u32>) {
        let now = self.now();
        for (link, station) in &mut self.stations {
            if station.delay(now).is_some_and(|delay| delay.total_micros() == 0) {
                busy.insert(*link);
            }
        }
        for link in std::mem::take(busy) {
            if self.with(link, |station, poller| station.advance(now, poller)) == Some(true) {
                busy.insert(link);
            }
        }
    }

    /// How long nothing needs to be done.
    fn rest(&mut self) -> Option<Duration> {
        let now = self.now();
        let delays = self.stations.values_mut().filter_map(|station| station.delay(now));
        let delay = delays.min().map(Duration::from);
        // Without a step there is nothing to sweep either.
        if self.stations.is_empty() { None } else { Some(delay.unwrap_or(SWEEP).min(SWEEP)) }
    }

    fn sweep(&mut self) {
        if self.swept.elapsed() >= SWEEP {
            self.swept = Clock::now();
            let poller = &mut self.poller;
            self.stations.values_mut().for_each(|station| station.sweep(poller));
        }
    }
}
