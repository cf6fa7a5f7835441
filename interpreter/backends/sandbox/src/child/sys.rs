//! Raw system calls for code that runs between `clone` and `execve`.
//!
//! Nothing here allocates, locks, panics or unwinds: the process was forked from one with several threads, whose allocator may
//! have been locked by a thread that does not exist in the copy. `errno` is read from thread-local memory, which the copy has.

use std::ffi::{CStr, c_char, c_int, c_long, c_uint, c_ulong, c_void};
use std::os::fd::RawFd;

/// A system call's error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) c_int);

/// What a system call gives.
pub(crate) type Sys<T> = Result<T, Errno>;

/// The error of the last call that failed.
pub(crate) fn last_errno() -> Errno {
    // SAFETY: `__errno_location` returns this thread's own, always valid, address.
    Errno(unsafe { *libc::__errno_location() })
}

fn check(result: c_long) -> Sys<c_long> {
    if result < 0 { Err(last_errno()) } else { Ok(result) }
}

fn check_fd(result: c_long) -> Sys<RawFd> {
    check(result).map(|fd| fd as RawFd)
}

fn check_unit(result: c_long) -> Sys<()> {
    check(result).map(|_| ())
}

const NULL: *const c_char = std::ptr::null();

fn or_null(text: Option<&CStr>) -> *const c_char {
    text.map_or(NULL, CStr::as_ptr)
}

/// `_exit(2)`.
pub(crate) fn exit(code: c_int) -> ! {
    // SAFETY: ends the process at once, without running anything of the C library.
    unsafe { libc::_exit(code) }
}

/// `fsopen(2)`.
pub(crate) fn fsopen(filesystem: &CStr) -> Sys<RawFd> {
    // SAFETY: the name ends in NUL and lives through the call.
    check_fd(unsafe { libc::syscall(libc::SYS_fsopen, filesystem.as_ptr(), FSOPEN_CLOEXEC) })
}

const FSOPEN_CLOEXEC: c_uint = 1;
const FSCONFIG_SET_FLAG: c_uint = 0;
const FSCONFIG_SET_STRING: c_uint = 1;
const FSCONFIG_CMD_CREATE: c_uint = 6;
const FSMOUNT_CLOEXEC: c_uint = 1;

fn fsconfig(context: RawFd, command: c_uint, key: Option<&CStr>, value: Option<&CStr>) -> Sys<()> {
    // SAFETY: key and value end in NUL or are null, as each command wants them, and live through the call.
    check_unit(unsafe {
        libc::syscall(libc::SYS_fsconfig, context, command, or_null(key), or_null(value), 0 as c_int)
    })
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
    // SAFETY: only numbers are passed.
    check_fd(unsafe { libc::syscall(libc::SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes as c_uint) })
}

const OPEN_TREE_CLONE: c_uint = 1;
const AT_RECURSIVE: c_int = 0x8000;
const MOVE_MOUNT_F_EMPTY_PATH: c_uint = 4;

/// `open_tree(2)`: a detached copy of the mount at a path and of those below it.
pub(crate) fn clone_mount(path: &CStr) -> Sys<RawFd> {
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC as c_uint | AT_RECURSIVE as c_uint;
    // SAFETY: the path ends in NUL and lives through the call.
    check_fd(unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) })
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
    // SAFETY: the structure lives through the call and its size is passed with it.
    check_unit(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount,
            c"".as_ptr(),
            flags,
            &raw const attributes,
            size_of::<MountAttr>(),
        )
    })
}

/// `move_mount(2)`: attach a detached mount.
pub(crate) fn attach_mount(mount: RawFd, target: &CStr) -> Sys<()> {
    // SAFETY: both paths end in NUL and live through the call.
    check_unit(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            mount,
            c"".as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            MOVE_MOUNT_F_EMPTY_PATH,
        )
    })
}

/// `mount(2)`.
pub(crate) fn mount(
    source: Option<&CStr>,
    target: &CStr,
    filesystem: Option<&CStr>,
    flags: c_ulong,
    data: Option<&CStr>,
) -> Sys<()> {
    // SAFETY: every text ends in NUL or is null and lives through the call.
    check_unit(c_long::from(unsafe {
        libc::mount(
            or_null(source),
            target.as_ptr(),
            or_null(filesystem),
            flags,
            or_null(data).cast::<c_void>(),
        )
    }))
}

/// `umount2(2)`, lazily.
pub(crate) fn detach(target: &CStr) -> Sys<()> {
    // SAFETY: the path ends in NUL and lives through the call.
    check_unit(c_long::from(unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) }))
}

/// `pivot_root(".", ".")`: the working folder becomes the root, the old root is stacked over it.
pub(crate) fn pivot_root_here() -> Sys<()> {
    // SAFETY: the texts are constants.
    check_unit(unsafe { libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr()) })
}

