//! What a person can do about a step that cannot be set up.

use crate::child::report::{Failure, Stage};

/// The end of the error's sentence, where there is something to do.
pub(super) fn hint(failure: Failure) -> Option<&'static str> {
    match (failure.stage, failure.errno) {
        (Stage::RootOverlay | Stage::MountOverlay, libc::ENODEV) => {
            Some("this kernel has no overlayfs: `sudo modprobe overlay`")
        }
        (Stage::RootOverlay | Stage::MountOverlay, libc::EPERM) => {
            Some("this kernel lets no user namespace mount overlayfs (older than 5.11, or by a setting)")
        }
        (Stage::RootOverlay | Stage::MountOverlay, libc::EINVAL | libc::EOPNOTSUPP) => Some(
            "the store's file system cannot hold an overlay's upper folder; set PIPE_STORE to a folder on ext4, xfs, btrfs or tmpfs (or this kernel is older than 6.5)",
        ),
        (Stage::Proc | Stage::Sysfs, libc::EPERM) => Some(
            "the container around pipe hides parts of it; start that one with `--security-opt systempaths=unconfined`",
        ),
        (Stage::CopyMount | Stage::AttachMount, libc::ENOSYS) => Some("this kernel is older than 6.5"),
        _ => None,
    }
}
