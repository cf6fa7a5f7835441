//! Makes a step's first process.

use std::ffi::c_int;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use super::image::StepImage;
use super::init;

/// `struct clone_args` of `linux/sched.h`, version 0.
#[repr(C)]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
}

const NAMESPACES: c_int =
    libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS | libc::CLONE_NEWCGROUP;

/// Starts a step in namespaces of its own; a descriptor of its first process.
///
/// The new process is a copy (no `CLONE_VM`): it stays as the step's init, and the supervisor it is copied from is small.
pub(crate) fn spawn(image: &mut StepImage) -> std::io::Result<OwnedFd> {
    let mut pidfd: RawFd = -1;
    let network = if image.network.is_some() { 0 } else { libc::CLONE_NEWNET };
    let args = CloneArgs {
        flags: (NAMESPACES | network | libc::CLONE_PIDFD) as u64,
        pidfd: &raw mut pidfd as u64,
        exit_signal: libc::SIGCHLD as u64,
        ..CloneArgs::default()
    };
    // SAFETY: the structure and `pidfd` live through the call. The child continues here on its copy of this stack and calls
    // only `init::run`, which allocates nothing and never returns.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<CloneArgs>()) };
    match pid {
        0 => init::run(image),
        ..0 => Err(std::io::Error::last_os_error()),
        // SAFETY: the kernel just made this descriptor for us.
        _ => Ok(unsafe { OwnedFd::from_raw_fd(pidfd) }),
    }
}
