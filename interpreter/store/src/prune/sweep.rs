//! Taking away what was chosen: first its rows, then, when nobody can be using it, its content.

use std::collections::HashSet;
use std::fs;
use std::io;

use pipe_ops::{BlobDigest, Digest};
use rusqlite::{Connection, Transaction};
use rustix::fs::FlockOperation;

use super::choose::{Choice, Gone};
use super::results::{Content, ContentId, Results, Table};
use crate::merkle::remove_unreachable;
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
    pub(super) fn condemn(&self, choice: &Choice) -> Result<(), StoreError> {
        self.database().write(|transaction| {
            choice.rows.iter().try_for_each(|gone| remove_result(transaction, gone))?;
            let mut tree = transaction.prepare_cached("DELETE FROM tree WHERE digest = ?1 AND kind = ?2")?;
            choice
                .trees
                .iter()
                .try_for_each(|(digest, kind)| tree.execute((&digest.0[..], kind)).map(drop))?;
            let mut condemn =
                transaction.prepare_cached("INSERT OR IGNORE INTO condemned (kind, id) VALUES (?1, ?2)")?;
            for Content { id, .. } in &choice.condemned {
                condemn.execute((id.kind() as i64, id.bytes()))?;
            }
            condemn.execute((Kind::Objects as i64, &b""[..]))?;
            forget_uses(transaction)
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
        let chosen = choice.removed.iter().filter_map(|removal| results.results.get(removal.index));
        for volume in chosen.filter(|result| result.table == Table::Volume) {
            match self.remove_volume(&String::from_utf8_lossy(&volume.row.0))? {
                VolumeRemoval::Removed => freed += volume.own,
                VolumeRemoval::InUse => in_use += volume.own,
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
        let (gone, bytes) = self.database().write(|transaction| {
            let results = Results::read(transaction)?;
            let needed = needed(&results);
            let mut gone = Vec::new();
            for id in condemned(transaction)? {
                if let Some(place) = results.place(&id).filter(|place| !needed.contains(place)) {
                    remove_row(transaction, &id)?;
                    gone.push(results.contents[place].clone());
                }
            }
            let trees = results.trees.keys().map(|(digest, _)| *digest);
            let named = results.results.iter().flat_map(|result| &result.trees).map(|(digest, _)| *digest);
            let roots: Vec<Digest> = trees.chain(named).chain(layer_roots(transaction)?).collect();
            let bytes = remove_unreachable(transaction, roots)?;
            transaction.execute("DELETE FROM condemned WHERE kind <> ?1", [Kind::Lost as i64])?;
            Ok((gone, bytes))
        })?;
        self.inner().objects.clear();
        self.inner().layers.clear();
        self.inner().blobs.clear();
        gone.iter().try_for_each(|content| self.remove_content(content))?;
        Ok(Some(bytes + gone.iter().map(|content| content.bytes).sum::<u64>()))
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

    fn remove_content(&self, content: &Content) -> Result<(), StoreError> {
        match &content.id {
            // Left behind by a killed process it is one that no row names.
            ContentId::Layer(id) => match self.remove_folder(&self.layer_path(id)) {
                Err(StoreError::NeedsNamespace { .. }) => Ok(()),
                other => other,
            },
            ContentId::Blob(digest) => {
                let path = self.blob_path(BlobDigest(*digest));
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

/// Content that results need, and trees of which somebody may just be making one.
fn needed(results: &Results) -> HashSet<usize> {
    let by_results = results.results.iter().flat_map(|result| &result.needs);
    by_results.chain(results.trees.values().flatten()).copied().collect()
}

fn condemned(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<ContentId>> {
    let mut statement = transaction.prepare("SELECT kind, id FROM condemned")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, id): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        if kind == Kind::Layer as i64 {
            found.extend(String::from_utf8(id).ok().map(ContentId::Layer));
        } else if kind == Kind::Blob as i64 {
            found.extend(id.try_into().ok().map(|digest| ContentId::Blob(Digest(digest))));
        }
    }
    Ok(found)
}

fn layer_roots(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<Digest>> {
    let mut statement = transaction.prepare("SELECT diff FROM layer")?;
    let mut rows = statement.query([])?;
    let mut roots = Vec::new();
    while let Some(row) = rows.next()? {
        // One that cannot be read leads nowhere.
        roots.extend(row.get::<_, Vec<u8>>(0)?.try_into().ok().map(Digest));
    }
    Ok(roots)
}

fn remove_row(transaction: &Transaction<'_>, id: &ContentId) -> rusqlite::Result<()> {
    match id {
        ContentId::Layer(id) => {
            transaction.prepare_cached("DELETE FROM layer WHERE id = ?1")?.execute([id]).map(drop)
        }
        ContentId::Blob(digest) => blob::forget(transaction, BlobDigest(*digest)),
    }
}

fn remove_result(transaction: &Transaction<'_>, gone: &Gone) -> rusqlite::Result<()> {
    let (first, second) = &gone.row;
    let key = &gone.key.0[..];
    let one = |statement: &str| transaction.prepare_cached(statement)?.execute([key]).map(drop);
    match gone.table {
        Table::Step => one("DELETE FROM step WHERE key = ?1"),
        Table::Op => one("DELETE FROM op WHERE key = ?1"),
        Table::Fact => one("DELETE FROM fact WHERE key = ?1"),
        Table::Import => transaction
            .prepare_cached("DELETE FROM import WHERE host = ?1 AND filter = ?2")?
            .execute([first, second])
            .map(drop),
        Table::Volume => Ok(()),
    }?;
    transaction.prepare_cached("DELETE FROM usage WHERE key = ?1")?.execute([&gone.key.0[..]]).map(drop)
}

/// Epochs in which nothing was last used but what is gone.
fn forget_uses(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction
        .execute(
            "DELETE FROM epoch WHERE number NOT IN (SELECT epoch FROM usage)
             AND number < (SELECT max(number) FROM epoch)",
            [],
        )
        .map(drop)
}
