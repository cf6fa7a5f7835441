//! The step's file system: overlays, the host's parts, `/proc`, `/sys`, `/dev`.

use std::ffi::{CStr, c_ulong};
use std::os::fd::RawFd;

use super::ahead::Ahead;
use super::image::{Attachment, MountPoint, NetworkNamespace, Overlay, Source, StepImage};
use super::masks;
use super::report::{At, Failure, Stage};
use super::secrets;
use super::sys::{self, Errno, Sys};

pub(super) const NOTHING: c_ulong = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
const IN_DEV: c_ulong = libc::MS_NOSUID | libc::MS_NOEXEC;
const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;

/// Devices that are shown, with their names in the new `/dev`.
pub(crate) const DEVICES: [(&CStr, &CStr); 6] = [
    (c"/dev/null", c"null"),
    (c"/dev/zero", c"zero"),
    (c"/dev/full", c"full"),
    (c"/dev/random", c"random"),
    (c"/dev/urandom", c"urandom"),
    (c"/dev/tty", c"tty"),
];

/// Names in `/dev` that point into `/proc` and `/dev/pts`, as everywhere.
const DEV_LINKS: [(&CStr, &CStr); 5] = [
    (c"pts/ptmx", c"ptmx"),
    (c"/proc/self/fd", c"fd"),
    (c"/proc/self/fd/0", c"stdin"),
    (c"/proc/self/fd/1", c"stdout"),
    (c"/proc/self/fd/2", c"stderr"),
];

/// Trees of mounts that are attached nowhere yet, whole with all that lies over parts of them.
pub(crate) struct Views {
    proc: RawFd,
    dev: RawFd,
}

/// Makes what is the same for all steps. It is put together in the host's root, where the kernel lets mounts be stacked, and picked up from
/// there by descriptor; what stays behind goes with that root.
pub(crate) fn make_ready(ahead: &Ahead) -> Result<Views, Failure> {
    let store = sys::open_folder(c".").at(Stage::AttachRoot)?;
    let point = &ahead.attach_point;
    let options = Some(c"mode=755,size=65536k");
    sys::mount(Some(c"tmpfs"), point, Some(c"tmpfs"), IN_DEV, options).at(Stage::Dev)?;
    let dev = in_folder(point, store, Stage::Dev, fill_dev)?;
    // Over the other: the last one attached is what a path leads to.
    sys::mount(Some(c"proc"), point, Some(c"proc"), NOTHING, None).at(Stage::Proc)?;
    let mask = || if ahead.privileged { Ok(()) } else { masks::set_up_proc() };
    let proc = in_folder(point, store, Stage::Proc, mask)?;
    for (index, (part, slot)) in ahead.parts.iter().zip(&ahead.part_fds).enumerate() {
        // One that cannot be had is told when a step asks for it.
        if let Ok(mount) = copy_mount(part, READ_ONLY, index) {
            slot.set(mount);
        }
    }
    sys::close(store);
    Ok(Views { proc, dev })
}

/// Fills what is mounted at a folder, as the working folder; a copy of it with all that was mounted there. Then the working folder is the
/// store again.
fn in_folder(
    folder: &CStr,
    store: RawFd,
    stage: Stage,
    fill: impl FnOnce() -> Result<(), Failure>,
) -> Result<RawFd, Failure> {
    sys::chdir(folder).at(stage)?;
    fill()?;
    let tree = sys::clone_mount(c".").at(stage)?;
    sys::fchdir(store).at(stage)?;
    Ok(tree)
}

