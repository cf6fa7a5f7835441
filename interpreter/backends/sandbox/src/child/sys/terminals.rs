//! Pseudoterminals, and giving one away.

use std::ffi::c_int;
use std::os::fd::RawFd;

use super::invoke::{Errno, Sys, address, call_fd, call_unit};

/// Lets the other side of a new pseudoterminal be opened.
pub(crate) fn unlock_terminal(person: RawFd) -> Sys<()> {
    let locked: c_int = 0;
    // SAFETY: the number that this command reads lives through the call.
    unsafe { call_unit(libc::SYS_ioctl, [person as usize, libc::TIOCSPTLCK as usize, address(&locked)]) }
}

/// Opens the other side of a pseudoterminal, without a look at any path.
pub(crate) fn other_side(person: RawFd) -> Sys<RawFd> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: only numbers are passed.
    unsafe { call_fd(libc::SYS_ioctl, [person as usize, libc::TIOCGPTPEER as usize, flags as usize]) }
}

/// Makes a terminal that no session has the controlling one of this session, which has none.
pub(crate) fn control_terminal(fd: RawFd) -> Sys<()> {
    // SAFETY: only numbers are passed.
    unsafe { call_unit(libc::SYS_ioctl, [fd as usize, libc::TIOCSCTTY as usize, 0]) }
}

/// Sends one byte, and a descriptor with it.
pub(crate) fn send_descriptor(socket: RawFd, descriptor: RawFd) -> Sys<()> {
    let mut byte = 0_u8;
    let mut part = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    // A `cmsghdr`: its length in a word, level and type in another; then the descriptor.
    let length = 2 * size_of::<u64>() + size_of::<RawFd>();
    let mut control = [length as u64, word(libc::SOL_SOCKET, libc::SCM_RIGHTS), word(descriptor, 0)];
    // SAFETY: all zeroes is a valid `msghdr`.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut control).cast();
    message.msg_controllen = length as _;
    let arguments = [socket as usize, &raw mut message as usize, libc::MSG_NOSIGNAL as usize];
    loop {
        // SAFETY: the message, its one byte and what goes with it live through the call.
        match unsafe { call_unit(libc::SYS_sendmsg, arguments) } {
            Err(Errno(libc::EINTR)) => {}
            other => return other,
        }
    }
}

/// Two numbers one after the other in memory.
fn word(first: c_int, second: c_int) -> u64 {
    let ([a, b, c, d], [e, f, g, h]) = (first.to_ne_bytes(), second.to_ne_bytes());
    u64::from_ne_bytes([a, b, c, d, e, f, g, h])
}
