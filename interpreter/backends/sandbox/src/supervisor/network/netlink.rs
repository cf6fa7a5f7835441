//! Requests to the kernel about network devices, addresses and routes (`rtnetlink(7)`), sent together and answered one by one.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

const HEADER: usize = 16;
/// Bytes of `struct ifinfomsg`.
const INTERFACE: usize = 16;
const REPLY: usize = 16 * 1024;

/// Several requests, in order.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// What each asks for, in the middle of "cannot …".
    names: Vec<&'static str>,
}

/// One request, or an attribute that holds attributes, until it is closed by [`Batch::end`].
#[derive(Clone, Copy)]
pub(super) struct Open(usize);

impl Batch {
    /// Begins a request: its type, flags beside "acknowledge", and the fixed part of its message.
    pub(super) fn begin(&mut self, name: &'static str, kind: u16, flags: u16, fixed: &[u8]) -> Open {
        let open = Open(self.bytes.len());
        self.names.push(name);
        let flags = libc::NLM_F_REQUEST as u16 | libc::NLM_F_ACK as u16 | flags;
        self.bytes.extend(0_u32.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(flags.to_ne_bytes());
        self.bytes.extend((self.names.len() as u32).to_ne_bytes());
        self.bytes.extend(0_u32.to_ne_bytes());
        self.bytes.extend(fixed);
        self.pad();
        open
    }

    /// Closes a request: now its length is known.
    pub(super) fn end(&mut self, open: Open) {
        let len = (self.bytes.len() - open.0) as u32;
        if let Some(slot) = self.bytes.get_mut(open.0..open.0 + 4) {
            slot.copy_from_slice(&len.to_ne_bytes());
        }
    }

    /// An attribute.
    pub(super) fn attribute(&mut self, kind: u16, value: &[u8]) {
        self.bytes.extend(((4 + value.len()) as u16).to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(value);
        self.pad();
    }

    /// Begins an attribute that holds others, behind a fixed part.
    pub(super) fn begin_attribute(&mut self, kind: u16, fixed: &[u8]) -> Open {
        let open = Open(self.bytes.len());
        self.attribute(kind, fixed);
        open
    }

    /// Closes an attribute.
    pub(super) fn end_attribute(&mut self, open: Open) {
        let len = (self.bytes.len() - open.0) as u16;
        if let Some(slot) = self.bytes.get_mut(open.0..open.0 + 2) {
            slot.copy_from_slice(&len.to_ne_bytes());
        }
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    /// How many answers a datagram holds. The first failure of all is kept.
    fn read_answers(&self, mut bytes: &[u8], outcome: &mut Result<(), (&'static str, io::Error)>) -> usize {
        let mut count = 0;
        while let Some((len, sequence, errno)) = answer(bytes) {
            count += 1;
            if errno != 0 && outcome.is_ok() {
                let name = self.names.get((sequence as usize).wrapping_sub(1)).copied();
                *outcome = Err((name.unwrap_or("set a network up"), io::Error::from_raw_os_error(-errno)));
            }
            bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        }
        count
    }
}

/// A way to talk about one network namespace, from wherever its holder is.
pub(super) struct Netlink {
    socket: OwnedFd,
}

fn failed(errno: rustix::io::Errno) -> (&'static str, io::Error) {
    ("talk to the kernel about networks", errno.into())
}

impl Netlink {
    /// About the namespace that this thread is in now.
    pub(super) fn open() -> Result<Netlink, (&'static str, io::Error)> {
        // The first protocol, number zero, is that of routes, and of everything else about networks.
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None);
        Ok(Netlink { socket: socket.map_err(failed)? })
    }

    /// Has everything done.
    ///
    /// # Errors
    /// What could not be done, and why; what stands before it is done.
    pub(super) fn perform(&self, batch: &Batch) -> Result<(), (&'static str, io::Error)> {
        let kernel = SocketAddrNetlink::new(0, 0);
        sendto(&self.socket, &batch.bytes, SendFlags::empty(), &kernel).map_err(failed)?;
        let mut answered = 0;
        let mut outcome = Ok(());
        let mut buffer = vec![0; REPLY];
        while answered < batch.names.len() {
            let (len, _) = recv(&self.socket, buffer.as_mut_slice(), RecvFlags::empty()).map_err(failed)?;
            answered += batch.read_answers(buffer.get(..len).unwrap_or_default(), &mut outcome);
        }
        outcome
    }
}

impl Netlink {
    /// Whether no packet ever went through the devices of this namespace, or came.
    pub(super) fn is_untouched(&self) -> bool {
        self.packets().is_ok_and(|packets| packets == 0)
    }

    fn packets(&self) -> rustix::io::Result<u64> {
        let mut request = Vec::with_capacity(HEADER + INTERFACE);
        request.extend(((HEADER + INTERFACE) as u32).to_ne_bytes());
        request.extend(libc::RTM_GETLINK.to_ne_bytes());
        request.extend(((libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16).to_ne_bytes());
        request.resize(HEADER + INTERFACE, 0);
        sendto(&self.socket, &request, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
        let mut buffer = vec![0; 2 * REPLY];
        let mut sum = 0_u64;
        loop {
            let (len, _) = recv(&self.socket, buffer.as_mut_slice(), RecvFlags::empty())?;
            let mut rest = buffer.get(..len).unwrap_or_default();
            while let Some((kind, message)) = message(rest) {
                match kind {
                    libc::RTM_NEWLINK => sum = sum.saturating_add(packets_of(message).unwrap_or(u64::MAX)),
                    // The end of the list, or an error instead of one.
                    _ if i32::from(kind) == libc::NLMSG_DONE => return Ok(sum),
                    _ => return Err(rustix::io::Errno::INVAL),
                }
                rest = rest.get(message.len().next_multiple_of(4)..).unwrap_or_default();
            }
        }
    }
}

/// Type and bytes of the first message, its header among them.
fn message(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let len = u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let kind = u16::from_ne_bytes(bytes.get(4..6)?.try_into().ok()?);
    (len >= HEADER).then_some((kind, bytes.get(..len)?))
}

/// Packets that a device has received and sent: the first two numbers of its statistics.
fn packets_of(message: &[u8]) -> Option<u64> {
    let mut rest = message.get(HEADER + INTERFACE..)?;
    while rest.len() >= 4 {
        let len = usize::from(u16::from_ne_bytes(rest.get(..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(rest.get(2..4)?.try_into().ok()?);
        if kind == libc::IFLA_STATS64 {
            let number = |at: usize| Some(u64::from_ne_bytes(rest.get(at..at + 8)?.try_into().ok()?));
            return Some(number(4)?.saturating_add(number(12)?));
        }
        rest = rest.get(len.max(4).next_multiple_of(4)..)?;
    }
    None
}

/// Length, sequence number and minus the error number of the first answer.
fn answer(bytes: &[u8]) -> Option<(usize, u32, i32)> {
    let word = |at: usize| Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let len = word(0)? as usize;
    (len >= HEADER + 4).then_some((len, word(8)?, word(HEADER)? as i32))
}
