//! Makes a step's processes.

use std::ffi::{c_int, c_void};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use super::ahead::Ahead;
use super::image::{Stack, StepImage};
use super::raw::{self, CloneArgs, Start};
use super::sys::{Errno, Sys};
use super::{command, init, prober};

const NAMESPACES: c_int =
    libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS | libc::CLONE_NEWCGROUP;

/// Starts a step's first process in namespaces of its own, before there is a step; a descriptor of it.
///
/// That process has the supervisor's memory (`CLONE_VM`): copying it, and telling the copies apart afterwards, page by page, would be
/// a sixth of what a step costs. Descriptors and working folder are its own.
///
/// # Safety
/// What it is given must live, and stay as it is, until the process is gone, and so must the step that is put into it.
pub(crate) unsafe fn spawn(ahead: &Ahead) -> std::io::Result<OwnedFd> {
    let mut pidfd: RawFd = -1;
    let args = CloneArgs {
        flags: (NAMESPACES | libc::CLONE_PIDFD | libc::CLONE_VM) as u64,
        pidfd: &raw mut pidfd as u64,
        ..CloneArgs::default()
    };
    // SAFETY: the structure and `pidfd` live through the call; of the rest the caller takes care. `init::start` never returns.
    unsafe { clone_on(&ahead.stack, args, init::start, ahead) }
        .map_err(|Errno(errno)| std::io::Error::from_raw_os_error(errno))?;
    // SAFETY: the kernel just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(pidfd) })
}

/// Starts the command's process, in the same memory; this process is suspended until it executes.
pub(crate) fn start_command(image: &StepImage) -> Sys<libc::pid_t> {
    let args = CloneArgs { flags: (libc::CLONE_VM | libc::CLONE_VFORK) as u64, ..CloneArgs::default() };
    // SAFETY: the image outlives this process, which is suspended until the new one has its own memory or is gone.
    // `command::start` never returns.
    unsafe { clone_on(&image.command.stack, args, command::start, image) }
}

/// Starts the process that runs a service's probe whenever it is asked to, in the same memory, beside this process.
pub(crate) fn start_prober(image: &StepImage) -> Sys<libc::pid_t> {
    let Some(probe) = &image.probe else { return Err(Errno(libc::EINVAL)) };
    let args = CloneArgs { flags: libc::CLONE_VM as u64, ..CloneArgs::default() };
    // SAFETY: the image outlives every process of the step. `prober::start` never returns.
    unsafe { clone_on(&probe.stack, args, prober::start, image) }
}

/// Starts a probe's process, as [`start_command`] does the command's.
pub(super) fn start_probe(image: &StepImage) -> Sys<libc::pid_t> {
    let Some(probe) = &image.probe else { return Err(Errno(libc::EINVAL)) };
    let args = CloneArgs { flags: (libc::CLONE_VM | libc::CLONE_VFORK) as u64, ..CloneArgs::default() };
    // SAFETY: as there; `prober::start_one` never returns.
    unsafe { clone_on(&probe.program.stack, args, prober::start_one, image) }
}

/// # Safety
/// As [`raw::clone3`]; the stack is the new process's alone.
unsafe fn clone_on<T>(stack: &Stack, mut args: CloneArgs, start: Start, argument: &T) -> Sys<libc::pid_t> {
    let (base, size) = stack.range();
    args.exit_signal = libc::SIGCHLD as u64;
    args.stack = base as u64;
    args.stack_size = size as u64;
    let argument = std::ptr::from_ref(argument).cast_mut().cast::<c_void>();
    // SAFETY: as the caller promises; `start` only reads through its argument.
    let pid = unsafe { raw::clone3(&args, start, argument) };
    if pid < 0 { Err(Errno(-pid as c_int)) } else { Ok(pid as libc::pid_t) }
}
