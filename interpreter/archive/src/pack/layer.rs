//! Layers of images (OCI image specification 1.1, "Image Layer Filesystem Changeset"), compressed by gzip.

use std::io::{self, Write};

use pipe_ops::{BlobDigest, Digest};
use pipe_store::{EntryKind, ListEntry, Meta, TreeContent};
use sha2::{Digest as _, Sha256};

use super::gzip::Gzip;
use super::tar::Archive;
use crate::ArchiveError;
use crate::layer::WHITEOUT;

/// What a layer came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedLayer {
    /// The digest of the archive without compression.
    pub diff_id: BlobDigest,
}

/// Writes what [`Store::layer_content`](pipe_store::Store::layer_content) found as a compressed layer. `time` is that of everything in
/// it, in seconds since 1970.
///
/// # Errors
/// When a name is one that layers mean something else by, or when it cannot be read or written.
pub fn pack_layer(tree: &TreeContent, time: i64, to: &mut dyn Write) -> Result<PackedLayer, ArchiveError> {
    let mut digested = Digested { to: Gzip::new(to), hash: Sha256::new() };
    let mut archive = Archive::new(time, &mut digested);
    for entry in tree.entries() {
        archive.entry(tree, &as_layers_name(entry)?)?;
    }
    archive.end()?;
    let Digested { to: gzip, hash } = digested;
    gzip.finish()?;
    Ok(PackedLayer { diff_id: BlobDigest(Digest(hash.finalize().into())) })
}

/// Something that is gone is an empty file with a mark before its name.
fn as_layers_name(entry: &ListEntry) -> Result<ListEntry, ArchiveError> {
    let slash = entry.path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let (folder, name) = entry.path.split_at(slash);
    if name.starts_with(WHITEOUT) {
        return Err(ArchiveError::entry(
            &entry.path,
            "cannot be in an image: names that begin with `.wh.` stand for files that are gone",
        ));
    }
    if entry.kind != EntryKind::Whiteout {
        return Ok(entry.clone());
    }
    let kind = EntryKind::File { digest: BlobDigest::of(b""), size: 0 };
    Ok(ListEntry { path: [folder, WHITEOUT, name].concat(), kind, meta: Meta::plain(0o644) })
}

/// Digests what goes through.
struct Digested<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
