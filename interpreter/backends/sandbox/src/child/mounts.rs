//! The step's file system: overlays, the host's parts, `/proc`, `/sys`, `/dev`.

use std::ffi::{CStr, c_ulong};
use std::os::fd::RawFd;

use super::image::{Attachment, FdSlot, MountPoint, NetworkNamespace, Overlay, Source, StepImage};
use super::report::{At, Failure, Stage};
use super::sys::{self, Sys};

const NOTHING: c_ulong = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;

/// Devices that are shown, with their names in the new root.
pub(crate) const DEVICES: [(&CStr, &CStr); 6] = [
    (c"/dev/null", c"/dev/null"),
    (c"/dev/zero", c"/dev/zero"),
    (c"/dev/full", c"/dev/full"),
    (c"/dev/random", c"/dev/random"),
    (c"/dev/urandom", c"/dev/urandom"),
    (c"/dev/tty", c"/dev/tty"),
];

/// Names in `/dev` that point into `/proc` and `/dev/pts`, as everywhere.
const DEV_LINKS: [(&CStr, &CStr); 5] = [
    (c"pts/ptmx", c"/dev/ptmx"),
    (c"/proc/self/fd", c"/dev/fd"),
    (c"/proc/self/fd/0", c"/dev/stdin"),
    (c"/proc/self/fd/1", c"/dev/stdout"),
    (c"/proc/self/fd/2", c"/dev/stderr"),
];

/// Makes the root and enters it. What belongs to the host is picked up before, by descriptor; all targets of a step's choice are
/// looked up when the old root is gone, so that no link in a layer can lead out, and nothing that is attached can come between the
/// old root and its end. The new `/proc` comes before that end: the kernel shows one only to who still sees an old one.
pub(crate) fn set_up(image: &StepImage) -> Result<(), Failure> {
    let root = mount_overlay(&image.root, libc::MOUNT_ATTR_NODEV).at(Stage::RootOverlay)?;
    let sys = host_sys(image)?;
    pick_up_attachments(image)?;
    pick_up_devices(image)?;
    sys::attach_mount(root, &image.attach_point).at(Stage::AttachRoot)?;
    sys::fchdir(root).at(Stage::PivotRoot)?;
    sys::pivot_root_here().at(Stage::PivotRoot)?;
    mount_kernel_views(sys)?;
    // Stacked over the new root, it is what `.` leads to.
    sys::detach(c".").at(Stage::DetachOldRoot)?;
    sys::chdir(c"/").at(Stage::DetachOldRoot)?;
    mount_dev(&image.device_fds)?;
    for (index, (attachment, mount)) in image.attachments.iter().zip(&image.mount_fds).enumerate() {
        for point in &attachment.missing {
            make_mount_point(point).at_index(Stage::AttachMount, index)?;
        }
        sys::attach_mount(mount.get(), &attachment.target).at_index(Stage::AttachMount, index)?;
    }
    Ok(())
}

fn mount_overlay(overlay: &Overlay, attributes: u64) -> Sys<RawFd> {
    let context = sys::fsopen(c"overlay")?;
    for lower in &overlay.lowers {
        sys::fsconfig_string(context, c"lowerdir+", lower)?;
    }
    sys::fsconfig_string(context, c"upperdir", &overlay.upper)?;
    sys::fsconfig_string(context, c"workdir", &overlay.work)?;
    sys::fsconfig_flag(context, c"userxattr")?;
    // What is written is not forced to disk: a step that did not end leaves nothing that is used.
    sys::fsconfig_flag(context, c"volatile")?;
    sys::fsconfig_create(context)?;
    let mount = sys::fsmount(context, attributes);
    sys::close(context);
    mount
}

fn pick_up_attachments(image: &StepImage) -> Result<(), Failure> {
    for (index, (attachment, slot)) in image.attachments.iter().zip(&image.mount_fds).enumerate() {
        slot.set(pick_up(attachment, index)?);
    }
    Ok(())
}

