//! What results are called, read when that is told or done.

use std::collections::HashSet;
use std::sync::Arc;

use pipe_ops::Digest;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use super::decode::decode;
use super::results::{Listed, Results};
use super::rows::{Table, until};
use crate::import::import_key;
use crate::volume::volume_key;
use crate::{Held, VolumeEntry};

/// What one result is called.
pub(super) struct Named {
    /// Among the things that are used.
    pub(super) key: Digest,
    /// By people.
    pub(super) what: Arc<str>,
}

/// Reads the key and the name of a result from a row of its table.
type NameOf = fn(&Row<'_>) -> rusqlite::Result<(Digest, String)>;

/// Looks up what results are called. Many steps have one name, of which there is one copy.
pub(super) struct Names<'a> {
    results: &'a Results,
    step: CachedStatement<'a>,
    op: CachedStatement<'a>,
    fact: CachedStatement<'a>,
    import: CachedStatement<'a>,
    known: HashSet<Arc<str>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(connection: &'a Connection, results: &'a Results) -> rusqlite::Result<Names<'a>> {
        let prepare = |query: &str| connection.prepare_cached(query);
        Ok(Names {
            results,
            step: prepare("SELECT key, name FROM step WHERE rowid = ?1 AND created = ?2")?,
            op: prepare("SELECT key FROM op WHERE rowid = ?1 AND created = ?2")?,
            fact: prepare("SELECT key, holds FROM fact WHERE rowid = ?1 AND created = ?2")?,
            import: prepare("SELECT host, filter FROM import WHERE rowid = ?1 AND 0 = ?2")?,
            known: HashSet::new(),
        })
    }

    /// What a result is called; `None` when it is gone meanwhile, or its number has become that of another one.
    pub(super) fn of(&mut self, result: &Listed) -> rusqlite::Result<Option<Named>> {
        if let Some(volume) = self.results.volume(result) {
            return Ok(Some(Named { key: volume_key(&volume.key), what: volume_name(volume).into() }));
        }
        let (statement, name): (_, NameOf) = match result.table {
            Table::Step => (&mut self.step, step_name),
            Table::Op => (&mut self.op, op_name),
            Table::Fact => (&mut self.fact, fact_name),
            Table::Import => (&mut self.import, import_name),
            Table::Volume => return Ok(None),
        };
        let found = statement.query_row((result.row, result.created), name).optional()?;
        Ok(found.map(|(key, name)| Named { key, what: self.shared(name) }))
    }

    fn shared(&mut self, name: String) -> Arc<str> {
        if let Some(known) = self.known.get(name.as_str()) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.known.insert(name.clone());
        name
    }
}

fn step_name(row: &Row<'_>) -> rusqlite::Result<(Digest, String)> {
    Ok((Digest(row.get(0)?), format!("step {}", row.get_ref(1)?.as_str()?)))
}

fn op_name(row: &Row<'_>) -> rusqlite::Result<(Digest, String)> {
    let key = Digest(row.get(0)?);
    Ok((key, format!("copy or other result {}", short(key))))
}

fn fact_name(row: &Row<'_>) -> rusqlite::Result<(Digest, String)> {
    let key = Digest(row.get(0)?);
    let holds = decode::<Vec<Held>>(row, 1)?.unwrap_or_default();
    let what = if until(&holds).is_some() { "run that can go on" } else { "part of an image" };
    Ok((key, format!("{what} {}", short(key))))
}

fn import_name(row: &Row<'_>) -> rusqlite::Result<(Digest, String)> {
    let (host, filter): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
    Ok((import_key(&host, &filter), format!("folder {}", String::from_utf8_lossy(&host))))
}

fn volume_name(volume: &VolumeEntry) -> String {
    match &volume.id {
        Some(id) => format!("cache volume {} of {}", id.name, id.owner),
        None => format!("cache volume {}", volume.key),
    }
}

fn short(key: Digest) -> String {
    key.to_string().chars().take(12).collect()
}
