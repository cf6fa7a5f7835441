//! What a process is and may: its ids, capabilities, filter, limits.

use std::ffi::{c_int, c_uint, c_ulong};

use super::invoke::{Sys, address, call_unit};

/// `prctl(2)` with one argument.
pub(crate) fn prctl(option: c_int, argument: c_ulong) -> Sys<()> {
    // SAFETY: only options whose argument is a number are used.
    unsafe { call_unit(libc::SYS_prctl, [option as usize, argument as usize, 0, 0, 0]) }
}

/// `setsid(2)`.
pub(crate) fn setsid() -> Sys<()> {
    // SAFETY: no arguments.
    unsafe { call_unit(libc::SYS_setsid, []) }
}

/// Sets supplementary groups; the raw call, which acts on this thread alone.
pub(crate) fn setgroups(groups: &[libc::gid_t]) -> Sys<()> {
    // SAFETY: pointer and length are those of a live slice.
    unsafe { call_unit(libc::SYS_setgroups, [groups.len(), groups.as_ptr() as usize]) }
}

/// Sets all three group ids; the raw call, which acts on this thread alone.
pub(crate) fn setresgid(gid: libc::gid_t) -> Sys<()> {
    // SAFETY: only numbers are passed.
    unsafe { call_unit(libc::SYS_setresgid, [gid as usize; 3]) }
}

/// Sets all three user ids; the raw call, which acts on this thread alone.
pub(crate) fn setresuid(uid: libc::uid_t) -> Sys<()> {
    // SAFETY: only numbers are passed.
    unsafe { call_unit(libc::SYS_setresuid, [uid as usize; 3]) }
}

#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: c_int,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct CapabilityWord {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

const LINUX_CAPABILITY_VERSION_3: u32 = 0x2008_0522;

/// Sets effective and permitted capabilities to a set, inheritable ones to none.
pub(crate) fn capset(set: u64) -> Sys<()> {
    let header = CapabilityHeader { version: LINUX_CAPABILITY_VERSION_3, pid: 0 };
    let word = |bits: u32| CapabilityWord { effective: bits, permitted: bits, inheritable: 0 };
    let words = [word(set as u32), word((set >> 32) as u32)];
    // SAFETY: header and two words are what version 3 of the interface reads; both live through the call.
    unsafe { call_unit(libc::SYS_capset, [address(&header), address(&words)]) }
}

const SECCOMP_SET_MODE_FILTER: c_uint = 1;

/// Installs a seccomp filter on this thread.
pub(crate) fn seccomp(filter: &[libc::sock_filter]) -> Sys<()> {
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: the kernel only reads the program, which lives through the call; its length was checked when it was made.
    unsafe { call_unit(libc::SYS_seccomp, [SECCOMP_SET_MODE_FILTER as usize, 0, address(&program)]) }
}

/// `setrlimit(2)`, soft and hard.
pub(crate) fn set_limit(resource: c_uint, soft: u64, hard: u64) -> Sys<()> {
    let limit = libc::rlimit64 { rlim_cur: soft, rlim_max: hard };
    // SAFETY: the structure lives through the call; the old value is not asked for.
    unsafe { call_unit(libc::SYS_prlimit64, [0, resource as usize, address(&limit), 0]) }
}
