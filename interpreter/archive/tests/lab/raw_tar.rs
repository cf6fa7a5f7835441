//! Hostile tar archives. The registry's tests make layers of them.

use tar::{EntryType, Header};

/// Kind, path, target and content of an entry.
pub(crate) type RawTar<'a> = (EntryType, &'a str, &'a str, &'a str);

/// An archive of entries that no honest tool writes.
pub(crate) fn raw_tar(entries: &[RawTar<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, path, target, content) in entries {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o755);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(content.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}
