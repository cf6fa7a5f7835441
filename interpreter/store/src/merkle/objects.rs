//! Folders by their digest: a cache over the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pipe_ops::Digest;
use rusqlite::{OptionalExtension, Transaction};

use super::codec::{self, Encoded};
use super::{Dir, DirRef};
use crate::database::Database;
use crate::{Meta, StoreError};

/// Decoded folders and entries of them that are kept in memory, some 25 MB; beyond that the cache starts anew. A folder that grows file by
/// file is another one with each, so it is the entries that count.
const CACHED: usize = 1 << 17;

/// What a folder weighs besides its entries: even for one there is room for a dozen.
const FOLDER: usize = 12;

/// Reads folders.
pub(crate) struct Objects {
    cache: Mutex<Cache>,
}

/// Decoded folders.
#[derive(Default)]
struct Cache {
    dirs: HashMap<Digest, Arc<Dir>>,
    /// How much there is of them.
    weight: usize,
}

impl Cache {
    fn empty() -> Cache {
        let mut empty = Batch::default();
        empty.add(Dir::empty(Meta::plain(0o755)));
        let mut cache = Cache::default();
        cache.extend(empty.dirs);
        cache
    }

    fn extend(&mut self, dirs: impl IntoIterator<Item = (Digest, Arc<Dir>)>) {
        for (digest, dir) in dirs {
            let weight = FOLDER + dir.entries.len();
            if self.weight + weight > CACHED && !self.dirs.is_empty() {
                *self = Cache::empty();
            }
            if self.dirs.insert(digest, dir).is_none() {
                self.weight += weight;
            }
        }
    }
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
        Objects { cache: Mutex::new(Cache::empty()) }
    }
}

impl Objects {
    /// The folder of a digest. What the database lacks is an error: a row that names it must not exist.
    pub(crate) fn load(&self, database: &Database, digest: Digest) -> Result<Arc<Dir>, StoreError> {
        if let Some(dir) = self.cache().dirs.get(&digest) {
            return Ok(dir.clone());
        }
        let bytes = read(database, digest)?;
        let dir = Arc::new(codec::decode(&bytes, |side| read(database, side))?);
        self.cache().extend([(digest, dir.clone())]);
        Ok(dir)
    }

    /// The folder has been seen by this process, so the database has it.
    pub(crate) fn knows(&self, digest: Digest) -> bool {
        self.cache().dirs.contains_key(&digest)
    }

    /// The folders of a batch have been committed.
    pub(crate) fn committed(&self, batch: Batch) {
        self.cache().extend(batch.dirs);
    }

    /// Forgets everything: rows were removed.
    pub(crate) fn clear(&self) {
        *self.cache() = Cache::empty();
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        // A panic elsewhere leaves it as good as it was: at worst it is emptied somewhat early.
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

pub(super) fn missing(digest: Digest, reason: &str) -> StoreError {
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

#[cfg(test)]
mod tests {
    use super::super::Node;
    use super::*;

    /// A folder with so many entries.
    fn dir(entries: usize) -> Dir {
        let mut dir = Dir::empty(Meta::plain(0o755));
        for number in 0..entries {
            dir.entries.insert(number.to_string().into_bytes(), Node::Whiteout);
        }
        dir
    }

    #[test]
    fn what_is_kept_of_a_folder_that_grows_is_bounded() {
        let objects = Objects::default();
        for entries in 1..1500 {
            let mut batch = Batch::default();
            batch.add(dir(entries));
            objects.committed(batch);
            assert!(objects.cache().weight <= CACHED);
        }
        assert!(objects.knows(Digest::of(&codec::encode(&dir(1499)).directory)), "the last one is there");
        assert!(objects.knows(Digest::of(&codec::encode(&dir(0)).directory)), "the empty one always is");
        assert!(!objects.knows(Digest::of(&codec::encode(&dir(1)).directory)), "it began anew");
    }
}
