//! Results of steps, by their keys.

use std::ops::ControlFlow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::{BlobDigest, Digest, Preimage, StepKey};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use crate::record::nanoseconds;
use crate::replaced::{self, Refused};
use crate::usage::mark;
use crate::{Store, StoreError, Stored, Tree};

/// What a step gave. Kept also when its exit code is not 0: whether that counts as success is judged by who reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// What people call the step.
    pub name: String,
    /// The command's exit code.
    pub exit_code: i32,
    /// The root as it was left; `None` when the step is not a command's.
    pub root: Option<Tree>,
    /// The mounts as they were left, in the order they were mounted; `None` for one that holds nothing of its own.
    pub mounts: Vec<Option<Stored>>,
    /// Standard output.
    pub stdout: BlobDigest,
    /// Standard error.
    pub stderr: BlobDigest,
    /// Both, in the order they were printed.
    pub log: BlobDigest,
    /// How long it ran.
    pub duration: Duration,
    /// When it ended.
    pub created: SystemTime,
}

/// A line of `pipe cache ls`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepEntry {
    /// Its key.
    pub key: StepKey,
    /// What people call it.
    pub name: String,
    /// When it ended.
    pub created: SystemTime,
    /// How long it ran.
    pub duration: Duration,
    /// The command's exit code.
    pub exit_code: i32,
    /// Bytes of the layers that only this step's result added.
    pub bytes: u64,
    /// The cache that it was taken from; `None` when it was made with this store.
    pub origin: Option<String>,
}

/// Steps that are read at a time for a listing.
const LISTED: usize = 256;

impl Store {
    /// The result of a step, if all of it is there and whole. What a reboot may have damaged is verified first.
    pub fn lookup_step(&self, key: StepKey) -> Result<Option<StepRecord>, StoreError> {
        let row: Option<Vec<u8>> = self.database().read(|connection| {
            let mut statement = connection.prepare_cached("SELECT record FROM step WHERE key = ?1")?;
            statement.query_row([&key.0.0[..]], |row| row.get(0)).optional()
        })?;
        // A row that cannot be read is as good as none: the step runs again and replaces it.
        let Some(record) = row.and_then(|bytes| postcard::from_bytes::<StepRecord>(&bytes).ok()) else {
            return Ok(None);
        };
        let whole = self.has_all(&record)?;
        if whole {
            self.used(key.0);
        }
        Ok(whole.then_some(record))
    }

