//! Formats of other processors' programs, registered for the steps' user namespace before its first step: else what a step can start would
//! depend on the steps before it.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags};

use crate::foreign::{Format, Unregistered};

/// The formats of this supervisor's namespace: a mount that is attached nowhere. The kernel keeps them as long as it is there.
pub(super) struct Formats {
    _mount: OwnedFd,
}

impl Formats {
    /// Registers formats, if there are any, each by itself: an emulator that is gone takes no other with it.
    ///
    /// # Errors
    /// Says why there can be none.
    pub(super) fn register(formats: &[Format]) -> Result<(Option<Formats>, Vec<Unregistered>), String> {
        if formats.is_empty() {
            return Ok((None, Vec::new()));
        }
        let mount = mount().map_err(|errno| failed("mount binfmt_misc", errno.into()))?;
        let refused = |(index, Format(line)): (usize, &Format)| {
            let error = write(&mount, line).err()?;
            Some(Unregistered { index, reason: failed(&format!("register `{line}`"), error) })
        };
        let unregistered = formats.iter().enumerate().filter_map(refused).collect();
        Ok((Some(Formats { _mount: mount }), unregistered))
    }
}

fn mount() -> rustix::io::Result<OwnedFd> {
    let context = rustix::mount::fsopen("binfmt_misc", FsOpenFlags::FSOPEN_CLOEXEC)?;
    rustix::mount::fsconfig_create(context.as_fd())?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    rustix::mount::fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

fn write(mount: &OwnedFd, line: &str) -> std::io::Result<()> {
    let register = rustix::fs::openat(mount, "register", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    std::io::Write::write_all(&mut std::fs::File::from(register), line.as_bytes())
}

fn failed(what: &str, error: std::io::Error) -> String {
    format!("cannot {what} for the steps' namespace: {error}")
}
