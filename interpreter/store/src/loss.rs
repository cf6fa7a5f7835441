//! What a power loss took: content whose row was on the disk before its bytes were. Nothing is wrong with the disk, and nobody needs to
//! look at what is left; it is remembered what it was, so that results that name it are no damage either.

use std::collections::HashSet;
use std::io;

use pipe_ops::BlobDigest;
use rusqlite::Transaction;

use crate::prune::Kind;
use crate::{Store, StoreError, blob};

impl Store {
    /// Forgets a layer that was lost, and removes what is left of it.
    pub(crate) fn lose_layer(&self, id: &str) -> Result<(), StoreError> {
        self.database().write(|transaction| {
            transaction.execute("DELETE FROM layer WHERE id = ?1", [id])?;
            remember(transaction, id.as_bytes())
        })?;
        self.inner().layers.forget(id);
        match self.remove_folder(&self.layer_path(id)) {
            // Without a row it is removed by the next sweep that can reach it.
            Err(StoreError::NeedsNamespace { .. }) => Ok(()),
            other => other,
        }
    }

    /// Forgets a blob that was lost, and removes what is left of it.
    pub(crate) fn lose_blob(&self, digest: BlobDigest) -> Result<(), StoreError> {
        self.database().write(|transaction| {
            blob::forget(transaction, digest)?;
            remember(transaction, &digest.0.0)
        })?;
        let path = self.blob_path(digest);
        match self.disk().remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &path, error))
            }
            _ => Ok(()),
        }
    }

    /// What was lost since the store was last verified.
    pub(crate) fn lost(&self) -> Result<HashSet<Vec<u8>>, StoreError> {
        self.database().read(|connection| {
            let mut statement = connection.prepare("SELECT id FROM condemned WHERE kind = ?1")?;
            statement.query_map([Kind::Lost as i64], |row| row.get(0))?.collect()
        })
    }

    /// No result names what was lost any more.
    pub(crate) fn forget_losses(&self) -> Result<(), StoreError> {
        self.database().write(|transaction| {
            transaction.execute("DELETE FROM condemned WHERE kind = ?1", [Kind::Lost as i64]).map(drop)
        })
    }
}

fn remember(transaction: &Transaction<'_>, id: &[u8]) -> rusqlite::Result<()> {
    transaction
        .execute("INSERT OR IGNORE INTO condemned (kind, id) VALUES (?1, ?2)", (Kind::Lost as i64, id))
        .map(drop)
}