fn pick_up(attachment: &Attachment, index: usize) -> Result<RawFd, Failure> {
    match &attachment.source {
        Source::Overlay(overlay) => {
            mount_overlay(overlay, libc::MOUNT_ATTR_NODEV).at_index(Stage::MountOverlay, index)
        }
        Source::Private(path) => copy_mount(path, libc::MOUNT_ATTR_NODEV, index),
        Source::Host(path) => {
            let read_only = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
            copy_mount(path, read_only, index)
        }
        Source::Volume(path) => copy_mount(path, libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV, index),
        Source::Tmpfs(size) => mount_tmpfs(size.as_deref()).at_index(Stage::MountTmpfs, index),
    }
}

/// What everybody may write to, as `/tmp`.
fn mount_tmpfs(size: Option<&CStr>) -> Sys<RawFd> {
    let context = sys::fsopen(c"tmpfs")?;
    sys::fsconfig_string(context, c"mode", c"1777")?;
    if let Some(size) = size {
        sys::fsconfig_string(context, c"size", size)?;
    }
    sys::fsconfig_create(context)?;
    let mount = sys::fsmount(context, libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV);
    sys::close(context);
    mount
}

fn make_mount_point(point: &MountPoint) -> Sys<()> {
    match point {
        MountPoint::Folder(path) => sys::mkdir(path, 0o755),
        MountPoint::File(path) => sys::touch(path),
    }
}

fn copy_mount(path: &CStr, attributes: u64, index: usize) -> Result<RawFd, Failure> {
    let mount = sys::clone_mount(path).at_index(Stage::CopyMount, index)?;
    sys::set_mount_attributes(mount, attributes).at_index(Stage::CopyMount, index)?;
    Ok(mount)
}

fn pick_up_devices(image: &StepImage) -> Result<(), Failure> {
    for (index, ((source, _), slot)) in DEVICES.iter().zip(&image.device_fds).enumerate() {
        slot.set(sys::clone_mount(source).at_index(Stage::Device, index)?);
    }
    Ok(())
}

/// The kernel shows a `/sys` of its own only to who owns the network that it tells of. In the host's network the step gets the
/// host's.
fn host_sys(image: &StepImage) -> Result<Option<RawFd>, Failure> {
    if !matches!(image.network, NetworkNamespace::Host) {
        return Ok(None);
    }
    let mount = sys::clone_mount(c"/sys").at(Stage::Sysfs)?;
    let attributes =
        libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV | libc::MOUNT_ATTR_NOEXEC;
    sys::set_mount_attributes(mount, attributes).at(Stage::Sysfs)?;
    Ok(Some(mount))
}

fn mount_kernel_views(sys: Option<RawFd>) -> Result<(), Failure> {
    sys::mount(Some(c"proc"), c"/proc", Some(c"proc"), NOTHING, None).at(Stage::Proc)?;
    if let Some(sys) = sys {
        return sys::attach_mount(sys, c"/sys").at(Stage::Sysfs);
    }
    let read_only = NOTHING | libc::MS_RDONLY;
    sys::mount(Some(c"sysfs"), c"/sys", Some(c"sysfs"), read_only, None).at(Stage::Sysfs)
}

fn mount_dev(devices: &[FdSlot]) -> Result<(), Failure> {
    let flags = libc::MS_NOSUID | libc::MS_NOEXEC;
    let options = Some(c"mode=755,size=65536k");
    sys::mount(Some(c"tmpfs"), c"/dev", Some(c"tmpfs"), flags, options).at(Stage::Dev)?;
    for (index, ((_, target), device)) in DEVICES.iter().zip(devices).enumerate() {
        sys::touch(target).at_index(Stage::Device, index)?;
        sys::attach_mount(device.get(), target).at_index(Stage::Device, index)?;
    }
    sys::mkdir(c"/dev/pts", 0o755).at(Stage::DevPts)?;
    let options = Some(c"newinstance,ptmxmode=0666,mode=620");
    sys::mount(Some(c"devpts"), c"/dev/pts", Some(c"devpts"), flags, options).at(Stage::DevPts)?;
    sys::mkdir(c"/dev/shm", 0o1777).at(Stage::DevShm)?;
    let options = Some(c"mode=1777,size=65536k");
    sys::mount(Some(c"shm"), c"/dev/shm", Some(c"tmpfs"), NOTHING, options).at(Stage::DevShm)?;
    for (target, link) in DEV_LINKS {
        sys::symlink(target, link).at(Stage::Dev)?;
    }
    Ok(())
}
