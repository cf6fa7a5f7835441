//! From a stream to a layer that is not in the store yet.

use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use pipe_ops::BlobDigest;
use pipe_store::{DraftError, LayerDraft, Meta, Store, StoreError};

use crate::read::{Entry, EntryKind, Limited, TarReader, absurd, decode};
use crate::{Limits, Meter, Verified};

/// What stands before the name of something that is gone (OCI image specification, "Whiteouts").
const WHITEOUT: &[u8] = b".wh.";
/// A folder's own mark, and what AUFS kept for itself.
const OPAQUE: &[u8] = b".wh..wh..opq";
const AUFS: &[u8] = b".wh..wh.";

/// An unpacked layer.
pub struct Unpacked {
    /// What it holds, not yet in the store.
    pub draft: LayerDraft,
    /// The digest without compression.
    pub diff_id: BlobDigest,
}

/// Why a layer cannot be unpacked.
#[derive(Debug)]
pub enum LayerFailure {
    /// What it holds is not to be had.
    Content(String),
    /// It could not be read.
    Read(io::Error),
    /// It could not be kept.
    Store(StoreError),
}

impl From<io::Error> for LayerFailure {
    fn from(error: io::Error) -> LayerFailure {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                LayerFailure::Content(error.to_string())
            }
            io::ErrorKind::UnexpectedEof => LayerFailure::Content(format!("it is cut off: {error}")),
            _ => LayerFailure::Read(error),
        }
    }
}

impl From<DraftError> for LayerFailure {
    fn from(error: DraftError) -> LayerFailure {
        match error {
            DraftError::Path { .. } => LayerFailure::Content(error.to_string()),
            DraftError::Read(error) => error.into(),
            DraftError::Store(error) => LayerFailure::Store(error),
        }
    }
}

/// Unpacks a layer. `compressed` counts the bytes of `input`.
pub fn unpack_layer(
    store: &Store,
    input: &mut dyn Read,
    compressed: Meter,
    limits: Limits,
) -> Result<Unpacked, LayerFailure> {
    let mut draft = LayerDraft::begin(store).map_err(LayerFailure::Store)?;
    let plain = Limited::new(decode(input)?, compressed, limits);
    let mut tar = TarReader::new(Verified::new(plain, Meter::default()));
    let mut entries = 0;
    while let Some(entry) = tar.next()? {
        entries += 1;
        if entries > limits.entries {
            return Err(absurd(format!("it has more than {} entries", limits.entries)).into());
        }
        add(&mut draft, &entry, &mut tar)?;
    }
    let (diff_id, _) = tar.into_inner().finish()?;
    Ok(Unpacked { draft, diff_id })
}

fn add(draft: &mut LayerDraft, entry: &Entry, content: &mut dyn Read) -> Result<(), LayerFailure> {
    let path = entry.path.as_slice();
    let slash = path.iter().rposition(|byte| *byte == b'/');
    let (folder, name) = path.split_at(slash.map_or(0, |slash| slash + 1));
    if name == OPAQUE {
        return Ok(draft.opaque(folder)?);
    }
    if name.starts_with(AUFS) {
        return Ok(());
    }
    if let Some(gone) = name.strip_prefix(WHITEOUT) {
        return Ok(draft.whiteout(&[folder, gone].concat())?);
    }
    let meta = Meta { mode: entry.mode, uid: entry.uid, gid: entry.gid, xattrs: kept(&entry.xattrs) };
    match entry.kind {
        EntryKind::Dir => draft.dir(path, meta)?,
        EntryKind::File => {
            let modified = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(entry.modified));
            draft.file(path, meta, modified, content)?;
        }
        EntryKind::Symlink => {
            draft.symlink(path, &entry.target, Meta { mode: 0o777, xattrs: Vec::new(), ..meta })?;
        }
        EntryKind::HardLink => draft.hard_link(path, &entry.target)?,
        EntryKind::Fifo => draft.fifo(path, Meta { xattrs: Vec::new(), ..meta })?,
        // Every step has a `/dev` of its own over it.
        EntryKind::Device if is_in_dev(path) => {}
        EntryKind::Device => {
            return Err(LayerFailure::Content(format!("`{}` is a device", path.escape_ascii())));
        }
    }
    Ok(())
}

fn is_in_dev(path: &[u8]) -> bool {
    let mut names = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".");
    names.next() == Some(b"dev") && names.all(|name| name != b"..")
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
