//! Bytes by their digest.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pipe_ops::BlobDigest;
use rusqlite::{OptionalExtension, Transaction};
use rustix::fs::FlockOperation;

use crate::hash::hash_reader;
use crate::prune::Kind;
use crate::{Store, StoreError};

/// Blobs up to this size stand in the database, where they cost no file of their own.
const INLINE: usize = 16 * 1024;

/// Blobs in the database that this process has seen there: the few texts that most steps print, nothing above all.
#[derive(Default)]
pub(crate) struct Blobs {
    seen: Mutex<HashSet<BlobDigest>>,
}

/// Blobs remembered; beyond that it starts anew.
const SEEN: usize = 1 << 14;

impl Blobs {
    fn seen(&self) -> MutexGuard<'_, HashSet<BlobDigest>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert(&self, digest: BlobDigest) {
        let mut seen = self.seen();
        if seen.len() >= SEEN {
            seen.clear();
        }
        seen.insert(digest);
    }

    pub(crate) fn clear(&self) {
        self.seen().clear();
    }
}

impl Store {
    /// Keeps bytes: small ones in the database, others in `blobs/`.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<BlobDigest, StoreError> {
        let digest = BlobDigest::of(bytes);
        if self.keeps_blob(digest)? {
            return Ok(digest);
        }
        // Nobody removes the file as a leftover before it has its row.
        let _guard = self.lock_layers(FlockOperation::LockShared)?;
        let inline = (bytes.len() <= INLINE).then_some(bytes);
        if inline.is_none() {
            self.write_blob_file(digest, bytes)?;
        }
        self.database().write(|transaction| {
            keep_condemned(transaction, digest)?;
            forget(transaction, digest)?;
            transaction
                .prepare_cached("INSERT INTO blob (digest, size, bytes, boot) VALUES (?1, ?2, ?3, ?4)")?
                .execute((&digest.0.0[..], bytes.len() as i64, inline, &self.inner().options.boot_id))
        })?;
        if inline.is_some() {
            self.inner().blobs.insert(digest);
        }
        Ok(digest)
    }

    /// The bytes of a digest; `None` when the store does not have them, or had them damaged (they are put aside then).
    pub fn get_blob(&self, digest: BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<Option<Vec<u8>>> = self.database().read(|connection| {
            let mut statement = connection.prepare_cached("SELECT bytes FROM blob WHERE digest = ?1")?;
            statement.query_row([&digest.0.0[..]], |row| row.get(0)).optional()
        })?;
        let bytes = match row {
            None => return Ok(None),
            Some(Some(bytes)) => bytes,
            Some(None) => match fs::read(self.blob_path(digest)) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.quarantine_blob(digest)?;
                    return Ok(None);
                }
                Err(error) => return Err(StoreError::io("read", self.blob_path(digest), error)),
            },
        };
        if BlobDigest::of(&bytes) == digest {
            return Ok(Some(bytes));
        }
        self.quarantine_blob(digest)?;
        Ok(None)
    }

    /// The store has a blob. Its bytes are looked at only when a reboot may have damaged them.
    pub(crate) fn has_blob(&self, digest: BlobDigest) -> Result<bool, StoreError> {
        if self.inner().blobs.seen().contains(&digest) {
            return Ok(true);
        }
        let row: Option<(bool, String)> = self.database().read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT bytes IS NOT NULL, boot FROM blob WHERE digest = ?1")?;
            statement.query_row([&digest.0.0[..]], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })?;
        let Some((inline, boot)) = row else { return Ok(false) };
        if !inline && !self.is_blob_file_whole(digest, &boot)? {
            return Ok(false);
        }
        if inline {
            self.inner().blobs.insert(digest);
        }
        Ok(true)
    }

    /// A file of before the last start of the machine is digested once: it may have been lost with the power.
    fn is_blob_file_whole(&self, digest: BlobDigest, boot: &str) -> Result<bool, StoreError> {
        if boot.is_empty() || boot == self.inner().options.boot_id || self.reads_only() {
            return Ok(self.blob_path(digest).exists());
        }
        if !self.check_blob_file(digest) {
            self.lose_blob(digest)?;
            return Ok(false);
        }
        self.database().write(|transaction| {
            transaction
                .prepare_cached("UPDATE blob SET boot = '' WHERE digest = ?1")?
                .execute([&digest.0.0[..]])
                .map(drop)
        })?;
        Ok(true)
    }

    /// The file of a blob holds its bytes.
    pub(crate) fn check_blob_file(&self, digest: BlobDigest) -> bool {
        let file = fs::File::open(self.blob_path(digest));
        file.and_then(|mut file| hash_reader(&mut file)).is_ok_and(|(found, _)| found == digest)
    }

    /// The store has a blob, and nobody is about to remove it.
    fn keeps_blob(&self, digest: BlobDigest) -> Result<bool, StoreError> {
        if self.inner().blobs.seen().contains(&digest) {
            return Ok(true);
        }
        let condemned: bool = self.database().read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM condemned WHERE kind = ?1 AND id = ?2)")?;
            statement.query_row((Kind::Blob as i64, &digest.0.0[..]), |row| row.get(0))
        })?;
        Ok(!condemned && self.has_blob(digest)?)
    }

    pub(crate) fn blob_path(&self, digest: BlobDigest) -> PathBuf {
        let hex = digest.to_string();
        self.dir().join("blobs").join(hex.get(..2).unwrap_or_default()).join(hex)
    }

    /// Writes beside, then renames into place: a file under its digest is whole.
    fn write_blob_file(&self, digest: BlobDigest, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.blob_path(digest);
        if let Some(folder) = path.parent() {
            let made = self.disk().create_dir_all(folder, 0o700);
            made.map_err(|error| StoreError::io("make", folder, error))?;
        }
        let staged = self.staged()?;
        let written = self.disk().write_new(&staged, |file| file.write_all(bytes));
        written.map_err(|error| StoreError::io("write", &staged, error))?;
        self.disk().rename(&staged, &path).map_err(|error| StoreError::io("write", &path, error))
    }

    /// Puts a damaged blob aside and forgets it.
    pub(crate) fn quarantine_blob(&self, digest: BlobDigest) -> Result<(), StoreError> {
        self.inner().blobs.seen().remove(&digest);
        let path = self.blob_path(digest);
        let aside = self.dir().join("quarantine").join(digest.to_string());
        match self.disk().rename(&path, &aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io("write", &aside, error));
            }
            _ => {}
        }
        self.database().write(|transaction| {
            keep_condemned(transaction, digest)?;
            forget(transaction, digest)
        })
    }
}

