//! Descriptors: their numbers, and what is read from and written to them.

use std::ffi::{c_int, c_uint};
use std::os::fd::RawFd;

use super::invoke::{Errno, Sys, call, call_unit};

/// `close(2)`.
pub(crate) fn close(fd: RawFd) {
    // SAFETY: the caller gives up a number it owns; nothing else in this process uses it. Its number is free even if this fails.
    let _ = unsafe { call(libc::SYS_close, [fd as usize]) };
}

/// Gives a descriptor a chosen number that survives `execve`.
pub(crate) fn dup_to(from: RawFd, to: RawFd) -> Sys<()> {
    duplicate(from, to, 0)
}

fn duplicate(from: RawFd, to: RawFd, flags: c_int) -> Sys<()> {
    // SAFETY: only numbers are passed.
    unsafe { call_unit(libc::SYS_dup3, [from as usize, to as usize, flags as usize]) }
}

/// Gives a descriptor a chosen number that is closed by `execve`.
pub(crate) fn dup_to_cloexec(from: RawFd, to: RawFd) -> Sys<()> {
    if from == to { Ok(()) } else { duplicate(from, to, libc::O_CLOEXEC) }
}

/// Closes every descriptor from `first` on.
pub(crate) fn close_from(first: c_uint) -> Sys<()> {
    // SAFETY: the callers own every descriptor above `first` in this process's table and use none of them again.
    unsafe { call_unit(libc::SYS_close_range, [first as usize, c_uint::MAX as usize, 0]) }
}

/// `write(2)` of a whole small record.
pub(crate) fn write(fd: RawFd, bytes: &[u8]) -> Sys<()> {
    write_some(fd, bytes).map(drop)
}

/// `write(2)`; how many of the bytes were written.
pub(crate) fn write_some(fd: RawFd, bytes: &[u8]) -> Sys<usize> {
    // SAFETY: pointer and length are those of a live slice.
    unsafe { call(libc::SYS_write, [fd as usize, bytes.as_ptr() as usize, bytes.len()]) }
}

/// `fchown(2)`.
pub(crate) fn fchown(fd: RawFd, uid: libc::uid_t, gid: libc::gid_t) -> Sys<()> {
    // SAFETY: only numbers are passed.
    unsafe { call_unit(libc::SYS_fchown, [fd as usize, uid as usize, gid as usize]) }
}

/// `fchmod(2)`.
pub(crate) fn fchmod(fd: RawFd, mode: u32) -> Sys<()> {
    // SAFETY: only numbers are passed.
    unsafe { call_unit(libc::SYS_fchmod, [fd as usize, mode as usize]) }
}

/// `read(2)` of one byte; whether there was one before the end.
pub(crate) fn read_byte(fd: RawFd) -> Sys<bool> {
    let mut byte = 0_u8;
    loop {
        // SAFETY: the byte lives through the call.
        match unsafe { call(libc::SYS_read, [fd as usize, &raw mut byte as usize, 1]) } {
            Err(Errno(libc::EINTR)) => {}
            other => return other.map(|read| read == 1),
        }
    }
}

/// Receives one message of one byte, and the descriptors that come with it; how many those are. `None`: the other end is closed.
pub(crate) fn receive_descriptors<const N: usize>(
    socket: RawFd,
    descriptors: &mut [RawFd; N],
) -> Sys<Option<usize>> {
    let mut byte = 0_u8;
    let mut part = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    // One `cmsghdr` (two words), then numbers of descriptors, two in a word.
    let mut control = [0_u64; 16];
    // SAFETY: all zeroes is a valid `msghdr`.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut control).cast();
    message.msg_controllen = size_of_val(&control) as _;
    let arguments = [socket as usize, &raw mut message as usize, libc::MSG_CMSG_CLOEXEC as usize];
    let received = loop {
        // SAFETY: the message, its one byte and its room for descriptors live through the call.
        match unsafe { call(libc::SYS_recvmsg, arguments) } {
            Err(Errno(libc::EINTR)) => {}
            other => break other?,
        }
    };
    if received == 0 {
        return Ok(None);
    }
    let [length, _, words @ ..] = &control;
    let count = (*length as usize).saturating_sub(2 * size_of::<u64>()) / size_of::<RawFd>();
    let numbers = words.iter().flat_map(|word| {
        let [a, b, c, d, e, f, g, h] = word.to_ne_bytes();
        [RawFd::from_ne_bytes([a, b, c, d]), RawFd::from_ne_bytes([e, f, g, h])]
    });
    for (slot, number) in descriptors.iter_mut().zip(numbers) {
        *slot = number;
    }
    Ok(Some(count.min(N)))
}
