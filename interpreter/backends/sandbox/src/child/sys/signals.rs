//! Signals.

use std::ffi::c_int;

use super::invoke::{Errno, Sys, address, call};

/// Puts a signal back to its default action. Also the two that the C library uses itself and hides, which may
/// have been inherited as ignored. Signals that cannot be changed are left.
pub(crate) fn reset_signal(signal: c_int) {
    // The kernel's `struct sigaction`, of 24 or 32 bytes by architecture: all zeroes is the default action.
    let default = [0_u64; 4];
    let arguments = [signal as usize, address(&default), 0, size_of::<u64>()];
    // SAFETY: the structure lives through the call, the old one is not asked for.
    let _ = unsafe { call(libc::SYS_rt_sigaction, arguments) };
}

/// Blocks no signal.
pub(crate) fn unblock_signals() {
    let empty = 0_u64;
    let arguments = [libc::SIG_SETMASK as usize, address(&empty), 0, size_of::<u64>()];
    // SAFETY: the set lives through the call, the old one is not asked for.
    let _ = unsafe { call(libc::SYS_rt_sigprocmask, arguments) };
}

/// A set of signals, as the kernel has it.
#[derive(Clone, Copy)]
pub(crate) struct Signals(u64);

impl Signals {
    /// Of two of the first 64 signals.
    pub(crate) const fn both(one: c_int, other: c_int) -> Signals {
        Signals(1 << (one - 1) | 1 << (other - 1))
    }
}

/// Blocks signals beside those that are blocked: they wait until [`wait_signal`] takes them.
pub(crate) fn block_signals(signals: Signals) {
    let arguments = [libc::SIG_BLOCK as usize, address(&signals.0), 0, size_of::<u64>()];
    // SAFETY: the set lives through the call, the old one is not asked for.
    let _ = unsafe { call(libc::SYS_rt_sigprocmask, arguments) };
}

/// Waits for one of some signals, which are blocked; its number.
pub(crate) fn wait_signal(signals: Signals) -> Sys<c_int> {
    loop {
        // SAFETY: the set lives through the call; neither details nor a time limit are given.
        match unsafe { call(libc::SYS_rt_sigtimedwait, [address(&signals.0), 0, 0, size_of::<u64>()]) } {
            Err(Errno(libc::EINTR)) => {}
            other => return other.map(|signal| signal as c_int),
        }
    }
}

/// Sends a signal to a process. One that is gone needs none.
pub(crate) fn send_signal(process: libc::pid_t, signal: c_int) {
    // SAFETY: only numbers are passed.
    let _ = unsafe { call(libc::SYS_kill, [process as usize, signal as usize]) };
}

/// Kills every other process of this process's namespace, of which it is the first.
pub(crate) fn kill_all_others() {
    // SAFETY: only numbers are passed. There may be nobody.
    let _ = unsafe { call(libc::SYS_kill, [-1_isize as usize, libc::SIGKILL as usize]) };
}
