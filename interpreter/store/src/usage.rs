//! What is used when. The least recently used goes first when there is too much.
//!
//! Runs are counted, not timed: a clock that jumps changes no order. A run that records nothing and uses what the last one used writes
//! nothing either.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use pipe_ops::Digest;
use rusqlite::{OptionalExtension, Transaction};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::lock::open_lock_file;
use crate::record::nanoseconds;
use crate::run::is_same;
use crate::volume::volume_key;
use crate::{Store, StoreError};

/// Runs that record nothing begin an epoch when the last one is older: ages are no finer than this.
const LONGEST: Duration = Duration::from_secs(3600);

/// What this process has used.
#[derive(Default)]
pub(crate) struct Uses {
    keys: Mutex<Keys>,
    /// The folders of the cache volumes among it.
    volumes: Mutex<BTreeSet<String>>,
    /// The epoch of what this process records.
    epoch: OnceLock<i64>,
    /// Says that a run of that epoch is in progress.
    lock: Mutex<Option<EpochLock>>,
}

#[derive(Default)]
struct Keys {
    seen: HashSet<Digest>,
    /// Those of them that the database was not told of.
    pending: Vec<Digest>,
    /// Names the set, in whatever order it grew.
    sum: [u64; 4],
}

impl Keys {
    fn insert(&mut self, key: Digest) {
        if self.seen.insert(key) {
            self.pending.push(key);
            for (sum, part) in self.sum.iter_mut().zip(key.0.chunks_exact(8)) {
                *sum = sum.wrapping_add(part.try_into().map(u64::from_le_bytes).unwrap_or_default());
            }
        }
    }

    fn name(&self) -> Digest {
        let sum: Vec<u8> = self.sum.iter().flat_map(|part| part.to_le_bytes()).collect();
        Digest::of(&sum)
    }
}

impl Uses {
    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this process has recorded anything.
    pub(crate) fn recorded(&self) -> bool {
        self.epoch.get().is_some()
    }
}

impl Store {
    /// Something was found and will be used.
    pub(crate) fn used(&self, key: Digest) {
        self.inner().uses.keys().insert(key);
    }

    /// Whether this process used something.
    pub(crate) fn uses(&self, key: Digest) -> bool {
        self.inner().uses.keys().seen.contains(&key)
    }

    /// A cache volume was taken.
    pub(crate) fn used_volume(&self, folder: &str) {
        self.used(volume_key(folder));
        let mut volumes = self.inner().uses.volumes.lock().unwrap_or_else(PoisonError::into_inner);
        volumes.insert(folder.to_owned());
    }

    /// The folders of the cache volumes that were taken.
    pub(crate) fn volumes_used(&self) -> BTreeSet<String> {
        self.inner().uses.volumes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The epoch of what this process records: a new one, at the first call.
    pub(crate) fn epoch(&self) -> Result<i64, StoreError> {
        let uses = &self.inner().uses;
        if let Some(epoch) = uses.epoch.get() {
            return Ok(*epoch);
        }
        // Two threads at once may make two; one of them is never used.
        let made = self.database().write(begin_epoch)?;
        let epoch = *uses.epoch.get_or_init(|| made);
        if epoch == made {
            let lock = EpochLock::take(self, epoch)?;
            *uses.lock.lock().unwrap_or_else(PoisonError::into_inner) = Some(lock);
        }
        Ok(epoch)
    }

    /// Nothing that this process used is in use any more.
    pub(crate) fn release_uses(&self) {
        self.inner().uses.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// The database is told what this process used so far: it will use it for a while.
    pub(crate) fn announce_uses(&self) -> Result<(), StoreError> {
        if self.inner().uses.keys().pending.is_empty() {
            return Ok(());
        }
        let epoch = self.epoch()?;
        self.database().write(|transaction| self.mark_pending(transaction, epoch))
    }

    /// The same, in a transaction that is under way anyway.
    pub(crate) fn mark_pending(&self, transaction: &Transaction<'_>, epoch: i64) -> rusqlite::Result<()> {
        let pending = std::mem::take(&mut self.inner().uses.keys().pending);
        pending.into_iter().try_for_each(|key| mark(transaction, key, epoch))
    }

    /// The first epoch of which a run is in progress.
    pub(crate) fn first_epoch_in_use(&self) -> Result<Option<i64>, StoreError> {
        let mut first: Option<i64> = None;
        for path in self.lock_files(|name| name.starts_with(EPOCH))? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let number = name.strip_prefix(EPOCH).and_then(|number| number.parse().ok());
            if !self.remove_free_lock(&path)? {
                first = first.into_iter().chain(number).min();
            }
        }
        Ok(first)
    }

    /// Remembers what this process has used.
    pub(crate) fn remember_uses(&self) -> Result<(), StoreError> {
        let (keys, name) = {
            let keys = self.inner().uses.keys();
            if keys.seen.is_empty() {
                return Ok(());
            }
            (keys.seen.iter().copied().collect::<Vec<Digest>>(), keys.name())
        };
        let now = nanoseconds(SystemTime::now());
        let latest = self.database().read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, began, (SELECT epoch FROM usage WHERE key = ?1)
                 FROM epoch ORDER BY number DESC LIMIT 1",
            )?;
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            statement.query_row([&name.0[..]], row).optional()
        })?;
        let recent = |began: i64| {
            // One that begins later than now began before the clock was set back.
            (0..LONGEST.as_nanos() as i64).contains(&now.saturating_sub(began))
        };
        if let Some(own) = self.inner().uses.epoch.get() {
            return self.database().write(|transaction| {
                self.mark_pending(transaction, *own)?;
                mark(transaction, name, *own)
            });
        }
        let epoch = match latest {
            Some((number, began, marked)) if recent(began) => {
                let marked: Option<i64> = marked;
                if marked.is_some_and(|marked| marked >= number) {
                    return Ok(());
                }
                Some(number)
            }
            _ => None,
        };
        self.database().write(|transaction| {
            let epoch = epoch.map_or_else(|| begin_epoch(transaction), Ok)?;
            keys.iter().try_for_each(|key| mark(transaction, *key, epoch))?;
            mark(transaction, name, epoch)
        })
    }
}

