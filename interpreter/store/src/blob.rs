//! Bytes by their digest.

use pipe_ops::BlobDigest;

use crate::{Store, StoreError};

impl Store {
    /// Keeps bytes: small ones in the database, others in `blobs/`.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<BlobDigest, StoreError> {
        let _ = bytes;
        todo!()
    }

    /// The bytes of a digest; `None` when the store does not have them, or had them damaged (they are put aside then).
    pub fn get_blob(&self, digest: BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        let _ = digest;
        todo!()
    }
}
