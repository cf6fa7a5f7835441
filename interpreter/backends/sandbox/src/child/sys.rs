//! System calls for code that runs between `clone` and `execve`.
//!
//! Nothing here allocates, locks, panics, unwinds or touches memory of a thread: the process shares the memory of the supervisor, whose
//! threads go on.

use std::ffi::{CStr, c_char, c_int, c_long, c_uint, c_ulong};
use std::os::fd::RawFd;

use super::raw;

/// A system call's error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) c_int);

/// What a system call gives.
pub(crate) type Sys<T> = Result<T, Errno>;

/// Makes a call.
///
/// # Safety
/// What the arguments point to must be what the call reads and writes.
unsafe fn call<const N: usize>(number: c_long, arguments: [usize; N]) -> Sys<usize> {
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
unsafe fn call_unit<const N: usize>(number: c_long, arguments: [usize; N]) -> Sys<()> {
    // SAFETY: as the caller promises.
    unsafe { call(number, arguments) }.map(drop)
}

/// Makes a call that gives a descriptor.
///
/// # Safety
/// As [`call`].
unsafe fn call_fd<const N: usize>(number: c_long, arguments: [usize; N]) -> Sys<RawFd> {
    // SAFETY: as the caller promises.
    unsafe { call(number, arguments) }.map(|fd| fd as RawFd)
}

/// A text as an argument.
fn text(text: &CStr) -> usize {
    text.as_ptr() as usize
}

/// What a call reads, as an argument.
fn address<T>(value: &T) -> usize {
    std::ptr::from_ref(value) as usize
}

/// The folder that relative paths begin at.
const HERE: usize = libc::AT_FDCWD as usize;

fn or_null(given: Option<&CStr>) -> usize {
    given.map_or(0, text)
}

/// `_exit(2)`.
pub(crate) fn exit(code: c_int) -> ! {
    loop {
        // SAFETY: ends the process at once, without running anything of the C library.
        let _ = unsafe { call(libc::SYS_exit_group, [code as usize]) };
    }
}

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

/// `chdir(2)`.
pub(crate) fn chdir(path: &CStr) -> Sys<()> {
    // SAFETY: the path ends in NUL and lives through the call.
    unsafe { call_unit(libc::SYS_chdir, [text(path)]) }
}

/// `fchdir(2)`.
pub(crate) fn fchdir(folder: RawFd) -> Sys<()> {
    // SAFETY: only a number is passed.
    unsafe { call_unit(libc::SYS_fchdir, [folder as usize]) }
}

/// `mkdir(2)`; a folder that exists is no error.
pub(crate) fn mkdir(path: &CStr, mode: libc::mode_t) -> Sys<()> {
    // SAFETY: the path ends in NUL and lives through the call.
    match unsafe { call_unit(libc::SYS_mkdirat, [HERE, text(path), mode as usize]) } {
        Err(Errno(libc::EEXIST)) => Ok(()),
        other => other,
    }
}

/// `symlink(2)`; a name that exists is no error.
pub(crate) fn symlink(target: &CStr, link: &CStr) -> Sys<()> {
    // SAFETY: both paths end in NUL and live through the call.
    match unsafe { call_unit(libc::SYS_symlinkat, [text(target), HERE, text(link)]) } {
        Err(Errno(libc::EEXIST)) => Ok(()),
        other => other,
    }
}

/// Makes an empty file.
pub(crate) fn touch(path: &CStr) -> Sys<()> {
    open(path, libc::O_CREAT | libc::O_WRONLY).map(close)
}

/// Makes a file that is not there yet, for its owner alone, and opens it for writing.
pub(crate) fn create(path: &CStr) -> Sys<RawFd> {
    open_with_mode(path, libc::O_CREAT | libc::O_EXCL | libc::O_WRONLY, 0o600)
}

fn open(path: &CStr, flags: c_int) -> Sys<RawFd> {
    open_with_mode(path, flags, 0o666)
}

fn open_with_mode(path: &CStr, flags: c_int, mode: libc::mode_t) -> Sys<RawFd> {
    let arguments = [HERE, text(path), (flags | libc::O_CLOEXEC) as usize, mode as usize];
    // SAFETY: the path ends in NUL and lives through the call.
    unsafe { call_fd(libc::SYS_openat, arguments) }
}

/// `open(2)` for reading.
pub(crate) fn open_read(path: &CStr) -> Sys<RawFd> {
    open(path, libc::O_RDONLY)
}

/// A folder, to come back to.
pub(crate) fn open_folder(path: &CStr) -> Sys<RawFd> {
    open(path, libc::O_PATH | libc::O_DIRECTORY)
}

/// Whether something is at a path.
pub(crate) fn exists(path: &CStr) -> bool {
    // SAFETY: the path ends in NUL and lives through the call.
    unsafe { call(libc::SYS_faccessat, [HERE, text(path), libc::F_OK as usize]) }.is_ok()
}

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

/// `sethostname(2)`.
pub(crate) fn sethostname(name: &CStr) -> Sys<()> {
    // SAFETY: pointer and length are those of a live text.
    unsafe { call_unit(libc::SYS_sethostname, [text(name), name.count_bytes()]) }
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

/// `umask(2)`.
pub(crate) fn umask(mask: libc::mode_t) {
    // SAFETY: only a number is passed; cannot fail.
    let _ = unsafe { call(libc::SYS_umask, [mask as usize]) };
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
