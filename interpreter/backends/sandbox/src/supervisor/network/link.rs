//! A step's network namespace with a link out of it: one end is the step's `eth0`, the other lies in a namespace that all links of
//! this supervisor share and where nothing but the gateway listens.

use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;

use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use super::netlink::{Batch, Netlink};
use super::wire::{STEP_MAC, Wire};
use crate::child::sys;
use crate::protocol::Egress;

/// What a step has on its link, and who answers there. The range is kept for the two ends of such a link (RFC 7335), so it is
/// nobody's own network.
pub(super) const STEP_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 0, 2);
/// The gateway, which is also the step's resolver.
pub(super) const GATEWAY_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 0, 1);
/// The step's address of version 6: a local one (RFC 4193), so programs prefer version 4 where a name has both.
pub(super) const STEP_V6: Ipv6Addr = Ipv6Addr::new(0xfd70, 0x6970, 0x6500, 0, 0, 0, 0, 2);
/// The gateway's.
pub(super) const GATEWAY_V6: Ipv6Addr = Ipv6Addr::new(0xfd70, 0x6970, 0x6500, 0, 0, 0, 0, 1);
/// As large as a packet may be: nothing on this way is ever cut into smaller ones.
pub(super) const MTU: u32 = 65_520;

/// A namespace for one step.
pub(super) struct Link {
    /// The step's namespace.
    pub(super) namespace: Arc<OwnedFd>,
    /// The number of the other end.
    pub(super) index: u32,
    /// Sockets inside that stand for granted ports of the host's loopback.
    pub(super) listeners: Vec<TcpListener>,
    kernel: Netlink,
}

impl Link {
    /// Whether the step that had it never used it. Steps cannot change devices, addresses or routes: what is left of one in its network are
    /// connections that end, and those come with packets. So a namespace without packets is as a new one.
    pub(super) fn is_as_new(&self) -> bool {
        self.kernel.is_untouched()
    }
}

/// The namespace that holds the other ends. It is made, and used, by one thread.
pub(super) struct Hub {
    namespace: OwnedFd,
    kernel: Netlink,
    next: u32,
    has_v6: bool,
}

/// The first number of a link: those before are the loopback's and whatever else a kernel puts into a new namespace.
const FIRST: u32 = 16;

