//! Tar archives: POSIX.1-1988 headers, with the records of POSIX.1-2001 (pax) where those cannot say it.

use std::io::{self, Read, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use pipe_store::{EntryKind, FolderEntry, FolderEntryKind, ListEntry, Meta, TreeContent};
use tar::{EntryType, Header};

use crate::ArchiveError;

const BLOCK: usize = 512;
/// Bytes that a header has for a name, and for the target of a link.
const NAME: usize = 100;
/// Numbers from which a header has no room: sizes of twelve octal digits, ids of eight, a NUL being one.
const SIZE_LIMIT: u64 = 1 << 33;
const ID_LIMIT: u32 = 1 << 21;

pub(crate) fn write(tree: &TreeContent, time: i64, to: &mut dyn Write) -> Result<(), ArchiveError> {
    let mut archive = Archive::new(time, to);
    for entry in tree.entries() {
        archive.entry(tree, entry)?;
    }
    archive.end()
}

/// An entry without its content.
struct Head<'a> {
    kind: EntryType,
    /// With a slash at the end when it is a folder.
    path: &'a [u8],
    target: &'a [u8],
    size: u64,
    meta: &'a Meta,
}

/// An archive that grows.
pub(crate) struct Archive<'a> {
    to: &'a mut dyn Write,
    /// Of the entries that follow: seconds since 1970, and nanoseconds, which take a record.
    time: u64,
    nanoseconds: u32,
}