/// `chdir(2)`.
pub(crate) fn chdir(path: &CStr) -> Sys<()> {
    // SAFETY: the path ends in NUL and lives through the call.
    check_unit(c_long::from(unsafe { libc::chdir(path.as_ptr()) }))
}

/// `fchdir(2)`.
pub(crate) fn fchdir(folder: RawFd) -> Sys<()> {
    // SAFETY: only a number is passed.
    check_unit(c_long::from(unsafe { libc::fchdir(folder) }))
}

/// `mkdir(2)`; a folder that exists is no error.
pub(crate) fn mkdir(path: &CStr, mode: libc::mode_t) -> Sys<()> {
    // SAFETY: the path ends in NUL and lives through the call.
    match check_unit(c_long::from(unsafe { libc::mkdir(path.as_ptr(), mode) })) {
        Err(Errno(libc::EEXIST)) => Ok(()),
        other => other,
    }
}

/// `symlink(2)`; a name that exists is no error.
pub(crate) fn symlink(target: &CStr, link: &CStr) -> Sys<()> {
    // SAFETY: both paths end in NUL and live through the call.
    match check_unit(c_long::from(unsafe { libc::symlink(target.as_ptr(), link.as_ptr()) })) {
        Err(Errno(libc::EEXIST)) => Ok(()),
        other => other,
    }
}

/// Makes an empty file.
pub(crate) fn touch(path: &CStr) -> Sys<()> {
    let flags = libc::O_CREAT | libc::O_WRONLY | libc::O_CLOEXEC;
    // SAFETY: the path ends in NUL and lives through the call.
    let file = check_fd(c_long::from(unsafe { libc::open(path.as_ptr(), flags, 0o666 as c_uint) }))?;
    close(file);
    Ok(())
}

/// `open(2)` for reading.
pub(crate) fn open_read(path: &CStr) -> Sys<RawFd> {
    // SAFETY: the path ends in NUL and lives through the call.
    check_fd(c_long::from(unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) }))
}

/// Whether something is at a path.
pub(crate) fn exists(path: &CStr) -> bool {
    // SAFETY: the path ends in NUL and lives through the call.
    unsafe { libc::access(path.as_ptr(), libc::F_OK) == 0 }
}

/// `close(2)`.
pub(crate) fn close(fd: RawFd) {
    // SAFETY: the caller gives up a number it owns; nothing else in this process uses it.
    unsafe { libc::close(fd) };
}

/// Gives a descriptor a chosen number that survives `execve`.
pub(crate) fn dup_to(from: RawFd, to: RawFd) -> Sys<()> {
    // SAFETY: only numbers are passed.
    check_unit(c_long::from(unsafe { libc::dup2(from, to) }))
}

/// Gives a descriptor a chosen number that is closed by `execve`.
pub(crate) fn dup_to_cloexec(from: RawFd, to: RawFd) -> Sys<()> {
    if from == to {
        return Ok(());
    }
    // SAFETY: only numbers are passed.
    check_unit(c_long::from(unsafe { libc::dup3(from, to, libc::O_CLOEXEC) }))
}

/// Closes every descriptor from `first` on.
pub(crate) fn close_from(first: c_uint) -> Sys<()> {
    // SAFETY: the callers own every descriptor above `first` in this copy of the process and use none of them again.
    check_unit(unsafe { libc::syscall(libc::SYS_close_range, first, c_uint::MAX, 0 as c_uint) })
}

/// `write(2)` of a whole small record.
pub(crate) fn write(fd: RawFd, bytes: &[u8]) -> Sys<()> {
    // SAFETY: pointer and length are those of a live slice.
    check_unit(unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) } as c_long)
}

/// Whether nobody can read any more what is written to this pipe.
pub(crate) fn reader_is_gone(pipe: RawFd) -> bool {
    let mut entry = libc::pollfd { fd: pipe, events: 0, revents: 0 };
    // SAFETY: one live entry, and a count of one.
    let ready = unsafe { libc::poll(&raw mut entry, 1, 0) };
    ready > 0 && entry.revents & libc::POLLERR != 0
}

/// `prctl(2)` with one argument.
pub(crate) fn prctl(option: c_int, argument: c_ulong) -> Sys<()> {
    let zero: c_ulong = 0;
    // SAFETY: only options whose argument is a number are used.
    check_unit(c_long::from(unsafe { libc::prctl(option, argument, zero, zero, zero) }))
}

/// `setsid(2)`.
pub(crate) fn setsid() -> Sys<()> {
    // SAFETY: no arguments.
    check_unit(c_long::from(unsafe { libc::setsid() }))
}

/// `sethostname(2)`.
pub(crate) fn sethostname(name: &CStr) -> Sys<()> {
    // SAFETY: pointer and length are those of a live text.
    check_unit(c_long::from(unsafe { libc::sethostname(name.as_ptr(), name.count_bytes()) }))
}

