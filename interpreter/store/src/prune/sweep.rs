//! Taking away what was chosen: first its rows, then, when nobody can be using it, its content.

use std::fs;
use std::io;

use pipe_ops::{BlobDigest, Digest};
use rusqlite::{Connection, Transaction};
use rustix::fs::FlockOperation;

use super::choose::{Choice, Removal};
use super::contents::{ContentId, Place};
use super::forget::forget_epochs;
use super::names::{Named, Names};
use super::results::{Listed, Results};
use super::rows::Table;
use crate::merkle::Reached;
use crate::{Store, StoreError, VolumeRemoval, blob};

/// What a row of `condemned` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub(crate) enum Kind {
    Layer = 0,
    Blob = 1,
    /// Folders of Merkle trees that nothing leads to.
    Objects = 2,
    /// What a power loss took: it is gone, and results may still name it.
    Lost = 3,
}

impl Store {
    /// Takes results away, so that nobody finds them, and condemns what only they needed.
    pub(super) fn condemn(&self, choice: &Choice, results: &Results) -> Result<(), StoreError> {
        let listed = |removal: &Removal| results.results.get(removal.index as usize).copied();
        let mut gone: Vec<Listed> = choice.removed.iter().filter_map(listed).collect();
        // In the order in which they stand in the database, so that of very many each page is changed once.
        gone.sort_unstable_by_key(|result| (result.table, result.row));
        self.database().write(|transaction| {
            remove_results(transaction, results, &gone)?;
            let mut tree = transaction.prepare_cached("DELETE FROM tree WHERE digest = ?1 AND kind = ?2")?;
            for (digest, kind) in choice.trees.iter().filter_map(|number| results.trees.key(*number)) {
                tree.execute((&digest.0[..], kind))?;
            }
            let mut condemn =
                transaction.prepare_cached("INSERT OR IGNORE INTO condemned (kind, id) VALUES (?1, ?2)")?;
            for id in choice.condemned.iter().filter_map(|place| results.contents.id(*place)) {
                condemn.execute((id.kind() as i64, id.bytes()))?;
            }
            condemn.execute((Kind::Objects as i64, &b""[..]))?;
            forget_epochs(transaction)
        })?;
        self.retire_lease()
    }

    /// Removes the cache volumes among what was chosen; the bytes of those that a step uses just now.
    pub(super) fn remove_volumes(
        &self,
        choice: &Choice,
        results: &Results,
    ) -> Result<(u64, u64), StoreError> {
        let (mut freed, mut in_use) = (0, 0);
        let chosen = choice.removed.iter().filter_map(|removal| results.results.get(removal.index as usize));
        for volume in chosen.filter_map(|result| results.volume(result)) {
            match self.remove_volume(&volume.key)? {
                VolumeRemoval::Removed => freed += volume.bytes,
                VolumeRemoval::InUse => in_use += volume.bytes,
            }
        }
        Ok((freed, in_use))
    }

    /// Removes what is condemned and still not needed; the bytes that became free. `None` when somebody who came before it was
    /// condemned is still there.
    pub(super) fn sweep_condemned(&self) -> Result<Option<u64>, StoreError> {
        if !self.is_anything_condemned()? {
            return Ok(Some(0));
        }
        if self.earlier_leases()? > 0 {
            return Ok(None);
        }
        // Nothing is put in place between losing its row and losing its file.
        let _guard = self.lock_layers(FlockOperation::LockExclusive)?;
        let (results, gone, mut bytes) = self.database().write(|transaction| {
            let results = Results::read(transaction)?;
            let gone = remove_unneeded(transaction, &results)?;
            let mut reached = Reached::new(transaction)?;
            let roots = results.trees.digests().chain(results.strays.iter().copied());
            for root in roots {
                reached.add(root)?;
            }
            each_layer_root(transaction, |root| reached.add(root))?;
            let bytes = reached.remove_others()?;
            transaction.execute("DELETE FROM condemned WHERE kind <> ?1", [Kind::Lost as i64])?;
            Ok((results, gone, bytes))
        })?;
        self.inner().objects.clear();
        self.inner().layers.clear();
        self.inner().blobs.clear();
        for place in gone {
            if let Some(id) = results.contents.id(place) {
                self.remove_content(id)?;
            }
            bytes += results.contents.bytes(place);
        }
        Ok(Some(bytes))
    }