impl<'a> Archive<'a> {
    /// `time` is that of everything in it, in seconds since 1970.
    pub(crate) fn new(time: i64, to: &'a mut dyn Write) -> Archive<'a> {
        Archive { to, time: u64::try_from(time).unwrap_or(0), nanoseconds: 0 }
    }

    /// Everything that is written from now on has this time.
    pub(crate) fn set_time(&mut self, time: SystemTime) {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        (self.time, self.nanoseconds) = (since.as_secs(), since.subsec_nanos());
    }

    /// Two blocks of zeros are the end.
    pub(crate) fn end(self) -> Result<(), ArchiveError> {
        self.to.write_all(&[0; 2 * BLOCK])?;
        Ok(())
    }

    /// A file with content from elsewhere: of as many bytes as are said. Its name fits into a header.
    pub(crate) fn file(
        &mut self,
        path: &[u8],
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), ArchiveError> {
        let mut records = Vec::new();
        if size >= SIZE_LIMIT {
            record(&mut records, b"size", size.to_string().as_bytes());
        }
        self.records(&records)?;
        self.write_header(&mut self.header(EntryType::Regular, path, b"", size.min(SIZE_LIMIT - 1)))?;
        if io::copy(&mut content.take(size), self.to)? < size {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(self.pad(size)?)
    }

    /// A folder. Its name fits into a header.
    pub(crate) fn dir(&mut self, path: &[u8]) -> Result<(), ArchiveError> {
        let mut header = self.header(EntryType::Directory, path, b"", 0);
        header.set_mode(0o755);
        Ok(self.write_header(&mut header)?)
    }

    /// The records that stand before an entry, if there are any.
    fn records(&mut self, records: &[u8]) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let mut header = self.header(EntryType::XHeader, b"pax", b"", records.len() as u64);
        self.write_header(&mut header)?;
        self.to.write_all(records)?;
        self.pad(records.len() as u64)
    }

    pub(crate) fn entry(&mut self, tree: &TreeContent, entry: &ListEntry) -> Result<(), ArchiveError> {
        let mut path = entry.path.clone();
        let (mut size, mut target) = (0, Vec::new());
        let kind = match &entry.kind {
            EntryKind::Dir => {
                // The tree's own folder is named by a point.
                path.extend(if path.is_empty() { &b"./"[..] } else { b"/" });
                EntryType::Directory
            }
            EntryKind::File { size: bytes, .. } => match tree.first_name(&entry.path) {
                Some(first) => {
                    target = first.to_vec();
                    EntryType::Link
                }
                None => {
                    size = *bytes;
                    EntryType::Regular
                }
            },
            EntryKind::Symlink { target: text } => {
                target.clone_from(text);
                EntryType::Symlink
            }
            EntryKind::Fifo => EntryType::Fifo,
            EntryKind::Whiteout => return Ok(()),
        };
        self.head(&Head { kind, path: &path, target: &target, size, meta: &entry.meta.wanted() })?;
        // What is empty is not looked for: what stands for something that is gone is nowhere.
        if kind == EntryType::Regular && size > 0 {
            tree.copy_file(entry, self.to)?;
            self.pad(size)?;
        }
        Ok(())
    }

    /// Something of a folder, with its content.
    pub(crate) fn folder_entry(
        &mut self,
        entry: &FolderEntry,
        content: impl FnOnce(&mut dyn Write) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let mut path = entry.path.clone();
        let (kind, size, target) = match &entry.kind {
            FolderEntryKind::Dir => {
                path.extend(if path.is_empty() { &b"./"[..] } else { b"/" });
                (EntryType::Directory, 0, &[][..])
            }
            FolderEntryKind::File(size) => (EntryType::Regular, *size, &[][..]),
            FolderEntryKind::HardLink(first) => (EntryType::Link, 0, first.as_slice()),
            FolderEntryKind::Symlink(text) => (EntryType::Symlink, 0, text.as_slice()),
            FolderEntryKind::Fifo => (EntryType::Fifo, 0, &[][..]),
        };
        self.set_time(entry.modified);
        self.head(&Head { kind, path: &path, target, size, meta: &entry.meta })?;
        content(self.to)?;
        Ok(self.pad(size)?)
    }

    /// All of an entry but its content.
    fn head(&mut self, head: &Head<'_>) -> io::Result<()> {
        let Head { kind, path, target, size, meta } = *head;
        let mut records = Vec::new();
        if path.len() > NAME {
            record(&mut records, b"path", path);
        }
        if target.len() > NAME {
            record(&mut records, b"linkpath", target);
        }
        if self.nanoseconds > 0 {
            let time = format!("{}.{:09}", self.time, self.nanoseconds);
            record(&mut records, b"mtime", time.as_bytes());
        }
        for (key, id) in [("uid", meta.uid), ("gid", meta.gid)] {
            if id >= ID_LIMIT {
                record(&mut records, key.as_bytes(), id.to_string().as_bytes());
            }
        }
        if size >= SIZE_LIMIT {
            record(&mut records, b"size", size.to_string().as_bytes());
        }
        for (name, value) in &meta.xattrs {
            record(&mut records, &[b"SCHILY.xattr.", name.as_slice()].concat(), value);
        }
        self.records(&records)?;
        let mut header = self.header(kind, path, target, size.min(SIZE_LIMIT - 1));
        header.set_mode(meta.mode & 0o7777);
        header.set_uid(u64::from(meta.uid.min(ID_LIMIT - 1)));
        header.set_gid(u64::from(meta.gid.min(ID_LIMIT - 1)));
        self.write_header(&mut header)
    }

    fn header(&self, kind: EntryType, path: &[u8], target: &[u8], size: u64) -> Header {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mtime(self.time);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        let fields = header.as_old_mut();
        fields.name.iter_mut().zip(path).for_each(|(to, from)| *to = *from);
        fields.linkname.iter_mut().zip(target).for_each(|(to, from)| *to = *from);
        header
    }

    fn write_header(&mut self, header: &mut Header) -> io::Result<()> {
        header.set_cksum();
        self.to.write_all(header.as_bytes())
    }

    /// Fills the last block.
    fn pad(&mut self, size: u64) -> io::Result<()> {
        let used = (size % BLOCK as u64) as usize;
        let missing = if used == 0 { 0 } else { BLOCK - used };
        self.to.write_all([0; BLOCK].get(..missing).unwrap_or_default())
    }
}

/// Appends `LENGTH KEY=VALUE` and a line end; the length counts itself.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    records.extend(length.to_string().as_bytes());
    records.push(b' ');
    records.extend(key);
    records.push(b'=');
    records.extend(value);
    records.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_length() {
        for value in 0..200 {
            let mut records = Vec::new();
            record(&mut records, b"path", &vec![b'x'; value]);
            let text = String::from_utf8_lossy(&records);
            let length: usize = text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            assert_eq!(length, records.len(), "{text}");
        }
    }
}