/// What begins the name of an epoch's lock.
const EPOCH: &str = "epoch-";

/// `locks/epoch-<number>`, held (`flock`) by a run that records in that epoch: what was used since is not pruned.
struct EpochLock {
    path: PathBuf,
    file: File,
}

impl EpochLock {
    fn take(store: &Store, epoch: i64) -> Result<EpochLock, StoreError> {
        let path = store.dir().join("locks").join(format!("{EPOCH}{epoch}"));
        loop {
            let file = open_lock_file(&path)?;
            match flock(&file, FlockOperation::LockShared) {
                // Between making and locking it, somebody may have taken it for a dead one's.
                Ok(()) if is_same(&file, &path) => return Ok(EpochLock { path, file }),
                Ok(()) | Err(Errno::INTR) => {}
                Err(error) => return Err(StoreError::io("lock", &path, error.into())),
            }
        }
    }
}

impl Drop for EpochLock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// A key was used in an epoch.
pub(crate) fn mark(transaction: &Transaction<'_>, key: Digest, epoch: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO usage (key, epoch) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET epoch = max(epoch, excluded.epoch)",
        )?
        .execute((&key.0[..], epoch))
        .map(drop)
}

fn begin_epoch(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    transaction.execute("INSERT INTO epoch (began) VALUES (?1)", [nanoseconds(SystemTime::now())])?;
    Ok(transaction.last_insert_rowid())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::TestStore;

    fn epochs(store: &Store) -> Vec<(Vec<u8>, i64)> {
        store
            .database()
            .read(|connection| {
                let mut statement = connection.prepare("SELECT key, epoch FROM usage ORDER BY key")?;
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .unwrap()
    }

    fn epoch_of(store: &Store, key: Digest) -> i64 {
        epochs(store).into_iter().find(|(found, _)| found[..] == key.0[..]).unwrap().1
    }

    #[test]
    fn a_run_that_uses_the_same_again_writes_nothing() {
        let store = TestStore::new();
        let [a, b] = [Digest::of(b"a"), Digest::of(b"b")];
        store.epoch().unwrap();
        let run = |keys: &[Digest]| {
            let run = store.again("one");
            keys.iter().for_each(|key| run.used(*key));
            run.remember_uses().unwrap();
        };
        run(&[a, b]);
        let marked = epochs(&store);
        let changes = |store: &Store| {
            store
                .database()
                .read(|connection| {
                    connection.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0))
                })
                .unwrap()
        };
        let before = changes(&store);
        run(&[b, a, b]);
        assert_eq!((epochs(&store), changes(&store)), (marked, before));

        let writer = store.again("one");
        writer.epoch().unwrap();
        run(&[a]);
        assert!(
            epoch_of(&store, a) > epoch_of(&store, b),
            "it was used after another run had recorded something"
        );
    }

    #[test]
    fn the_clock_changes_no_order() {
        let store = TestStore::new();
        let [a, b] = [Digest::of(b"a"), Digest::of(b"b")];
        let run = |key: Digest| {
            let run = store.again("one");
            run.used(key);
            run.remember_uses().unwrap();
        };
        run(a);
        for began in [i64::MAX, 0] {
            store.database().write(|t| t.execute("UPDATE epoch SET began = ?1", [began])).unwrap();
            run(b);
            assert!(epoch_of(&store, b) > epoch_of(&store, a));
            run(a);
            run(b);
            run(a);
            store.database().write(|t| t.execute("UPDATE epoch SET began = ?1", [began])).unwrap();
            run(a);
            assert!(epoch_of(&store, a) > epoch_of(&store, b));
            run(b);
        }
    }
}
