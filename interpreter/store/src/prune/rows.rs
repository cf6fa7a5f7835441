//! The rows of results, one after the other, with what each names.

use std::collections::HashMap;

use pipe_ops::{BlobDigest, Digest, StepKey};
use rusqlite::{Connection, Row};

use super::contents::{TreeKey, size};
use super::decode::decode;
use crate::import::import_key;
use crate::{Held, StepRecord, Stored, Tree, TreeKind};

/// Where results stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Step,
    Op,
    Fact,
    Import,
    /// No row: a cache volume is a folder.
    Volume,
}

/// A row.
pub(super) struct ResultRow {
    pub(super) table: Table,
    /// Its number.
    pub(super) row: i64,
    /// What it is called among the things that are used.
    pub(super) key: Digest,
    pub(super) created: i64,
    /// Bytes of its own.
    pub(super) own: u64,
    /// The cache that it was taken from.
    pub(super) origin: Option<String>,
    pub(super) needs: Needs,
}

/// What one result names.
#[derive(Default)]
pub(super) struct Needs {
    pub(super) layers: Vec<String>,
    pub(super) blobs: Vec<Digest>,
    pub(super) trees: Vec<TreeKey>,
}

impl Needs {
    fn tree(&mut self, tree: Tree) {
        self.layers.extend(tree.layers.into_iter().map(|layer| layer.layer));
        self.trees.push((tree.digest.0, tree.kind as i64));
    }

    fn stored(&mut self, stored: Stored) {
        match stored {
            Stored::Tree(tree) => self.tree(tree),
            Stored::File(file) => self.layers.push(file.layer),
        }
    }

    fn of_step(row: &Row<'_>) -> rusqlite::Result<Needs> {
        let mut needs = Needs::default();
        if let Some(record) = decode::<StepRecord>(row, 2)? {
            needs.blobs.extend([record.stdout, record.stderr, record.log].map(|BlobDigest(digest)| digest));
            record.root.into_iter().for_each(|tree| needs.tree(tree));
            record.mounts.into_iter().flatten().for_each(|stored| needs.stored(stored));
        }
        Ok(needs)
    }

    fn of_op(row: &Row<'_>) -> rusqlite::Result<Needs> {
        let mut needs = Needs::default();
        decode::<Stored>(row, 2)?.into_iter().for_each(|stored| needs.stored(stored));
        Ok(needs)
    }

    fn of_fact(row: &Row<'_>) -> rusqlite::Result<Needs> {
        let mut needs = Needs::default();
        for held in decode::<Vec<Held>>(row, 2)?.unwrap_or_default() {
            match held {
                Held::Tree(tree) => needs.tree(tree),
                Held::Blob(BlobDigest(digest)) => needs.blobs.push(digest),
                Held::Step(_) | Held::Awaited(_) => {}
            }
        }
        Ok(needs)
    }
}

/// What somebody will ask for, by what it is called among the things that are used, with the time until which, in nanoseconds since 1970.
pub(super) fn awaited(connection: &Connection) -> rusqlite::Result<HashMap<Digest, i64>> {
    let mut found: HashMap<Digest, i64> = HashMap::new();
    let mut facts = connection.prepare("SELECT key, holds FROM fact")?;
    let mut rows = facts.query([])?;
    while let Some(row) = rows.next()? {
        let holds = decode::<Vec<Held>>(row, 1)?.unwrap_or_default();
        let Some(until) = until(&holds) else { continue };
        let steps = holds.iter().filter_map(|held| match held {
            Held::Step(StepKey(digest)) => Some(*digest),
            _ => None,
        });
        for key in steps.chain([Digest(row.get(0)?)]) {
            let known = found.entry(key).or_insert(until);
            *known = until.max(*known);
        }
    }
    Ok(found)
}

/// Until when a fact is awaited that holds these.
pub(super) fn until(holds: &[Held]) -> Option<i64> {
    holds.iter().rev().find_map(|held| match held {
        Held::Awaited(until) => Some(*until),
        _ => None,
    })
}

type NeedsOf = fn(&Row<'_>) -> rusqlite::Result<Needs>;

/// The tables whose rows have a key: number, key, what is named, bytes, time, origin.
const KEYED: [(Table, &str, NeedsOf); 3] = [
    (
        Table::Step,
        "SELECT rowid, key, record, length(record) + length(preimage), created, nullif(origin, '') FROM step",
        Needs::of_step,
    ),
    (Table::Op, "SELECT rowid, key, stored, length(stored), created, NULL FROM op", Needs::of_op),
    (Table::Fact, "SELECT rowid, key, holds, length(value), created, NULL FROM fact", Needs::of_fact),
];

/// Goes through all rows of results.
pub(super) fn each(connection: &Connection, mut visit: impl FnMut(ResultRow)) -> rusqlite::Result<()> {
    for (table, query, needs) in KEYED {
        let mut statement = connection.prepare(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            visit(ResultRow {
                table,
                row: row.get(0)?,
                key: Digest(row.get(1)?),
                created: row.get(4)?,
                own: size(row.get(3)?),
                origin: row.get(5)?,
                needs: needs(row)?,
            });
        }
    }
    let mut imports = connection.prepare("SELECT rowid, host, filter, tree, length(stats) FROM import")?;
    let mut rows = imports.query([])?;
    while let Some(row) = rows.next()? {
        let (host, filter): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
        let trees = vec![(Digest(row.get(3)?), TreeKind::Whole as i64)];
        visit(ResultRow {
            table: Table::Import,
            row: row.get(0)?,
            key: import_key(&host, &filter),
            created: 0,
            own: size(row.get(4)?),
            origin: None,
            needs: Needs { trees, ..Needs::default() },
        });
    }
    Ok(())
}