/// Makes the root and enters it. What belongs to the host is picked up before, by descriptor; all targets of a step's choice are
/// looked up when the old root is gone, so that no link in a layer can lead out, and nothing that is attached can come between the
/// old root and its end. The new `/sys` comes before that end: the kernel shows one only to who still sees an old one.
pub(crate) fn set_up(
    image: &StepImage,
    ahead: &Ahead,
    sysfs: Option<RawFd>,
    views: Views,
) -> Result<(), Failure> {
    let root = mount_overlay(&image.root, libc::MOUNT_ATTR_NODEV).at(Stage::RootOverlay)?;
    let sys = if sysfs.is_some() { sysfs } else { host_sys(image)? };
    secrets::make(image).at(Stage::Secrets)?;
    pick_up_attachments(image, ahead)?;
    sys::attach_mount(root, &image.attach_point).at(Stage::AttachRoot)?;
    sys::fchdir(root).at(Stage::PivotRoot)?;
    sys::pivot_root_here().at(Stage::PivotRoot)?;
    show_sys(sys)?;
    // Stacked over the new root, it is what `.` leads to.
    sys::detach(c".").at(Stage::DetachOldRoot)?;
    sys::chdir(c"/").at(Stage::DetachOldRoot)?;
    sys::attach_mount(views.proc, c"/proc").at(Stage::Proc)?;
    sys::attach_mount(views.dev, c"/dev").at(Stage::Dev)?;
    for (index, (attachment, mount)) in image.attachments.iter().zip(&image.mount_fds).enumerate() {
        for point in &attachment.missing {
            make_mount_point(point).at_index(Stage::AttachMount, index)?;
        }
        sys::attach_mount(mount.get(), &attachment.target).at_index(Stage::AttachMount, index)?;
    }
    Ok(())
}

/// A `/sys` of the network namespace that the calling thread is in, attached nowhere yet.
pub(crate) fn detached_sysfs() -> Sys<RawFd> {
    let context = sys::fsopen(c"sysfs")?;
    let made = sys::fsconfig_create(context);
    let mount = made.and_then(|()| sys::fsmount(context, READ_ONLY | libc::MOUNT_ATTR_NOEXEC));
    sys::close(context);
    mount
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

fn pick_up_attachments(image: &StepImage, ahead: &Ahead) -> Result<(), Failure> {
    for (index, (attachment, slot)) in image.attachments.iter().zip(&image.mount_fds).enumerate() {
        slot.set(pick_up(image, attachment, ahead, index)?);
    }
    Ok(())
}

fn pick_up(
    image: &StepImage,
    attachment: &Attachment,
    ahead: &Ahead,
    index: usize,
) -> Result<RawFd, Failure> {
    match &attachment.source {
        Source::Overlay(overlay) => {
            mount_overlay(overlay, libc::MOUNT_ATTR_NODEV).at_index(Stage::MountOverlay, index)
        }
        Source::Private(path) => copy_mount(path, libc::MOUNT_ATTR_NODEV, index),
        Source::Host(path) => ahead.part(path).map_or_else(|| copy_mount(path, READ_ONLY, index), Ok),
        Source::Volume(path) => copy_mount(path, libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV, index),
        Source::Tmpfs(size) => mount_tmpfs(size.as_deref()).at_index(Stage::MountTmpfs, index),
        Source::Secret(number) => {
            let mount = image.secrets.get(*number).and_then(|secret| secret.mount.take());
            mount.ok_or(Errno(libc::ENOENT)).at(Stage::Secrets)
        }
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

fn show_sys(made: Option<RawFd>) -> Result<(), Failure> {
    if let Some(made) = made {
        return sys::attach_mount(made, c"/sys").at(Stage::Sysfs);
    }
    let read_only = NOTHING | libc::MS_RDONLY;
    sys::mount(Some(c"sysfs"), c"/sys", Some(c"sysfs"), read_only, None).at(Stage::Sysfs)
}

/// Fills `/dev`, which is the working folder.
fn fill_dev() -> Result<(), Failure> {
    for (index, (device, name)) in DEVICES.iter().enumerate() {
        sys::touch(name).at_index(Stage::Device, index)?;
        sys::mount(Some(device), name, None, libc::MS_BIND, None).at_index(Stage::Device, index)?;
    }
    sys::mkdir(c"pts", 0o755).at(Stage::DevPts)?;
    let options = Some(c"newinstance,ptmxmode=0666,mode=620");
    sys::mount(Some(c"devpts"), c"pts", Some(c"devpts"), IN_DEV, options).at(Stage::DevPts)?;
    sys::mkdir(c"shm", 0o1777).at(Stage::DevShm)?;
    let options = Some(c"mode=1777,size=65536k");
    sys::mount(Some(c"shm"), c"shm", Some(c"tmpfs"), NOTHING, options).at(Stage::DevShm)?;
    for (target, link) in DEV_LINKS {
        sys::symlink(target, link).at(Stage::Dev)?;
    }
    Ok(())
}
