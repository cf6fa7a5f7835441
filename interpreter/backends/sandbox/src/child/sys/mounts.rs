//! Mounts and roots.

use std::ffi::{CStr, c_int, c_uint, c_ulong};
use std::os::fd::RawFd;

use super::invoke::{HERE, Sys, address, call_fd, call_unit, or_null, text};

/// `fsopen(2)`.
pub(crate) fn fsopen(filesystem: &CStr) -> Sys<RawFd> {
    // SAFETY: the name ends in NUL and lives through the call.
    unsafe { call_fd(libc::SYS_fsopen, [text(filesystem), FSOPEN_CLOEXEC as usize]) }
}

const FSOPEN_CLOEXEC: c_uint = 1;
const FSCONFIG_SET_FLAG: c_uint = 0;
const FSCONFIG_SET_STRING: c_uint = 1;
const FSCONFIG_CMD_CREATE: c_uint = 6;
const FSMOUNT_CLOEXEC: c_uint = 1;

fn fsconfig(context: RawFd, command: c_uint, key: Option<&CStr>, value: Option<&CStr>) -> Sys<()> {
    let arguments = [context as usize, command as usize, or_null(key), or_null(value), 0];
    // SAFETY: key and value end in NUL or are null, as each command wants them, and live through the call.
    unsafe { call_unit(libc::SYS_fsconfig, arguments) }
}

/// `fsconfig(2)`: a parameter with a value.
pub(crate) fn fsconfig_string(context: RawFd, key: &CStr, value: &CStr) -> Sys<()> {
    fsconfig(context, FSCONFIG_SET_STRING, Some(key), Some(value))
}

/// `fsconfig(2)`: a parameter without a value.
pub(crate) fn fsconfig_flag(context: RawFd, key: &CStr) -> Sys<()> {
    fsconfig(context, FSCONFIG_SET_FLAG, Some(key), None)
}

/// `fsconfig(2)`: make the file system.
pub(crate) fn fsconfig_create(context: RawFd) -> Sys<()> {
    fsconfig(context, FSCONFIG_CMD_CREATE, None, None)
}

/// `fsmount(2)`: a detached mount of a made file system.
pub(crate) fn fsmount(context: RawFd, attributes: u64) -> Sys<RawFd> {
    let arguments = [context as usize, FSMOUNT_CLOEXEC as usize, attributes as usize];
    // SAFETY: only numbers are passed.
    unsafe { call_fd(libc::SYS_fsmount, arguments) }
}

const OPEN_TREE_CLONE: c_uint = 1;
const AT_RECURSIVE: c_int = 0x8000;
const MOVE_MOUNT_F_EMPTY_PATH: c_uint = 4;

/// `open_tree(2)`: a detached copy of the mount at a path and of those below it.
pub(crate) fn clone_mount(path: &CStr) -> Sys<RawFd> {
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC as c_uint | AT_RECURSIVE as c_uint;
    // SAFETY: the path ends in NUL and lives through the call.
    unsafe { call_fd(libc::SYS_open_tree, [HERE, text(path), flags as usize]) }
}

/// Mount attributes of `mount_setattr(2)`, as the kernel lays them out.
#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    userns_fd: u64,
}

/// `mount_setattr(2)` on a mount and all below it.
pub(crate) fn set_mount_attributes(mount: RawFd, set: u64) -> Sys<()> {
    let attributes = MountAttr { set, clear: 0, propagation: 0, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | AT_RECURSIVE;
    let arguments = [mount as usize, text(c""), flags as usize, address(&attributes), size_of::<MountAttr>()];
    // SAFETY: the structure lives through the call and its size is passed with it.
    unsafe { call_unit(libc::SYS_mount_setattr, arguments) }
}

/// `move_mount(2)`: attach a detached mount.
pub(crate) fn attach_mount(mount: RawFd, target: &CStr) -> Sys<()> {
    let arguments = [mount as usize, text(c""), HERE, text(target), MOVE_MOUNT_F_EMPTY_PATH as usize];
    // SAFETY: both paths end in NUL and live through the call.
    unsafe { call_unit(libc::SYS_move_mount, arguments) }
}

/// `mount(2)`.
pub(crate) fn mount(
    source: Option<&CStr>,
    target: &CStr,
    filesystem: Option<&CStr>,
    flags: c_ulong,
    data: Option<&CStr>,
) -> Sys<()> {
    let arguments = [or_null(source), text(target), or_null(filesystem), flags as usize, or_null(data)];
    // SAFETY: every text ends in NUL or is null and lives through the call.
    unsafe { call_unit(libc::SYS_mount, arguments) }
}

/// `umount2(2)`, lazily.
pub(crate) fn detach(target: &CStr) -> Sys<()> {
    // SAFETY: the path ends in NUL and lives through the call.
    unsafe { call_unit(libc::SYS_umount2, [text(target), libc::MNT_DETACH as usize]) }
}

/// `pivot_root(".", ".")`: the working folder becomes the root, the old root is stacked over it.
pub(crate) fn pivot_root_here() -> Sys<()> {
    // SAFETY: the texts are constants.
    unsafe { call_unit(libc::SYS_pivot_root, [text(c"."), text(c".")]) }
}
