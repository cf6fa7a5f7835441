//! When things were last used.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::Digest;
use rusqlite::Connection;

/// Read as a whole: to look up each of very many results takes longer. Of a key only the beginning is kept, for two that have the same
/// would merely be taken to have been used at one time.
#[derive(Default)]
pub(super) struct Uses {
    /// By what things are called among those that are used.
    keys: Vec<u64>,
    epochs: Vec<i64>,
}

impl Uses {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Uses> {
        let mut uses = Uses::default();
        let mut usage = connection.prepare("SELECT key, epoch FROM usage ORDER BY key")?;
        let mut rows = usage.query([])?;
        while let Some(row) = rows.next()? {
            uses.keys.push(beginning(Digest(row.get(0)?)));
            uses.epochs.push(row.get(1)?);
        }
        Ok(uses)
    }

    /// The epoch in which something was last used; 0 when that is not known.
    pub(super) fn of(&self, key: Digest) -> i64 {
        let place = self.keys.binary_search(&beginning(key)).ok();
        place.and_then(|place| self.epochs.get(place)).copied().unwrap_or_default()
    }
}

fn beginning(key: Digest) -> u64 {
    key.0.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)).unwrap_or_default()
}

/// When epochs began.
#[derive(Default)]
pub(super) struct Epochs(HashMap<i64, i64>);

impl Epochs {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Epochs> {
        let mut epochs = connection.prepare("SELECT number, began FROM epoch")?;
        let began = epochs.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        began.collect::<rusqlite::Result<_>>().map(Epochs)
    }

    /// One that lies ahead is that of a clock that was wrong, and as good as now.
    pub(super) fn began(&self, epoch: i64) -> SystemTime {
        let nanoseconds = self.0.get(&epoch).copied().unwrap_or_default();
        let since = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or_default());
        (UNIX_EPOCH + since).min(SystemTime::now())
    }
}
