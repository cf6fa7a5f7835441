//! Ways into network namespaces of running services: a socket belongs to the namespace that it was made in, whoever uses it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, ipproto, socket_with};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde::{Deserialize, Serialize};

use super::lent::Lent;
use super::link::STEP_V4;

/// What makes sockets: a thread that goes into one namespace after the other, and never back.
pub(super) struct Doorkeeper {
    orders: Mutex<Sender<Order>>,
}

struct Order {
    namespace: Arc<OwnedFd>,
    wanted: Wanted,
    made: Sender<io::Result<OwnedFd>>,
}

#[derive(Clone, Copy)]
enum Wanted {
    Outgoing(Outgoing),
    Listener(SocketAddr),
}

/// A socket to reach somebody with.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Outgoing {
    Stream,
    Datagrams,
}

/// The way into one namespace.
#[derive(Clone)]
pub(in crate::supervisor) struct Door(Way);

#[derive(Clone)]
enum Way {
    /// Of a step or service of this supervisor.
    Own { namespace: Arc<OwnedFd>, keeper: Arc<Doorkeeper> },
    /// Of a service of another one.
    Lent(Arc<Lent>),
}

impl Doorkeeper {
    /// Its thread ends with it.
    pub(super) fn start() -> io::Result<Arc<Doorkeeper>> {
        let (orders, wanted) = channel::<Order>();
        std::thread::Builder::new().name("doorkeeper".to_owned()).spawn(move || {
            while let Ok(order) = wanted.recv() {
                // Whoever asked may be gone.
                let _ = order.made.send(make(&order));
            }
        })?;
        Ok(Arc::new(Doorkeeper { orders: Mutex::new(orders) }))
    }
}

fn make(order: &Order) -> io::Result<OwnedFd> {
    move_into_link_name_space(order.namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
    match order.wanted {
        Wanted::Outgoing(Outgoing::Stream) => stream_socket(AddressFamily::INET),
        Wanted::Outgoing(Outgoing::Datagrams) => Ok(UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?.into()),
        Wanted::Listener(address) => Ok(TcpListener::bind(address)?.into()),
    }
}

/// A socket for a connection; it does not block.
fn stream_socket(family: AddressFamily) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?)
}

impl Door {
    /// Into the namespace of a step or service.
    pub(super) fn into(namespace: Arc<OwnedFd>, keeper: Arc<Doorkeeper>) -> Door {
        Door(Way::Own { namespace, keeper })
    }

    /// Into the namespace of a service of another supervisor, which is asked over this socket.
    pub(in crate::supervisor) fn lent(socket: OwnedFd) -> Door {
        Door(Way::Lent(Arc::new(Lent::over(socket))))
    }

    fn ask(&self, wanted: Wanted) -> io::Result<OwnedFd> {
        let (namespace, keeper) = match (&self.0, wanted) {
            (Way::Own { namespace, keeper }, _) => (namespace.clone(), keeper),
            (Way::Lent(lent), Wanted::Outgoing(outgoing)) => return lent.ask(outgoing),
            (Way::Lent(_), Wanted::Listener(_)) => return Err(Errno::PERM.into()),
        };
        let (made, answer) = channel();
        let order = Order { namespace, wanted, made };
        let sent = keeper.orders.lock().unwrap_or_else(PoisonError::into_inner).send(order);
        let gone = || io::Error::other("the thread that makes sockets is gone");
        sent.map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }

    /// A socket in there.
    pub(super) fn outgoing(&self, outgoing: Outgoing) -> io::Result<OwnedFd> {
        self.ask(Wanted::Outgoing(outgoing))
    }

    /// A socket that listens in there; it does not block. Not in a lent one.
    pub(super) fn listener(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let listener = TcpListener::from(self.ask(Wanted::Listener(address))?);
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    /// Whether somebody takes connections at a port, on all addresses. Waits a moment for the answer.
    pub(in crate::supervisor) fn answers(&self, port: u16) -> bool {
        Place::Service(self.clone(), port).connect().is_ok()
    }
}

/// Where a connection or a flow really goes.
#[derive(Clone)]
pub(super) enum Place {
    /// An address, as the host sees it.
    Host(SocketAddr),
    /// A port of a service, which sees it coming from its own address: not from its loopback, which some trust.
    Service(Door, u16),
}

impl Place {
    fn target(&self) -> SocketAddr {
        match self {
            Place::Host(target) => *target,
            Place::Service(_, port) => SocketAddr::new(IpAddr::V4(STEP_V4), *port),
        }
    }

    /// A socket that is being connected.
    pub(super) fn begin_stream(&self) -> io::Result<TcpStream> {
        let target = self.target();
        let socket = match self {
            Place::Host(SocketAddr::V4(_)) => stream_socket(AddressFamily::INET)?,
            Place::Host(SocketAddr::V6(_)) => stream_socket(AddressFamily::INET6)?,
            Place::Service(door, _) => door.outgoing(Outgoing::Stream)?,
        };
        match connect(&socket, &target) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(other) => return Err(other.into()),
        }
        let stream = TcpStream::from(socket);
        // What the step sends is cut and joined by its own kernel; here it goes on as it comes.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// A connection. Blocks until it is there, and so does the socket.
    pub(super) fn connect(&self) -> io::Result<TcpStream> {
        let Place::Service(door, _) = self else { return TcpStream::connect(self.target()) };
        let socket = door.outgoing(Outgoing::Stream)?;
        rustix::io::ioctl_fionbio(&socket, false)?;
        connect(&socket, &self.target())?;
        Ok(TcpStream::from(socket))
    }

    /// A socket for datagrams to there; it does not block.
    pub(super) fn datagrams(&self) -> io::Result<UdpSocket> {
        let target = self.target();
        let socket = match (self, target) {
            (Place::Service(door, _), _) => UdpSocket::from(door.outgoing(Outgoing::Datagrams)?),
            (_, SocketAddr::V4(_)) => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?,
            (_, SocketAddr::V6(_)) => UdpSocket::bind((std::net::Ipv6Addr::UNSPECIFIED, 0))?,
        };
        socket.set_nonblocking(true)?;
        socket.connect(target)?;
        Ok(socket)
    }
}
