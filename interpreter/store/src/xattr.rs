//! Extended attributes: which are content, and what overlayfs says in its own.

use std::io;
use std::path::Path;

use rustix::fs::{XattrFlags, lgetxattr, lgetxattr_query, llistxattr, llistxattr_query, lsetxattr};
use rustix::io::Errno;

use crate::IdMap;

/// What overlayfs keeps on files when it is mounted with `userxattr`.
const OVERLAY: &[u8] = b"user.overlay.";
/// How it stores an attribute that begins with [`OVERLAY`] and was set through the mount: the prefix twice.
const ESCAPED: &[u8] = b"user.overlay.overlay.";
/// File capabilities (`capabilities(7)`).
const CAPABILITY: &[u8] = b"security.capability";

/// Marks a folder: `y` hides lower folders, `x` says that it holds whiteouts that are attributes.
pub(crate) const OPAQUE: &str = "user.overlay.opaque";

/// The attributes of a file.
#[derive(Debug, Default)]
pub(crate) struct Xattrs {
    /// Those that are content, sorted by name.
    pub(crate) content: Vec<(Vec<u8>, Vec<u8>)>,
    /// It hides lower folders.
    pub(crate) opaque: bool,
    /// It is a whiteout in the form of an attribute.
    pub(crate) whiteout: bool,
    /// An attribute that says that the file is not whole by itself.
    pub(crate) foreign: Option<String>,
}

/// Reads the attributes of a path, not following a symbolic link. A file system without attributes has none.
pub(crate) fn read(path: &Path, ids: IdMap) -> io::Result<Xattrs> {
    let mut found = Xattrs::default();
    for name in list(path)? {
        if let Some(overlay) = name.strip_prefix(OVERLAY)
            && !name.starts_with(ESCAPED)
        {
            match overlay {
                b"opaque" => found.opaque |= get(path, &name)?.as_slice() == b"y",
                b"whiteout" => found.whiteout = true,
                b"redirect" | b"metacopy" => {
                    found.foreign = Some(String::from_utf8_lossy(&name).into_owned())
                }
                // `origin`, `impure`, `nlink`, `uuid`, …: bookkeeping of the mount that wrote it.
                _ => {}
            }
        } else if name == CAPABILITY {
            found.content.push((name.clone(), capability_without_root(get(path, &name)?, ids)));
        } else if name.starts_with(b"user.") {
            let value = get(path, &name)?;
            found.content.push((unescape(name), value));
        }
    }
    found.content.sort();
    Ok(found)
}

/// Sets attributes that are content on a path, not following a symbolic link.
pub(crate) fn write(path: &Path, attributes: &[(Vec<u8>, Vec<u8>)], ids: IdMap) -> io::Result<()> {
    for (name, value) in attributes {
        let value = if name == CAPABILITY { capability_with_root(value.clone(), ids) } else { value.clone() };
        lsetxattr(path, escape(name).as_slice(), &value, XattrFlags::empty())?;
    }
    Ok(())
}

/// Marks a folder as hiding lower ones.
pub(crate) fn set_opaque(path: &Path) -> io::Result<()> {
    Ok(lsetxattr(path, OPAQUE, b"y", XattrFlags::empty())?)
}

fn unescape(name: Vec<u8>) -> Vec<u8> {
    match name.strip_prefix(ESCAPED) {
        Some(rest) => [OVERLAY, rest].concat(),
        None => name,
    }
}

fn escape(name: &[u8]) -> Vec<u8> {
    match name.strip_prefix(OVERLAY) {
        Some(rest) => [ESCAPED, rest].concat(),
        None => name.to_vec(),
    }
}

fn list(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    let names = read_grown(|buffer| llistxattr(path, buffer), || llistxattr_query(path));
    match names {
        Ok(names) => {
            Ok(names.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect())
        }
        Err(Errno::NOTSUP) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

fn get(path: &Path, name: &[u8]) -> io::Result<Vec<u8>> {
    Ok(read_grown(|buffer| lgetxattr(path, name, buffer), || lgetxattr_query(path, name))?)
}

/// Reads into a buffer that is enough for nearly every file, and into a larger one where it is not.
fn read_grown(
    read: impl Fn(&mut [u8]) -> Result<usize, Errno>,
    query: impl Fn() -> Result<usize, Errno>,
) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0; 512];
    loop {
        match read(&mut buffer) {
            Ok(size) => {
                buffer.truncate(size);
                return Ok(buffer);
            }
            Err(Errno::RANGE) => buffer.resize(query()?.max(1), 0),
            Err(error) => return Err(error),
        }
    }
}

/// Revision 2 of `struct vfs_cap_data` (`linux/capability.h`): 20 bytes, without the namespace's root.
const REVISION_2: u8 = 2;
/// Revision 3: 24 bytes, the last four the id of the root of the namespace that it holds in.
const REVISION_3: u8 = 3;

/// From outside the namespace the kernel shows revision 3; what it is to steps is revision 2.
fn capability_without_root(mut value: Vec<u8>, ids: IdMap) -> Vec<u8> {
    if let IdMap::Offset { uid, .. } = ids
        && value.get(20..24) == Some(&uid.to_le_bytes())
        && value.get(3) == Some(&REVISION_3)
    {
        value.truncate(20);
        if let Some(revision) = value.get_mut(3) {
            *revision = REVISION_2;
        }
    }
    value
}

/// The reverse of [`capability_without_root`]: a revision 2 set outside would hold on the whole host.
fn capability_with_root(mut value: Vec<u8>, ids: IdMap) -> Vec<u8> {
    if let IdMap::Offset { uid, .. } = ids
        && value.len() == 20
        && let Some(revision) = value.get_mut(3)
    {
        *revision = REVISION_3;
        value.extend(uid.to_le_bytes());
    }
    value
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn capabilities_name_the_root_of_their_namespace_outside_it_only() {
        let ids = IdMap::Offset { uid: 100_000, gid: 100_000 };
        let inside = [&[1, 0, 0, 2][..], &[7; 16]].concat();
        let outside = capability_with_root(inside.clone(), ids);
        assert_eq!(outside.len(), 24);
        assert_eq!(outside.get(3), Some(&3));
        assert_eq!(capability_without_root(outside.clone(), ids), inside);
        assert_eq!(capability_without_root(outside.clone(), IdMap::Identity), outside);
    }

    #[test]
    fn attributes_of_any_size_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let written: Vec<(Vec<u8>, Vec<u8>)> =
            [(b"user.a".to_vec(), Vec::new()), (b"user.b".to_vec(), vec![7; 2000])].into();
        write(dir.path(), &written, IdMap::Identity).unwrap();
        assert_eq!(read(dir.path(), IdMap::Identity).unwrap().content, written);
    }

    #[test]
    fn names_of_overlayfs_are_escaped_as_it_does() {
        assert_eq!(escape(b"user.overlay.opaque"), b"user.overlay.overlay.opaque");
        assert_eq!(unescape(b"user.overlay.overlay.opaque".to_vec()), b"user.overlay.opaque");
        assert_eq!(escape(b"user.a"), b"user.a");
    }
}
