//! A step's link as the TCP stack sees it.

use std::collections::VecDeque;
use std::sync::Arc;

use smoltcp::phy::{Checksum, ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use super::super::link::MTU;
use super::super::wire::Wire;

/// Packets that were read and not looked at, and the way for the answers.
pub(super) struct LinkDevice {
    wire: Arc<Wire>,
    index: u32,
    waiting: VecDeque<Vec<u8>>,
}

impl LinkDevice {
    pub(super) fn new(wire: Arc<Wire>, index: u32) -> LinkDevice {
        LinkDevice { wire, index, waiting: VecDeque::new() }
    }

    /// A packet came.
    pub(super) fn push(&mut self, packet: Vec<u8>) {
        self.waiting.push_back(packet);
    }

    /// Sends a packet past the stack.
    pub(super) fn send(&self, packet: &[u8]) {
        self.wire.send(self.index, packet);
    }
}

/// A packet that came.
pub(super) struct Received(Vec<u8>);

/// A packet that will go.
pub(super) struct Sending<'a> {
    wire: &'a Wire,
    index: u32,
}

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut packet = vec![0; len];
        let result = f(&mut packet);
        self.wire.send(self.index, &packet);
        result
    }
}

impl Device for LinkDevice {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Received, Sending<'_>)> {
        let packet = self.waiting.pop_front()?;
        Some((Received(packet), Sending { wire: &self.wire, index: self.index }))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sending<'_>> {
        Some(Sending { wire: &self.wire, index: self.index })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = MTU as usize;
        // What comes was never on a real wire: the kernel leaves the sums to hardware that is not there.
        let mut checksum = ChecksumCapabilities::default();
        (checksum.ipv4, checksum.tcp) = (Checksum::Tx, Checksum::Tx);
        capabilities.checksum = checksum;
        capabilities
    }
}
