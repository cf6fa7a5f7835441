//! Files of downloads that are under way. They are no part of what the store holds: nobody trusts them before they are digested.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use pipe_ops::BlobDigest;

use crate::{Store, StoreError};

impl Store {
    /// Where what came of a blob is kept until it is whole. Files there that nobody touched for longer than `life` are removed.
    pub fn partial_file(&self, digest: BlobDigest, life: Duration) -> Result<PathBuf, StoreError> {
        let folder = self.dir().join("downloads");
        crate::store::make_folder(&folder, 0o700)?;
        let entries = fs::read_dir(&folder).map_err(|error| StoreError::io("read", &folder, error))?;
        for entry in entries.flatten() {
            let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            let age = modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
            if age.is_some_and(|age| age > life) {
                // Another process may have removed it.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(folder.join(digest.to_string()))
    }
}
