//! Packets as they come from a step, and those that the gateway itself answers with.

use std::net::{IpAddr, SocketAddr};

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    Icmpv4DstUnreachable, Icmpv4Packet, Icmpv4Repr, Icmpv6DstUnreachable, Icmpv6Packet, Icmpv6Repr,
    IpProtocol, IpRepr, Ipv4Packet, Ipv4Repr, Ipv6Packet, Ipv6Repr, TcpControl, TcpPacket, TcpRepr,
    TcpSeqNumber, UdpPacket, UdpRepr,
};

/// Both ends of a flow, as the step sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Ends {
    pub(super) step: SocketAddr,
    pub(super) target: SocketAddr,
}

/// What a packet carries.
pub(super) enum Kind<'a> {
    /// The beginning of a connection.
    Syn { sequence: TcpSeqNumber },
    /// Any other part of one.
    Tcp,
    /// A datagram.
    Udp(&'a [u8]),
}

/// A packet that the gateway can do something with.
pub(super) struct Incoming<'a> {
    pub(super) ends: Ends,
    pub(super) kind: Kind<'a>,
}

/// Why a target cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreachable {
    /// A rule forbids it.
    Forbidden,
    /// Nobody knows the way.
    Host,
    /// Nobody is at that port.
    Port,
}

/// As much of a packet as goes back with an error about it.
const QUOTED: usize = 512;

fn incoming(packet: &[u8]) -> Option<(IpAddr, IpAddr, IpProtocol, &[u8])> {
    match packet.first()? >> 4 {
        4 => {
            let packet = Ipv4Packet::new_checked(packet).ok()?;
            // The link takes the largest packets whole, so nobody has a reason to send parts.
            let whole = !packet.more_frags() && packet.frag_offset() == 0;
            let payload = whole.then(|| packet.payload())?;
            Some((packet.src_addr().into(), packet.dst_addr().into(), packet.next_header(), payload))
        }
        6 => {
            let packet = Ipv6Packet::new_checked(packet).ok()?;
            Some((packet.src_addr().into(), packet.dst_addr().into(), packet.next_header(), packet.payload()))
        }
        _ => None,
    }
}

impl Incoming<'_> {
    /// Reads a packet; `None` for one that nobody here answers.
    pub(super) fn parse(packet: &[u8]) -> Option<Incoming<'_>> {
        let (source, target, protocol, payload) = incoming(packet)?;
        let ends =
            |from, to| Ends { step: SocketAddr::new(source, from), target: SocketAddr::new(target, to) };
        match protocol {
            IpProtocol::Tcp => {
                let tcp = TcpPacket::new_checked(payload).ok()?;
                let kind = match tcp.syn() && !tcp.ack() && !tcp.rst() {
                    true => Kind::Syn { sequence: tcp.seq_number() },
                    false => Kind::Tcp,
                };
                Some(Incoming { ends: ends(tcp.src_port(), tcp.dst_port()), kind })
            }
            IpProtocol::Udp => {
                let udp = UdpPacket::new_checked(payload).ok()?;
                Some(Incoming { ends: ends(udp.src_port(), udp.dst_port()), kind: Kind::Udp(udp.payload()) })
            }
            _ => None,
        }
    }
}

/// The answer of a machine on which nobody listens at that port.
pub(super) fn refusal(ends: Ends, sequence: TcpSeqNumber) -> Vec<u8> {
    let reply = TcpRepr {
        src_port: ends.target.port(),
        dst_port: ends.step.port(),
        control: TcpControl::Rst,
        seq_number: TcpSeqNumber(0),
        ack_number: Some(sequence + 1),
        window_len: 0,
        window_scale: None,
        max_seg_size: None,
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: &[],
    };
    let (from, to) = (ends.target.ip(), ends.step.ip());
    build(from, to, IpProtocol::Tcp, reply.buffer_len(), |buffer| {
        let mut packet = TcpPacket::new_unchecked(buffer);
        reply.emit(&mut packet, &from.into(), &to.into(), &ChecksumCapabilities::default());
    })
}