    fn is_anything_condemned(&self) -> Result<bool, StoreError> {
        self.database().read(|connection| {
            connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM condemned WHERE kind <> ?1)",
                [Kind::Lost as i64],
                |row| row.get(0),
            )
        })
    }

    fn remove_content(&self, id: ContentId<'_>) -> Result<(), StoreError> {
        match id {
            // Left behind by a killed process it is one that no row names.
            ContentId::Layer(id) => match self.remove_folder(&self.layer_path(id)) {
                Err(StoreError::NeedsNamespace { .. }) => Ok(()),
                other => other,
            },
            ContentId::Blob(digest) => {
                let path = self.blob_path(BlobDigest(digest));
                match self.disk().remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        Err(StoreError::io("remove", &path, error))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// Removes what was found damaged.
    pub(super) fn empty_quarantine(&self) -> Result<(), StoreError> {
        let folder = self.dir().join("quarantine");
        let entries = fs::read_dir(&folder).map_err(|error| StoreError::io("read", &folder, error))?;
        for entry in entries.flatten() {
            self.remove_folder(&entry.path())?;
        }
        Ok(())
    }

    /// Gives room that the database no longer needs back to the disk. It needs room itself, so it may not succeed.
    pub(super) fn compact(&self) -> Result<(), StoreError> {
        let done = self.database().read(|connection| {
            let [pages, free]: [i64; 2] = connection.query_row(
                "SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count",
                [],
                |row| Ok([row.get(0)?, row.get(1)?]),
            )?;
            if free > pages / 2 && free > 1024 {
                connection.execute_batch("VACUUM")?;
            }
            Ok(())
        });
        match done {
            // Full, or others are at it.
            Ok(()) | Err(StoreError::Full { .. } | StoreError::Database { .. }) => Ok(()),
            Err(error) => Err(error),
        }
        .and_then(|()| self.fold_log())
    }

    /// Writes what is in the database's log to its place, as far as others let it.
    pub(super) fn fold_log(&self) -> Result<(), StoreError> {
        let fold =
            |connection: &Connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        match self.database().read(fold) {
            // There is no room for it, or others are at it.
            Ok(()) | Err(StoreError::Full { .. } | StoreError::Database { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Removes the rows of what is condemned, unless a result needs it, or a tree of which somebody may just be making one; the places of
/// what went.
fn remove_unneeded(transaction: &Transaction<'_>, results: &Results) -> rusqlite::Result<Vec<Place>> {
    let mut needed = vec![false; results.contents.len()];
    let places = results.all_needs().iter().chain(results.trees.all_layers());
    places.for_each(|place| needed[*place as usize] = true);
    let mut condemned = transaction.prepare("SELECT kind, id FROM condemned")?;
    let mut rows = condemned.query([])?;
    let mut gone = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, id) = (row.get::<_, i64>(0)?, row.get_ref(1)?.as_blob()?);
        let place = if kind == Kind::Layer as i64 {
            results.contents.layer(id)
        } else if kind == Kind::Blob as i64 {
            id.try_into().ok().and_then(|digest| results.contents.blob(Digest(digest)))
        } else {
            None
        };
        gone.extend(place.filter(|place| !needed[*place as usize]));
    }
    for id in gone.iter().filter_map(|place| results.contents.id(*place)) {
        remove_row(transaction, id)?;
    }
    Ok(gone)
}

fn each_layer_root(
    transaction: &Transaction<'_>,
    mut visit: impl FnMut(Digest) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare("SELECT diff FROM layer")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // One that cannot be read leads nowhere.
        if let Ok(root) = row.get_ref(0)?.as_bytes_or_null()?.unwrap_or_default().try_into() {
            visit(Digest(root))?;
        }
    }
    Ok(())
}

fn remove_row(transaction: &Transaction<'_>, id: ContentId<'_>) -> rusqlite::Result<()> {
    match id {
        ContentId::Layer(id) => {
            transaction.prepare_cached("DELETE FROM layer WHERE id = ?1")?.execute([id]).map(drop)
        }
        ContentId::Blob(digest) => blob::forget(transaction, BlobDigest(digest)),
    }
}

/// Removes the rows of results, and what is known of their use.
fn remove_results(transaction: &Transaction<'_>, results: &Results, gone: &[Listed]) -> rusqlite::Result<()> {
    let mut names = Names::new(transaction, results)?;
    let mut keys: Vec<Digest> = Vec::with_capacity(gone.len());
    for result in gone {
        let statement = match result.table {
            Table::Step => "DELETE FROM step WHERE rowid = ?1",
            Table::Op => "DELETE FROM op WHERE rowid = ?1",
            Table::Fact => "DELETE FROM fact WHERE rowid = ?1",
            Table::Import => "DELETE FROM import WHERE rowid = ?1",
            Table::Volume => "",
        };
        // Its number may have become that of a result that was made meanwhile.
        let Some(Named { key, .. }) = names.of(result)? else { continue };
        if !statement.is_empty() {
            transaction.prepare_cached(statement)?.execute([result.row])?;
        }
        keys.push(key);
    }
    keys.sort_unstable();
    let mut usage = transaction.prepare_cached("DELETE FROM usage WHERE key = ?1")?;
    keys.iter().try_for_each(|key| usage.execute([&key.0[..]]).map(drop))
}
