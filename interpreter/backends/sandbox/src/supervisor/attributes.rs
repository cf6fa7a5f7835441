//! Giving one folder another's attributes, so that it can stand for it.

use std::ffi::{CStr, CString};
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags};

/// Makes mode, owner, time and extended attributes of `to` those of `from`. What overlayfs keeps for itself is left out.
pub(super) fn copy_attributes(from: &Path, to: &Path) -> io::Result<()> {
    let meta = std::fs::symlink_metadata(from)?;
    copy_xattrs(from, to)?;
    set_attributes(&meta, to)
}

/// Makes mode, owner and time of `to` those given.
pub(super) fn set_attributes(meta: &Metadata, to: &Path) -> io::Result<()> {
    let now = std::fs::symlink_metadata(to)?;
    let other_owner = (now.uid(), now.gid()) != (meta.uid(), meta.gid());
    if other_owner {
        let (uid, gid) = (Uid::from_raw(meta.uid()), Gid::from_raw(meta.gid()));
        rustix::fs::chownat(CWD, to, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
    }
    // After the owner: a change of owner takes set-user-id away.
    if other_owner || now.mode() != meta.mode() {
        rustix::fs::chmod(to, Mode::from_raw_mode(meta.mode() & 0o7777))?;
    }
    let time = Timespec { tv_sec: meta.mtime(), tv_nsec: meta.mtime_nsec() as _ };
    let times = Timestamps { last_access: time, last_modification: time };
    rustix::fs::utimensat(CWD, to, &times, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(())
}

fn copy_xattrs(from: &Path, to: &Path) -> io::Result<()> {
    for (name, value) in xattrs(from)? {
        rustix::fs::lsetxattr(to, name, &value, XattrFlags::empty())?;
    }
    Ok(())
}

/// The extended attributes that are content, in the order the file system gives them.
fn xattrs(path: &Path) -> io::Result<Vec<(CString, Vec<u8>)>> {
    // Most have none: an empty buffer asks for the size alone.
    if rustix::fs::llistxattr_query(path) == Ok(0) {
        return Ok(Vec::new());
    }
    let mut names = vec![0; 64 * 1024];
    let len = match rustix::fs::llistxattr(path, &mut names) {
        // A file system without them.
        Err(rustix::io::Errno::OPNOTSUPP) => 0,
        other => other?,
    };
    let mut found = Vec::new();
    for name in names.get(..len).unwrap_or_default().split_inclusive(|byte| *byte == 0) {
        let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
        if !name.to_bytes().starts_with(b"user.") || name.to_bytes().starts_with(b"user.overlay.") {
            continue;
        }
        let mut value = vec![0; 64 * 1024];
        let len = rustix::fs::lgetxattr(path, name, &mut value)?;
        value.truncate(len);
        found.push((name.to_owned(), value));
    }
    Ok(found)
}

/// What a folder is besides what is in it. Times do not count.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attributes {
    mode: u32,
    owner: (u32, u32),
    xattrs: Vec<(CString, Vec<u8>)>,
}

/// Reads a folder's attributes.
pub(super) fn attributes(path: &Path) -> io::Result<Attributes> {
    let meta = std::fs::symlink_metadata(path)?;
    let mut xattrs = xattrs(path)?;
    xattrs.sort();
    Ok(Attributes { mode: meta.mode(), owner: (meta.uid(), meta.gid()), xattrs })
}
