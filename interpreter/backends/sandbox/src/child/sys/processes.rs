//! Beginning and end of processes, and what is measured of them.

use std::ffi::{CStr, c_char, c_int};

use super::invoke::{Errno, Sys, call, text};

/// `_exit(2)`.
pub(crate) fn exit(code: c_int) -> ! {
    loop {
        // SAFETY: ends the process at once, without running anything of the C library.
        let _ = unsafe { call(libc::SYS_exit_group, [code as usize]) };
    }
}

/// `execve(2)`; returns only when it failed.
///
/// # Safety
/// Both arrays must end in a null pointer and point to texts that end in NUL.
pub(crate) unsafe fn execve(program: &CStr, argv: *const *const c_char, envp: *const *const c_char) -> Errno {
    // SAFETY: as the caller promises.
    match unsafe { call(libc::SYS_execve, [text(program), argv as usize, envp as usize]) } {
        Err(errno) => errno,
        Ok(_) => Errno(0),
    }
}

/// Nanoseconds of the monotonic clock.
pub(crate) fn monotonic_nanos() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure lives through the call.
    let _ = unsafe { call(libc::SYS_clock_gettime, [libc::CLOCK_MONOTONIC as usize, &raw mut now as usize]) };
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

/// A child that is gone.
pub(crate) struct EndedChild {
    pub(crate) pid: libc::pid_t,
    /// As `wait(2)` has it.
    pub(crate) status: c_int,
    /// KiB of memory that it, or one that it waited for, had at most.
    pub(crate) peak: u32,
}

/// KiB of memory that this process had at most.
pub(crate) fn own_peak() -> u32 {
    // SAFETY: all zeroes is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: it lives through the call.
    let _ = unsafe { call(libc::SYS_getrusage, [libc::RUSAGE_SELF as usize, &raw mut usage as usize]) };
    u32::try_from(usage.ru_maxrss).unwrap_or(u32::MAX)
}

/// Waits for any child.
pub(crate) fn wait_any() -> Sys<EndedChild> {
    wait_for_child(libc::__WALL)
}

/// Any child that is over; the number 0 where none is.
pub(crate) fn ended_child() -> Sys<EndedChild> {
    wait_for_child(libc::__WALL | libc::WNOHANG)
}

fn wait_for_child(options: c_int) -> Sys<EndedChild> {
    let mut status: c_int = 0;
    // SAFETY: all zeroes is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        let arguments =
            [-1_isize as usize, &raw mut status as usize, options as usize, &raw mut usage as usize];
        // SAFETY: status and usage live through the call.
        match unsafe { call(libc::SYS_wait4, arguments) } {
            Err(Errno(libc::EINTR)) => {}
            other => {
                let peak = u32::try_from(usage.ru_maxrss).unwrap_or(u32::MAX);
                return other.map(|pid| EndedChild { pid: pid as libc::pid_t, status, peak });
            }
        }
    }
}
