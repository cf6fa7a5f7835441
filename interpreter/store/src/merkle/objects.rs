//! Folders by their digest: a cache over the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pipe_ops::Digest;
use rusqlite::{OptionalExtension, Transaction};

use super::codec::{self, Encoded};
use super::{Dir, DirRef};
use crate::database::Database;
use crate::{Meta, StoreError};

/// Decoded folders kept in memory; beyond that the cache starts anew.
const CACHED: usize = 1 << 16;

/// Reads folders.
pub(crate) struct Objects {
    cache: Mutex<HashMap<Digest, Arc<Dir>>>,
}

/// New folders, to be written in the transaction that records what needs them.
#[derive(Default)]
pub(crate) struct Batch {
    objects: Vec<(Digest, Vec<u8>)>,
    dirs: HashMap<Digest, Arc<Dir>>,
}

impl Default for Objects {
    /// Knows the empty folder, which has no row.
    fn default() -> Objects {
        let objects = Objects { cache: Mutex::default() };
        objects.clear();
        objects
    }
}

impl Objects {
    /// The folder of a digest. What the database lacks is an error: a row that names it must not exist.
    pub(crate) fn load(&self, database: &Database, digest: Digest) -> Result<Arc<Dir>, StoreError> {
        if let Some(dir) = self.cache().get(&digest) {
            return Ok(dir.clone());
        }
        let bytes = read(database, digest)?;
        let dir = Arc::new(codec::decode(&bytes, |side| read(database, side))?);
        self.remember(digest, dir.clone());
        Ok(dir)
    }

    /// The folder has been seen by this process, so the database has it.
    pub(crate) fn knows(&self, digest: Digest) -> bool {
        self.cache().contains_key(&digest)
    }

    /// The folders of a batch have been committed.
    pub(crate) fn committed(&self, batch: Batch) {
        if self.cache().len() >= CACHED {
            self.clear();
        }
        self.cache().extend(batch.dirs);
    }

    /// Forgets everything: rows were removed.
    pub(crate) fn clear(&self) {
        self.cache().clear();
        let mut empty = Batch::default();
        empty.add(Dir::empty(Meta::plain(0o755)));
        self.cache().extend(empty.dirs);
    }

    fn remember(&self, digest: Digest, dir: Arc<Dir>) {
        if self.cache().len() >= CACHED {
            self.clear();
        }
        self.cache().insert(digest, dir);
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<Dir>>> {
        // A panic elsewhere leaves the map as it was: it is only ever changed by whole insertions.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(database: &Database, digest: Digest) -> Result<Vec<u8>, StoreError> {
    let bytes: Option<Vec<u8>> = database.read(|connection| {
        let mut statement = connection.prepare_cached("SELECT bytes FROM object WHERE digest = ?1")?;
        statement.query_row([&digest.0[..]], |row| row.get(0)).optional()
    })?;
    let bytes = bytes.ok_or_else(|| missing(digest, "it is missing"))?;
    if Digest::of(&bytes) == digest {
        Ok(bytes)
    } else {
        Err(missing(digest, "its bytes have another digest"))
    }
}

fn missing(digest: Digest, reason: &str) -> StoreError {
    StoreError::Malformed { what: format!("folder {digest} of the store"), reason: reason.to_owned() }
}

impl Batch {
    /// Adds a folder.
    pub(crate) fn add(&mut self, dir: Dir) -> DirRef {
        let Encoded { directory, side } = codec::encode(&dir);
        let reference = DirRef { digest: Digest::of(&directory), size: directory.len() as u64 };
        if self.dirs.insert(reference.digest, Arc::new(dir)).is_none() {
            self.objects.extend(side);
            self.objects.push((reference.digest, directory));
        }
        reference
    }

    /// Adds all of another batch.
    pub(crate) fn extend(&mut self, other: Batch) {
        self.objects.extend(other.objects);
        self.dirs.extend(other.dirs);
    }

    /// A folder that was added.
    pub(crate) fn get(&self, digest: Digest) -> Option<Arc<Dir>> {
        self.dirs.get(&digest).cloned()
    }

    /// Writes what the database may lack.
    pub(crate) fn write(&self, transaction: &Transaction<'_>, objects: &Objects) -> rusqlite::Result<()> {
        let mut insert =
            transaction.prepare_cached("INSERT OR IGNORE INTO object (digest, bytes) VALUES (?1, ?2)")?;
        for (digest, bytes) in &self.objects {
            if !objects.knows(*digest) {
                insert.execute((&digest.0[..], bytes))?;
            }
        }
        Ok(())
    }
}