/// A datagram for the step.
pub(super) fn datagram(ends: Ends, payload: &[u8]) -> Vec<u8> {
    let header = UdpRepr { src_port: ends.target.port(), dst_port: ends.step.port() };
    let (from, to) = (ends.target.ip(), ends.step.ip());
    build(from, to, IpProtocol::Udp, header.header_len() + payload.len(), |buffer| {
        let mut packet = UdpPacket::new_unchecked(buffer);
        let checksums = ChecksumCapabilities::default();
        header.emit(
            &mut packet,
            &from.into(),
            &to.into(),
            payload.len(),
            |data| data.copy_from_slice(payload),
            &checksums,
        );
    })
}

/// The answer of the network to a packet that cannot be delivered; `None` when the packet makes no sense.
pub(super) fn error(packet: &[u8], why: Unreachable) -> Option<Vec<u8>> {
    let (source, target, _, _) = incoming(packet)?;
    let quoted = packet.get(..QUOTED).unwrap_or(packet);
    match (source, target) {
        (IpAddr::V4(_), IpAddr::V4(_)) => error_v4(packet, quoted, why),
        (IpAddr::V6(_), IpAddr::V6(_)) => error_v6(packet, quoted, why),
        _ => None,
    }
}

fn error_v4(packet: &[u8], quoted: &[u8], why: Unreachable) -> Option<Vec<u8>> {
    let header = Ipv4Packet::new_checked(packet).ok()?;
    let options = usize::from(header.header_len());
    let checksums = ChecksumCapabilities::ignored();
    let reply = Icmpv4Repr::DstUnreachable {
        reason: match why {
            Unreachable::Forbidden => Icmpv4DstUnreachable::CommProhibited,
            Unreachable::Host => Icmpv4DstUnreachable::HostUnreachable,
            Unreachable::Port => Icmpv4DstUnreachable::PortUnreachable,
        },
        header: Ipv4Repr::parse(&header, &checksums).ok()?,
        data: quoted.get(options..)?,
    };
    let (from, to) = (header.dst_addr().into(), header.src_addr().into());
    Some(build(from, to, IpProtocol::Icmp, reply.buffer_len(), |buffer| {
        reply.emit(&mut Icmpv4Packet::new_unchecked(buffer), &ChecksumCapabilities::default());
    }))
}

fn error_v6(packet: &[u8], quoted: &[u8], why: Unreachable) -> Option<Vec<u8>> {
    let header = Ipv6Packet::new_checked(packet).ok()?;
    let (from, to) = (header.dst_addr(), header.src_addr());
    let reply = Icmpv6Repr::DstUnreachable {
        reason: match why {
            Unreachable::Forbidden => Icmpv6DstUnreachable::AdminProhibit,
            Unreachable::Host => Icmpv6DstUnreachable::AddrUnreachable,
            Unreachable::Port => Icmpv6DstUnreachable::PortUnreachable,
        },
        header: Ipv6Repr::parse(&header).ok()?,
        data: quoted.get(header.header_len()..)?,
    };
    Some(build(from.into(), to.into(), IpProtocol::Icmpv6, reply.buffer_len(), |buffer| {
        let mut packet = Icmpv6Packet::new_unchecked(buffer);
        reply.emit(&from, &to, &mut packet, &ChecksumCapabilities::default());
    }))
}

/// A packet with a payload that `fill` writes.
fn build(
    from: IpAddr,
    to: IpAddr,
    protocol: IpProtocol,
    len: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let header = IpRepr::new(from.into(), to.into(), protocol, len, 64);
    let mut bytes = vec![0; header.buffer_len()];
    header.emit(&mut bytes, &ChecksumCapabilities::default());
    if let Some(payload) = bytes.get_mut(header.header_len()..) {
        fill(payload);
    }
    bytes
}
