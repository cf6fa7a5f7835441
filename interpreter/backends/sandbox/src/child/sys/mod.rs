//! System calls for code that runs between `clone` and `execve`.
//!
//! Nothing here allocates, locks, panics, unwinds or touches memory of a thread: the process shares the memory of the supervisor, whose
//! threads go on.

mod descriptors;
mod files;
mod invoke;
mod mounts;
mod namespaces;
mod processes;
mod rights;
mod signals;
mod terminals;

pub(crate) use descriptors::{
    close, close_from, dup_to, dup_to_cloexec, fchmod, fchown, read_byte, receive_descriptors, write,
    write_some,
};
pub(crate) use files::{
    chdir, create, exists, fchdir, mkdir, open_folder, open_read, open_terminal, symlink, touch, umask,
};
pub(crate) use invoke::{Errno, Sys};
pub(crate) use mounts::{
    attach_mount, clone_mount, detach, fsconfig_create, fsconfig_flag, fsconfig_string, fsmount, fsopen,
    mount, pivot_root_here, set_mount_attributes,
};
pub(crate) use namespaces::{enter_network, loopback_up, new_network, sethostname};
pub(crate) use processes::{EndedChild, ended_child, execve, exit, monotonic_nanos, own_peak, wait_any};
pub(crate) use rights::{capset, prctl, seccomp, set_limit, setgroups, setresgid, setresuid, setsid};
pub(crate) use signals::{
    Signals, block_signals, kill_all_others, reset_signal, send_signal, unblock_signals, wait_signal,
};
pub(crate) use terminals::{control_terminal, other_side, send_descriptor, unlock_terminal};