/// What could not be done, in the middle of "cannot …", and why.
pub(super) type Failure = (&'static str, io::Error);

impl Hub {
    /// Makes it, and the socket at which all links end. This thread is moved.
    pub(super) fn new() -> Result<(Hub, Wire), Failure> {
        let namespace = fresh_namespace()?;
        // Nothing but the gateway speaks here. Where this cannot be said, the kernel's own packets are passed over.
        let _ = std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
        let wire = Wire::open().map_err(|error| ("listen to links", error))?;
        let kernel = Netlink::open()?;
        Ok((Hub { namespace, kernel, next: FIRST, has_v6: host_has_v6() }, wire))
    }

    /// Makes a link. This thread comes back here: a namespace lives as long as a thread is in it.
    pub(super) fn link(&mut self, egress: &Egress) -> Result<Link, Failure> {
        let index = self.next;
        self.next = self.next.checked_add(1).filter(|next| next.cast_signed() > 0).unwrap_or(FIRST);
        let made = self.link_as(index, egress);
        move_into_link_name_space(self.namespace.as_fd(), Some(LinkNameSpaceType::Network))
            .map_err(|errno| ("leave a network namespace", errno.into()))?;
        made
    }

    fn link_as(&self, index: u32, egress: &Egress) -> Result<Link, Failure> {
        let namespace = fresh_namespace()?;
        let mut both = Batch::default();
        add_link(&mut both, namespace.as_raw_fd(), index);
        // The gateway's end first: the step's then has a partner, and works from its first moment.
        bring_up(&mut both, index);
        self.kernel.perform(&both)?;
        let kernel = Netlink::open()?;
        kernel.perform(&self.inside())?;
        let listeners = listeners(egress).map_err(|error| ("listen at a granted port", error))?;
        Ok(Link { namespace: Arc::new(namespace), index, listeners, kernel })
    }

    /// What is to be done in the step's namespace.
    fn inside(&self) -> Batch {
        let mut batch = Batch::default();
        bring_up(&mut batch, STEP_INDEX);
        add_address(&mut batch, IpAddr::V4(STEP_V4), 32);
        add_default_route(&mut batch, libc::AF_INET as u8);
        if self.has_v6 {
            add_address(&mut batch, IpAddr::V6(STEP_V6), 128);
            add_default_route(&mut batch, libc::AF_INET6 as u8);
        }
        batch
    }
}

/// Moves this thread, and it alone, into a new namespace with its loopback up.
pub(super) fn fresh_namespace() -> Result<OwnedFd, Failure> {
    // SAFETY: a network namespace belongs to a thread; the others of this process keep theirs.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }
        .map_err(|errno| ("make a network namespace", errno.into()))?;
    sys::loopback_up().map_err(|sys::Errno(errno)| {
        ("bring the loopback interface up", io::Error::from_raw_os_error(errno))
    })?;
    let namespace = File::open("/proc/thread-self/ns/net").map(OwnedFd::from);
    namespace.map_err(|error| ("keep a network namespace", error))
}

/// Whether the host has an address of version 6 that leads out.
fn host_has_v6() -> bool {
    // Columns of `/proc/net/if_inet6`: address, index, prefix, scope (0: global), flags, name.
    let text = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    text.lines().any(|line| line.split_whitespace().nth(3) == Some("00"))
}

/// In a namespace of its own `127.0.0.1` is the step's: what is granted of the host's stands there.
fn listeners(egress: &Egress) -> io::Result<Vec<TcpListener>> {
    let granted = egress.allowed.iter().filter(|reach| reach.network.is_loopback());
    let ports = granted.filter_map(|reach| Some((reach.network, reach.port?)));
    let listener = |place: (IpAddr, u16)| {
        let listener = TcpListener::bind(place)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    ports.map(listener).collect()
}

/// The step's end: the second device of its namespace.
const STEP_INDEX: u32 = 2;

// Constants of `linux/rtnetlink.h`, `linux/if_link.h` and `linux/veth.h` that `libc` does not have.
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
const IN6_ADDR_GEN_MODE_NONE: u8 = 1;
const VETH_INFO_PEER: u16 = 1;
const UP: u32 = (libc::IFF_UP | libc::IFF_NOARP) as u32;

/// `struct ifinfomsg`: only these fields count here.
fn interface_message(index: u32, flags: u32) -> [u8; 16] {
    let mut message = [0; 16];
    for (slot, word) in message.chunks_exact_mut(4).zip([0, index, flags, flags]) {
        slot.copy_from_slice(&word.to_ne_bytes());
    }
    message
}

/// Both ends, down.
fn add_link(batch: &mut Batch, step: i32, index: u32) {
    let create = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
    let request = batch.begin("make a link", libc::RTM_NEWLINK, create, &interface_message(index, 0));
    batch.attribute(libc::IFLA_IFNAME, format!("step{index}\0").as_bytes());
    add_sizes(batch);
    let info = batch.begin_attribute(libc::IFLA_LINKINFO, &[]);
    batch.attribute(libc::IFLA_INFO_KIND, b"veth\0");
    let data = batch.begin_attribute(libc::IFLA_INFO_DATA, &[]);
    let peer = batch.begin_attribute(VETH_INFO_PEER, &interface_message(STEP_INDEX, 0));
    batch.attribute(libc::IFLA_IFNAME, b"eth0\0");
    batch.attribute(libc::IFLA_ADDRESS, &STEP_MAC);
    batch.attribute(libc::IFLA_NET_NS_FD, &step.to_ne_bytes());
    add_sizes(batch);
    batch.end_attribute(peer);
    batch.end_attribute(data);
    batch.end_attribute(info);
    batch.end(request);
}

/// As large as packets get, and none that the kernel would have to cut on the way.
fn add_sizes(batch: &mut Batch) {
    batch.attribute(libc::IFLA_MTU, &MTU.to_ne_bytes());
    batch.attribute(libc::IFLA_GSO_MAX_SEGS, &1_u32.to_ne_bytes());
}

/// Brings an end up. It asks for nobody's hardware address, for there is one neighbour, who takes everything; and it makes no
/// addresses up, which it would try out on that neighbour.
fn bring_up(batch: &mut Batch, index: u32) {
    let request = batch.begin("bring a link up", libc::RTM_NEWLINK, 0, &interface_message(index, UP));
    let families = batch.begin_attribute(libc::IFLA_AF_SPEC, &[]);
    let v6 = batch.begin_attribute(libc::AF_INET6 as u16, &[]);
    batch.attribute(IFLA_INET6_ADDR_GEN_MODE, &[IN6_ADDR_GEN_MODE_NONE]);
    batch.end_attribute(v6);
    batch.end_attribute(families);
    batch.end(request);
}

fn add_address(batch: &mut Batch, address: IpAddr, prefix: u8) {
    // `struct ifaddrmsg`: family, prefix, flags, scope, index.
    let (family, bytes) = match address {
        IpAddr::V4(v4) => (libc::AF_INET as u8, v4.octets().to_vec()),
        IpAddr::V6(v6) => (libc::AF_INET6 as u8, v6.octets().to_vec()),
    };
    // Nobody else is there who could have the address.
    let flags = if address.is_ipv6() { libc::IFA_F_NODAD as u8 } else { 0 };
    let mut message = vec![family, prefix, flags, libc::RT_SCOPE_UNIVERSE];
    message.extend(STEP_INDEX.to_ne_bytes());
    let create = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
    let request = batch.begin("give a link an address", libc::RTM_NEWADDR, create, &message);
    batch.attribute(libc::IFA_LOCAL, &bytes);
    batch.attribute(libc::IFA_ADDRESS, &bytes);
    batch.end(request);
}

fn add_default_route(batch: &mut Batch, family: u8) {
    // `struct rtmsg`: family, two prefixes, type of service, table, protocol, scope, type, flags.
    let scope = if family == libc::AF_INET as u8 { libc::RT_SCOPE_LINK } else { libc::RT_SCOPE_UNIVERSE };
    let mut message =
        vec![family, 0, 0, 0, libc::RT_TABLE_MAIN, libc::RTPROT_STATIC, scope, libc::RTN_UNICAST];
    message.extend(0_u32.to_ne_bytes());
    let create = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
    let request = batch.begin("make a route", libc::RTM_NEWROUTE, create, &message);
    batch.attribute(libc::RTA_OIF, &STEP_INDEX.to_ne_bytes());
    batch.end(request);
}
