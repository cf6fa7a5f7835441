//! The socket at which all links end: packets of every step come in with the number of its link, and go out by it.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// The hardware address of every step's end.
pub(super) const STEP_MAC: [u8; 6] = [0x02, 0x70, 0x69, 0x70, 0x65, 0x02];

/// As much as may wait to be read. The kernel takes less where the host says so.
const WAITING: libc::c_int = 16 << 20;

/// A packet socket of the namespace that it was opened in.
pub(super) struct Wire {
    socket: OwnedFd,
}

impl Wire {
    /// Opens it for all links, those that are made later as well.
    pub(super) fn open() -> io::Result<Wire> {
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: only numbers are passed.
        let socket =
            unsafe { libc::socket(libc::AF_PACKET, kind, i32::from((libc::ETH_P_ALL as u16).to_be())) };
        if socket < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel just made this descriptor for us.
        let wire = Wire { socket: unsafe { OwnedFd::from_raw_fd(socket) } };
        wire.set(libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, 1)?;
        wire.set(libc::SOL_SOCKET, libc::SO_RCVBUF, WAITING)?;
        Ok(wire)
    }

    fn set(&self, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
        let len = size_of::<libc::c_int>() as libc::socklen_t;
        // SAFETY: the value lives through the call and its size is passed with it.
        let result = unsafe {
            libc::setsockopt(self.socket.as_raw_fd(), level, option, (&raw const value).cast(), len)
        };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// The next packet, from its IP header on: its length in `buffer`, and the link. `None` when there is none.
    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<(usize, u32)>> {
        let mut address = MaybeUninit::<libc::sockaddr_ll>::zeroed();
        let mut len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
        // SAFETY: buffer, address and its length are live and have the sizes that are passed.
        let received = unsafe {
            libc::recvfrom(
                self.socket.as_raw_fd(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                0,
                address.as_mut_ptr().cast(),
                &raw mut len,
            )
        };
        if received < 0 {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::WouldBlock => Ok(None),
                // A link that is going says so once.
                _ if matches!(error.raw_os_error(), Some(libc::ENETDOWN | libc::EINTR)) => Ok(Some((0, 0))),
                _ => Err(error),
            };
        }
        // SAFETY: all zeroes is a valid address, and the kernel wrote over it at most.
        let address = unsafe { address.assume_init() };
        Ok(Some((received as usize, address.sll_ifindex.cast_unsigned())))
    }

    /// Sends a packet to a link's step. One that cannot be sent is lost, as on any network.
    pub(super) fn send(&self, index: u32, packet: &[u8]) {
        let protocol = match packet.first().map(|byte| byte >> 4) {
            Some(6) => libc::ETH_P_IPV6,
            _ => libc::ETH_P_IP,
        };
        let mut hardware = [0; 8];
        for (slot, byte) in hardware.iter_mut().zip(STEP_MAC) {
            *slot = byte;
        }
        let address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: (protocol as u16).to_be(),
            sll_ifindex: index.cast_signed(),
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: STEP_MAC.len() as u8,
            sll_addr: hardware,
        };
        // SAFETY: packet and address are live and have the sizes that are passed.
        let _ = unsafe {
            libc::sendto(
                self.socket.as_raw_fd(),
                packet.as_ptr().cast(),
                packet.len(),
                libc::MSG_NOSIGNAL,
                (&raw const address).cast(),
                size_of::<libc::sockaddr_ll>() as libc::socklen_t,
            )
        };
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
