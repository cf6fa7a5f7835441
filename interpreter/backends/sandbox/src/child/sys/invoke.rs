//! How a call is made, and how its arguments are passed.

use std::ffi::{CStr, c_int, c_long};
use std::os::fd::RawFd;

use crate::child::raw;

/// A system call's error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) c_int);

/// What a system call gives.
pub(crate) type Sys<T> = Result<T, Errno>;

/// Makes a call.
///
/// # Safety
/// What the arguments point to must be what the call reads and writes.
pub(super) unsafe fn call<const N: usize>(number: c_long, arguments: [usize; N]) -> Sys<usize> {
    let mut all = [0; 6];
    for (slot, argument) in all.iter_mut().zip(arguments) {
        *slot = argument;
    }
    // SAFETY: as the caller promises.
    let result = unsafe { raw::syscall(number, all) };
    if (-4095..0).contains(&result) { Err(Errno(-result as c_int)) } else { Ok(result as usize) }
}

/// Makes a call that gives nothing.
///
/// # Safety
/// As [`call`].
pub(super) unsafe fn call_unit<const N: usize>(number: c_long, arguments: [usize; N]) -> Sys<()> {
    // SAFETY: as the caller promises.
    unsafe { call(number, arguments) }.map(drop)
}

/// Makes a call that gives a descriptor.
///
/// # Safety
/// As [`call`].
pub(super) unsafe fn call_fd<const N: usize>(number: c_long, arguments: [usize; N]) -> Sys<RawFd> {
    // SAFETY: as the caller promises.
    unsafe { call(number, arguments) }.map(|fd| fd as RawFd)
}

/// A text as an argument.
pub(super) fn text(text: &CStr) -> usize {
    text.as_ptr() as usize
}

/// What a call reads, as an argument.
pub(super) fn address<T>(value: &T) -> usize {
    std::ptr::from_ref(value) as usize
}

/// The folder that relative paths begin at.
pub(super) const HERE: usize = libc::AT_FDCWD as usize;

pub(super) fn or_null(given: Option<&CStr>) -> usize {
    given.map_or(0, text)
}
