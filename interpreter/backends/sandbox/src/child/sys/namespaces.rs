//! What belongs to a namespace: its host name, its network.

use std::ffi::{CStr, c_char};
use std::os::fd::RawFd;

use super::descriptors::close;
use super::invoke::{Sys, address, call_fd, call_unit, text};

/// `sethostname(2)`.
pub(crate) fn sethostname(name: &CStr) -> Sys<()> {
    // SAFETY: pointer and length are those of a live text.
    unsafe { call_unit(libc::SYS_sethostname, [text(name), name.count_bytes()]) }
}

/// Enters a network namespace.
pub(crate) fn enter_network(namespace: RawFd) -> Sys<()> {
    // SAFETY: only numbers are passed.
    unsafe { call_unit(libc::SYS_setns, [namespace as usize, libc::CLONE_NEWNET as usize]) }
}

/// Makes a network namespace and enters it.
pub(crate) fn new_network() -> Sys<()> {
    // SAFETY: only a number is passed.
    unsafe { call_unit(libc::SYS_unshare, [libc::CLONE_NEWNET as usize]) }
}

/// Brings the loopback interface of this network namespace up.
pub(crate) fn loopback_up() -> Sys<()> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    // SAFETY: only numbers are passed.
    let socket = unsafe { call_fd(libc::SYS_socket, [libc::AF_INET as usize, kind as usize, 0]) }?;
    // SAFETY: all zeroes is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (slot, byte) in request.ifr_name.iter_mut().zip(b"lo\0") {
        *slot = *byte as c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
    let arguments = [socket as usize, libc::SIOCSIFFLAGS as usize, address(&request)];
    // SAFETY: the request is the structure that this command reads, and lives through the call.
    let result = unsafe { call_unit(libc::SYS_ioctl, arguments) };
    close(socket);
    result
}
