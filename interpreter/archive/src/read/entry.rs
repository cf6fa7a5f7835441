//! Entries of archives, whatever form they came in.

use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use pipe_store::{DraftError, LayerDraft, Meta};

use super::Limits;
use super::limits::absurd;

/// Bytes that an entry costs beside its names.
const OVERHEAD: usize = 64;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Dir,
    File,
    Symlink,
    HardLink,
    Fifo,
    Device,
}

/// An entry, without its content.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryKind,
    pub(crate) target: Vec<u8>,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Since 1970.
    pub(crate) modified: Duration,
    /// Extended attributes, as they are called.
    pub(crate) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// Puts it into a layer; not a device, which none can hold.
    pub(crate) fn put(&self, draft: &mut LayerDraft, content: &mut dyn Read) -> Result<(), DraftError> {
        let path = self.path.as_slice();
        let meta = Meta { mode: self.mode, uid: self.uid, gid: self.gid, xattrs: kept(&self.xattrs) };
        match self.kind {
            EntryKind::Dir => draft.dir(path, meta),
            EntryKind::File => {
                let modified = SystemTime::UNIX_EPOCH.checked_add(self.modified);
                draft.file(path, meta, modified, content)
            }
            EntryKind::Symlink => {
                draft.symlink(path, &self.target, Meta { mode: 0o777, xattrs: Vec::new(), ..meta })
            }
            EntryKind::HardLink => draft.hard_link(path, &self.target),
            EntryKind::Fifo => draft.fifo(path, Meta { xattrs: Vec::new(), ..meta }),
            EntryKind::Device => {
                let device = absurd(format!("`{}` is a device", path.escape_ascii()));
                Err(DraftError::Read(device))
            }
        }
    }

    /// A device below `/dev`, over which every step has a folder of its own.
    pub(crate) fn is_device_in_dev(&self) -> bool {
        let mut names =
            self.path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".");
        let in_dev = names.next() == Some(b"dev") && names.all(|name| name != b"..");
        self.kind == EntryKind::Device && in_dev
    }
}

/// Attributes that are content; overlayfs's own would say how layers are put together.
fn kept(xattrs: &[(Vec<u8>, Vec<u8>)]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let content = |name: &[u8]| {
        name == b"security.capability"
            || name.starts_with(b"user.") && !name.starts_with(b"user.overlay.") && !name.contains(&0)
    };
    let mut kept: Vec<_> = xattrs.iter().filter(|(name, _)| content(name)).cloned().collect();
    kept.sort();
    kept.dedup_by(|(a, _), (b, _)| a == b);
    kept
}

/// Counts what is kept in memory of an archive until it is whole.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    entries: u64,
    names: u64,
}

impl Tally {
    /// Counts an entry.
    ///
    /// # Errors
    /// When it is one too many.
    pub(crate) fn add(&mut self, entry: &Entry, limits: &Limits) -> io::Result<()> {
        self.entries += 1;
        if self.entries > limits.entries {
            return Err(absurd(format!("it has more than {} entries", limits.entries)));
        }
        let xattrs: usize = entry.xattrs.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.names += (entry.path.len() + entry.target.len() + xattrs + OVERHEAD) as u64;
        if self.names > limits.names {
            let most = limits.names >> 20;
            return Err(absurd(format!("its names and attributes have more than {most} MiB")));
        }
        Ok(())
    }
}