    /// Everything that a record names is there and whole.
    pub(crate) fn has_all(&self, record: &StepRecord) -> Result<bool, StoreError> {
        for blob in [record.stdout, record.stderr, record.log] {
            if !self.has_blob(blob)? {
                return Ok(false);
            }
        }
        if let Some(tree) = &record.root
            && !self.is_whole(tree)?
        {
            return Ok(false);
        }
        for stored in record.mounts.iter().flatten() {
            if !self.has_stored(stored)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) fn has_stored(&self, stored: &Stored) -> Result<bool, StoreError> {
        match stored {
            Stored::Tree(tree) => self.is_whole(tree),
            Stored::File(file) => Ok(self.layer_diff(&file.layer)?.is_some()),
        }
    }

    /// Records a result, with what its key was made of.
    pub fn record_step(
        &self,
        key: StepKey,
        record: &StepRecord,
        preimage: &Preimage,
    ) -> Result<(), StoreError> {
        self.record_step_over(key, record, preimage, Refused::Gone)
    }

    /// Records a result, and why the one that it takes the place of was not used, if there is one: see [`Store::replaced`].
    pub fn record_step_over(
        &self,
        key: StepKey,
        record: &StepRecord,
        preimage: &Preimage,
        refused: Refused,
    ) -> Result<(), StoreError> {
        self.keep_step(key, record, preimage, "", Some(refused))
    }

    /// Records a result that somebody else made, with where it was taken from: that it belongs to the key is their claim.
    pub fn record_step_from(
        &self,
        key: StepKey,
        record: &StepRecord,
        preimage: &Preimage,
        origin: &str,
    ) -> Result<(), StoreError> {
        self.keep_step(key, record, preimage, origin, None)
    }

    fn keep_step(
        &self,
        key: StepKey,
        record: &StepRecord,
        preimage: &Preimage,
        origin: &str,
        refused: Option<Refused>,
    ) -> Result<(), StoreError> {
        let encoded = encode(record)?;
        let preimage = encode(preimage)?;
        self.used(key.0);
        let epoch = self.epoch()?;
        self.database().write(|transaction| {
            self.mark_pending(transaction, epoch)?;
            let encoded = match refused {
                Some(refused) => replaced::encode_over(transaction, key, encoded, refused)?,
                None => encoded,
            };
            let mut bytes = 0i64;
            let mut size = transaction.prepare_cached("SELECT bytes FROM layer WHERE id = ?1")?;
            for layer in own_layers(record) {
                bytes += size.query_row([layer], |row| row.get::<_, i64>(0)).optional()?.unwrap_or(0);
            }
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO step
                         (key, name, created, duration, exit_code, bytes, record, preimage, origin, package)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?
                .execute((
                    &key.0.0[..],
                    &record.name,
                    nanoseconds(record.created),
                    i64::try_from(record.duration.as_nanos()).unwrap_or(i64::MAX),
                    record.exit_code,
                    bytes,
                    encoded,
                    preimage,
                    origin,
                    self.package(),
                ))
                .map(drop)
        })
    }

    /// What a recorded step's key was made of.
    pub fn preimage(&self, key: StepKey) -> Result<Option<Preimage>, StoreError> {
        let row: Option<Vec<u8>> = self.database().read(|connection| {
            let mut statement = connection.prepare_cached("SELECT preimage FROM step WHERE key = ?1")?;
            statement.query_row([&key.0.0[..]], |row| row.get(0)).optional()
        })?;
        Ok(row.and_then(|bytes| postcard::from_bytes(&bytes).ok()))
    }

    /// The tree or file that an op of the engine's own gave for this key, if it is there and whole.
    pub fn lookup_op(&self, key: StepKey) -> Result<Option<Stored>, StoreError> {
        let row: Option<Vec<u8>> = self.database().read(|connection| {
            let mut statement = connection.prepare_cached("SELECT stored FROM op WHERE key = ?1")?;
            statement.query_row([&key.0.0[..]], |row| row.get(0)).optional()
        })?;
        let Some(stored) = row.and_then(|bytes| postcard::from_bytes::<Stored>(&bytes).ok()) else {
            return Ok(None);
        };
        let whole = self.has_stored(&stored)?;
        if whole {
            self.used(key.0);
        }
        Ok(whole.then_some(stored))
    }

    /// Records what an op of the engine's own (copy, write, remove) gave.
    pub fn record_op(&self, key: StepKey, stored: &Stored) -> Result<(), StoreError> {
        let stored = encode(stored)?;
        let epoch = self.epoch()?;
        self.used(key.0);
        self.database().write(|transaction| {
            mark(transaction, key.0, epoch)?;
            transaction
                .prepare_cached("INSERT OR REPLACE INTO op (key, stored, created) VALUES (?1, ?2, ?3)")?
                .execute((&key.0.0[..], stored, nanoseconds(SystemTime::now())))
                .map(drop)
        })
    }

    /// The caches that recorded steps were taken from.
    pub fn origins(&self) -> Result<Vec<String>, StoreError> {
        self.database().read(|connection| {
            let mut statement =
                connection.prepare("SELECT DISTINCT origin FROM step WHERE origin <> '' ORDER BY origin")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// Goes through all recorded steps, newest first, until the visitor has enough. There may be a million: only their order is in memory.
    pub fn ls(&self, mut visit: impl FnMut(StepEntry) -> ControlFlow<()>) -> Result<(), StoreError> {
        for rows in self.steps_by_age()?.chunks(LISTED) {
            // The visitor may take its time: nobody waits for the database meanwhile.
            for entry in self.step_entries(rows)? {
                if visit(entry).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The numbers of the rows of all steps, the newest first.
    fn steps_by_age(&self) -> Result<Vec<i64>, StoreError> {
        self.database().read(|connection| {
            let mut statement = connection.prepare("SELECT rowid FROM step ORDER BY created DESC, key")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// Those of them that are still there.
    fn step_entries(&self, rows: &[i64]) -> Result<Vec<StepEntry>, StoreError> {
        self.database().read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT key, name, created, duration, exit_code, bytes, nullif(origin, '') FROM step
                 WHERE rowid = ?1",
            )?;
            let entry = |row: &rusqlite::Row<'_>| {
                Ok(StepEntry {
                    key: StepKey(Digest(row.get(0)?)),
                    name: row.get(1)?,
                    created: UNIX_EPOCH + duration(row.get(2)?),
                    duration: duration(row.get(3)?),
                    exit_code: row.get(4)?,
                    bytes: u64::try_from(row.get::<_, i64>(5)?).unwrap_or_default(),
                    origin: row.get(6)?,
                })
            };
            let found = rows.iter().map(|row| statement.query_row([row], entry).optional());
            found.filter_map(Result::transpose).collect()
        })
    }
}

/// The layers that the step itself put on top.
fn own_layers(record: &StepRecord) -> impl Iterator<Item = &str> {
    let mounts = record.mounts.iter().flatten().filter_map(|stored| match stored {
        Stored::Tree(tree) => tree.layers.last().map(|layer| layer.layer.as_str()),
        Stored::File(file) => Some(file.layer.as_str()),
    });
    let root = record.root.as_ref().and_then(|tree| tree.layers.last()).map(|layer| layer.layer.as_str());
    root.into_iter().chain(mounts)
}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(value)
        .map_err(|error| StoreError::Malformed { what: "a result".to_owned(), reason: error.to_string() })
}

pub(crate) fn duration(nanoseconds: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::TestStore;

    fn record(store: &Store, name: &str) -> StepRecord {
        let text = store.put_blob(name.as_bytes()).unwrap();
        let root = store.with_file(&store.empty_tree(), "/out", name.as_bytes(), 0o644).unwrap();
        StepRecord {
            name: name.to_owned(),
            exit_code: 3,
            mounts: vec![None, Some(Stored::Tree(root.clone()))],
            root: Some(root),
            stdout: text,
            stderr: text,
            log: text,
            duration: Duration::from_millis(7),
            created: UNIX_EPOCH + Duration::from_secs(1_000_000),
        }
    }

    fn key(text: &str) -> StepKey {
        preimage(text).key()
    }

    fn preimage(text: &str) -> Preimage {
        Preimage::new("exec").text("argv[0]", text)
    }

    #[test]
    fn what_was_recorded_is_found() {
        let store = TestStore::new();
        let record = record(&store, "build");
        assert_eq!(store.lookup_step(key("a")).unwrap(), None);
        store.record_step(key("a"), &record, &preimage("a")).unwrap();
        let other = store.again("one");
        assert_eq!(other.lookup_step(key("a")).unwrap(), Some(record.clone()));
        assert_eq!(other.preimage(key("a")).unwrap(), Some(preimage("a")));
        let mut listed = Vec::new();
        let list = |entry| {
            listed.push(entry);
            ControlFlow::Continue(())
        };
        other.ls(list).unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].exit_code, listed[0].bytes, listed[0].created), (3, 10, record.created));
    }

    #[test]
    fn a_result_without_its_layers_or_logs_is_none() {
        let store = TestStore::new();
        let step = record(&store, "build");
        store.record_step(key("a"), &step, &preimage("a")).unwrap();
        std::fs::remove_dir_all(store.layer_path(&step.root.as_ref().unwrap().layers[0].layer)).unwrap();
        assert_eq!(store.again("one").lookup_step(key("a")).unwrap(), None);

        let step = StepRecord { stdout: pipe_ops::BlobDigest::of(b"never kept"), ..record(&store, "other") };
        store.record_step(key("b"), &step, &preimage("b")).unwrap();
        assert_eq!(store.lookup_step(key("b")).unwrap(), None);
    }

    /// A power loss may have damaged what was not synced: it is looked at before it is used, once.
    #[test]
    fn after_a_reboot_layers_are_verified_before_use() {
        let store = TestStore::new();
        let tree = store.with_file(&store.empty_tree(), "/out", b"content", 0o644).unwrap();
        store.record_op(key("a"), &Stored::Tree(tree.clone())).unwrap();
        let file = store.layer_path(&tree.layers[0].layer).join("out");

        std::fs::write(&file, b"damaged").unwrap();
        assert!(
            store.again("one").lookup_op(key("a")).unwrap().is_some(),
            "the same boot: nothing is digested"
        );
        assert_eq!(store.again("two").lookup_op(key("a")).unwrap(), None);
        assert!(!file.exists(), "it was put aside");

        let tree = store.again("two").with_file(&store.empty_tree(), "/out", b"content", 0o644).unwrap();
        store.record_op(key("a"), &Stored::Tree(tree.clone())).unwrap();
        store.again("two").sync().unwrap();
        std::fs::write(store.layer_path(&tree.layers[0].layer).join("out"), b"damaged").unwrap();
        assert!(store.again("three").lookup_op(key("a")).unwrap().is_some(), "it was synced: trusted");
    }
}