/// Takes a blob's row away.
pub(crate) fn forget(transaction: &Transaction<'_>, digest: BlobDigest) -> rusqlite::Result<()> {
    let mut delete = transaction.prepare_cached("DELETE FROM blob WHERE digest = ?1")?;
    delete.execute([&digest.0.0[..]]).map(drop)
}

/// A blob is not to be removed after all.
fn keep_condemned(transaction: &Transaction<'_>, digest: BlobDigest) -> rusqlite::Result<()> {
    let mut keep = transaction.prepare_cached("DELETE FROM condemned WHERE kind = ?1 AND id = ?2")?;
    keep.execute((Kind::Blob as i64, &digest.0.0[..])).map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::testing::TestStore;

    use super::*;

    #[test]
    fn blobs_come_back() {
        let store = TestStore::new();
        for bytes in [Vec::new(), vec![1; INLINE], vec![2; INLINE + 1]] {
            let digest = store.put_blob(&bytes).unwrap();
            assert_eq!(store.put_blob(&bytes).unwrap(), digest);
            assert_eq!(store.get_blob(digest).unwrap(), Some(bytes));
        }
        assert_eq!(store.get_blob(BlobDigest::of(b"other")).unwrap(), None);
    }

    #[test]
    fn a_damaged_blob_is_put_aside_and_can_be_written_again() {
        let store = TestStore::new();
        let bytes = vec![7; INLINE * 2];
        let digest = store.put_blob(&bytes).unwrap();
        fs::write(store.blob_path(digest), b"damaged").unwrap();
        assert_eq!(store.get_blob(digest).unwrap(), None);
        assert_eq!(fs::read(store.dir().join("quarantine").join(digest.to_string())).unwrap(), b"damaged");
        assert_eq!(store.put_blob(&bytes).unwrap(), digest);
        assert_eq!(store.get_blob(digest).unwrap(), Some(bytes));

        fs::remove_file(store.blob_path(digest)).unwrap();
        assert!(!store.has_blob(digest).unwrap());
        assert_eq!(store.get_blob(digest).unwrap(), None);
    }
}