/// Sets supplementary groups; the raw call, which acts on this thread alone.
pub(crate) fn setgroups(groups: &[libc::gid_t]) -> Sys<()> {
    // SAFETY: pointer and length are those of a live slice.
    check_unit(unsafe { libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()) })
}

/// Sets all three group ids; the raw call, which acts on this thread alone.
pub(crate) fn setresgid(gid: libc::gid_t) -> Sys<()> {
    // SAFETY: only numbers are passed.
    check_unit(unsafe { libc::syscall(libc::SYS_setresgid, gid, gid, gid) })
}

/// Sets all three user ids; the raw call, which acts on this thread alone.
pub(crate) fn setresuid(uid: libc::uid_t) -> Sys<()> {
    // SAFETY: only numbers are passed.
    check_unit(unsafe { libc::syscall(libc::SYS_setresuid, uid, uid, uid) })
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
    check_unit(unsafe { libc::syscall(libc::SYS_capset, &raw const header, words.as_ptr()) })
}

const SECCOMP_SET_MODE_FILTER: c_uint = 1;

/// Installs a seccomp filter on this thread.
pub(crate) fn seccomp(filter: &[libc::sock_filter]) -> Sys<()> {
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    let flags: c_uint = 0;
    // SAFETY: the kernel only reads the program, which lives through the call; its length was checked when it was made.
    check_unit(unsafe {
        libc::syscall(libc::SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &raw const program)
    })
}

/// `setrlimit(2)`, soft and hard.
pub(crate) fn set_limit(resource: c_uint, soft: u64, hard: u64) -> Sys<()> {
    let limit = libc::rlimit64 { rlim_cur: soft, rlim_max: hard };
    let none: *mut libc::rlimit64 = std::ptr::null_mut();
    // SAFETY: the structure lives through the call; the old value is not asked for.
    check_unit(unsafe { libc::syscall(libc::SYS_prlimit64, 0 as c_int, resource, &raw const limit, none) })
}

/// Brings the loopback interface of this network namespace up.
pub(crate) fn loopback_up() -> Sys<()> {
    // SAFETY: only numbers are passed.
    let socket = check_fd(c_long::from(unsafe {
        libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0)
    }))?;
    // SAFETY: all zeroes is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (slot, byte) in request.ifr_name.iter_mut().zip(b"lo\0") {
        *slot = *byte as c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
    // SAFETY: the request is the structure that this command reads, and lives through the call.
    let result =
        check_unit(c_long::from(unsafe { libc::ioctl(socket, libc::SIOCSIFFLAGS, &raw const request) }));
    close(socket);
    result
}

/// Puts a signal back to its default action. By a raw call: the C library hides two signals that it uses itself and that may have
/// been inherited as ignored. Signals that cannot be changed are left.
pub(crate) fn reset_signal(signal: c_int) {
    // The kernel's `struct sigaction`, of 24 or 32 bytes by architecture: all zeroes is the default action.
    let default = [0_u64; 4];
    let none: *mut u64 = std::ptr::null_mut();
    // SAFETY: the structure lives through the call, the old one is not asked for.
    unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), none, size_of::<u64>()) };
}

/// Blocks no signal.
pub(crate) fn unblock_signals() {
    let empty = 0_u64;
    let none: *mut u64 = std::ptr::null_mut();
    // SAFETY: the set lives through the call, the old one is not asked for.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const empty, none, size_of::<u64>())
    };
}

/// Kills every other process of this process's namespace, of which it is the first.
pub(crate) fn kill_all_others() {
    // SAFETY: only numbers are passed.
    unsafe { libc::kill(-1, libc::SIGKILL) };
}

/// Enters a network namespace.
pub(crate) fn enter_network(namespace: RawFd) -> Sys<()> {
    // SAFETY: only numbers are passed.
    check_unit(c_long::from(unsafe { libc::setns(namespace, libc::CLONE_NEWNET) }))
}

/// `umask(2)`.
pub(crate) fn umask(mask: libc::mode_t) {
    // SAFETY: only a number is passed; cannot fail.
    unsafe { libc::umask(mask) };
}

/// Nanoseconds of the monotonic clock.
pub(crate) fn monotonic_nanos() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure lives through the call.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

/// Waits for any child; its process id and raw status.
pub(crate) fn wait_any() -> Sys<(libc::pid_t, c_int)> {
    let mut status = 0;
    loop {
        // SAFETY: the status lives through the call.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
        match check(c_long::from(pid)) {
            Err(Errno(libc::EINTR)) => {}
            other => return other.map(|_| (pid, status)),
        }
    }
}

/// `execve(2)`; returns only when it failed.
///
/// # Safety
/// Both arrays must end in a null pointer and point to texts that end in NUL.
pub(crate) unsafe fn execve(program: &CStr, argv: *const *const c_char, envp: *const *const c_char) -> Errno {
    // SAFETY: as the caller promises.
    unsafe { libc::execve(program.as_ptr(), argv, envp) };
    last_errno()
}
