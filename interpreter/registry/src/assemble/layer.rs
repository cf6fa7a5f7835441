//! The layer of what a container changed: made once, and kept as it is sent.

use pipe_archive::{ArchiveError, pack_layer};
use pipe_ops::{BlobDigest, Digest, StepKey};
use pipe_store::{FileRef, Stored, Tree};
use serde::{Deserialize, Serialize};

use crate::image::fact_key;
use crate::manifest::{Descriptor, LAYER};
use crate::reference::show_digest;
use crate::{ErrorKind, Images, RegistryError};

/// A layer as it is sent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Packed {
    digest: BlobDigest,
    size: u64,
    /// The digest without compression.
    pub(super) diff_id: BlobDigest,
}

impl Packed {
    pub(super) fn descriptor(self) -> Descriptor {
        Descriptor {
            media_type: LAYER.to_owned(),
            digest: show_digest(self.digest),
            size: self.size,
            ..Descriptor::default()
        }
    }
}

impl Images {
    /// The layer that makes `to` of `from`.
    pub(super) fn packed_layer(&self, from: &Tree, to: &Tree, time: i64) -> Result<Packed, RegistryError> {
        let key = fact_key("packed layer in blocks", &format!("{} {} {time}", from.digest, to.digest));
        if let Some((packed, _)) = self.store.fact::<Packed>(key)?
            && self.kept_blob(packed.digest)?.is_some()
        {
            return Ok(packed);
        }
        let content = self.store.layer_content(from, to)?;
        let mut diff_id = None;
        let file = self.store.make_file(0o644, |out| {
            diff_id = Some(pack_layer(&content, time, out)?.diff_id);
            Ok::<(), ArchiveError>(())
        });
        let file = file.map_err(|error| match error {
            ArchiveError::Entry { .. } => RegistryError::new(ErrorKind::Unfit, error.to_string()),
            ArchiveError::Store(error) => error.into(),
            ArchiveError::Write(_) => RegistryError::new(ErrorKind::Store, error.to_string()),
        })?;
        let diff_id = diff_id.ok_or_else(|| RegistryError::malformed("a layer was not written"))?;
        let packed = Packed { digest: file.digest, size: file.size, diff_id };
        self.keep_blob(&file)?;
        self.store.put_fact(own_key(file.digest), &(), &[])?;
        self.store.put_fact(key, &packed, &[])?;
        Ok(packed)
    }

    /// Whether a layer was made here: then it can be had nowhere else.
    pub(super) fn is_own_layer(&self, digest: BlobDigest) -> Result<bool, RegistryError> {
        Ok(self.store.fact::<()>(own_key(digest))?.is_some())
    }

    /// A blob as it is sent, if the store has it.
    pub(crate) fn kept_blob(&self, digest: BlobDigest) -> Result<Option<FileRef>, RegistryError> {
        Ok(match self.store.lookup_op(blob_key(digest))? {
            Some(Stored::File(file)) => Some(file),
            _ => None,
        })
    }

    /// Keeps a blob as it is sent.
    pub(crate) fn keep_blob(&self, file: &FileRef) -> Result<(), RegistryError> {
        Ok(self.store.record_op(blob_key(file.digest), &Stored::File(file.clone()))?)
    }
}

fn blob_key(digest: BlobDigest) -> StepKey {
    StepKey(fact_key("blob", &digest.to_string()))
}

fn own_key(digest: BlobDigest) -> Digest {
    fact_key("own layer", &digest.to_string())
}
