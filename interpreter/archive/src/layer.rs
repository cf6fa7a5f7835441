//! From a stream to a layer that is not in the store yet.

use std::io::Read;

use pipe_ops::BlobDigest;
use pipe_store::{LayerDraft, Store};

use crate::read::{Entry, Limited, Tally, TarReader, decode};
use crate::{Limits, Meter, UnpackFailure, Verified};

/// What stands before the name of something that is gone (OCI image specification, "Whiteouts").
pub(crate) const WHITEOUT: &[u8] = b".wh.";
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

/// Unpacks a layer. `compressed` counts the bytes of `input`.
pub fn unpack_layer(
    store: &Store,
    input: &mut dyn Read,
    compressed: Meter,
    limits: Limits,
) -> Result<Unpacked, UnpackFailure> {
    let mut draft = LayerDraft::begin(store).map_err(UnpackFailure::Store)?;
    let plain = Limited::new(decode(input)?, compressed, limits);
    let mut tar = TarReader::new(Verified::new(plain, Meter::default()));
    let mut tally = Tally::default();
    while let Some(entry) = tar.next()? {
        tally.add(&entry, &limits)?;
        add(&mut draft, &entry, &mut tar)?;
    }
    let (diff_id, _) = tar.into_inner().finish()?;
    Ok(Unpacked { draft, diff_id })
}

fn add(draft: &mut LayerDraft, entry: &Entry, content: &mut dyn Read) -> Result<(), UnpackFailure> {
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
    if entry.is_device_in_dev() { Ok(()) } else { Ok(entry.put(draft, content)?) }
}
