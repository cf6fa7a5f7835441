//! Files and folders by their paths.

use std::ffi::{CStr, c_int};
use std::os::fd::RawFd;

use super::descriptors::close;
use super::invoke::{Errno, HERE, Sys, call, call_fd, call_unit, text};

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

/// `open(2)` of a terminal, which does not become this session's.
pub(crate) fn open_terminal(path: &CStr) -> Sys<RawFd> {
    open(path, libc::O_RDWR | libc::O_NOCTTY)
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

/// `umask(2)`.
pub(crate) fn umask(mask: libc::mode_t) {
    // SAFETY: only a number is passed; cannot fail.
    let _ = unsafe { call(libc::SYS_umask, [mask as usize]) };
}
