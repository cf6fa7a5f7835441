//! A `/sys` for a privileged step in the host's network.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use super::link::fresh_namespace;
use crate::child::{mounts, sys};

/// One of a network namespace that nobody is in, attached nowhere. The kernel makes one of the host's network for the host's root alone, and
/// the host's own `/sys` comes with what is mounted there, as the control groups of the user's session: read-only for others, which a step
/// that may mount can undo.
pub(in crate::supervisor) fn own_sysfs() -> io::Result<OwnedFd> {
    // The thread is in another namespace afterwards, and its last one.
    let made = std::thread::spawn(|| {
        fresh_namespace().map_err(|(_, error)| error)?;
        let mount = mounts::detached_sysfs();
        let mount = mount.map_err(|sys::Errno(errno)| io::Error::from_raw_os_error(errno))?;
        // SAFETY: the kernel just made this descriptor for us.
        Ok(unsafe { OwnedFd::from_raw_fd(mount) })
    });
    made.join().unwrap_or_else(|_| Err(io::Error::other("the thread that makes it is gone")))
}
