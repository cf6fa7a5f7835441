//! What the database holds, how one is made, and how one of an earlier version becomes one of this.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error;
use crate::StoreError;

/// The format that this version writes, in `user_version`. A store of a newer one is refused.
pub(super) const FORMAT: i64 = MIGRATIONS.len() as i64;

/// Rights of the database, which says what steps were given: for its user alone.
const OWN: u32 = 0o600;

/// Those of everybody else.
const OTHERS: u32 = 0o077;

/// What leads from each format to the next, from nothing on.
pub(super) const MIGRATIONS: [&str; 5] = [TABLES, FACTS, USE, ORIGIN, PACKAGE];

/// Rows name whole things only. Digests are 32 bytes; times are nanoseconds since 1970, durations nanoseconds. `boot` names the
/// start of the machine since which a layer was written but not synced; empty when it was.
const TABLES: &str = "
    CREATE TABLE object (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL);
    CREATE TABLE layer (
        id TEXT PRIMARY KEY, diff BLOB NOT NULL, bytes INTEGER NOT NULL, created INTEGER NOT NULL, boot TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE tree (
        digest BLOB NOT NULL, kind INTEGER NOT NULL, layers BLOB NOT NULL, PRIMARY KEY (digest, kind)
    ) WITHOUT ROWID;
    CREATE TABLE blob (digest BLOB PRIMARY KEY, size INTEGER NOT NULL, bytes BLOB);
    CREATE TABLE step (
        key BLOB PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT NULL, duration INTEGER NOT NULL,
        exit_code INTEGER NOT NULL, bytes INTEGER NOT NULL, record BLOB NOT NULL, preimage BLOB NOT NULL
    );
    CREATE INDEX step_by_name ON step (name, created);
    CREATE TABLE op (key BLOB PRIMARY KEY, stored BLOB NOT NULL, created INTEGER NOT NULL);
    CREATE TABLE import (
        host BLOB NOT NULL, filter BLOB NOT NULL, tree BLOB NOT NULL, stats BLOB NOT NULL, PRIMARY KEY (host, filter)
    );
";

/// Small values by a key.
const FACTS: &str = "
    CREATE TABLE fact (key BLOB PRIMARY KEY, value BLOB NOT NULL, created INTEGER NOT NULL);
";

/// What is used, and how much room it takes. An epoch is a run that recorded something, or an hour in which none did: what was used
/// later has a larger number, whatever the clock said. A key has the epoch in which it was last used. What is condemned is removed when
/// nobody can be using it. Facts of before name layers that nobody could know they name: they are found out again.
const USE: &str = "
    ALTER TABLE layer ADD COLUMN disk INTEGER NOT NULL DEFAULT 0;
    UPDATE layer SET disk = bytes;
    ALTER TABLE blob ADD COLUMN boot TEXT NOT NULL DEFAULT '';
    DELETE FROM fact;
    ALTER TABLE fact ADD COLUMN holds BLOB NOT NULL DEFAULT x'00';
    CREATE TABLE epoch (number INTEGER PRIMARY KEY, began INTEGER NOT NULL);
    CREATE TABLE usage (key BLOB PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE condemned (kind INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
    CREATE TABLE total (id INTEGER PRIMARY KEY CHECK (id = 1), bytes INTEGER NOT NULL);
    INSERT INTO total VALUES (1,
        (SELECT coalesce(sum(disk), 0) FROM layer) + (SELECT coalesce(sum(size), 0) FROM blob WHERE bytes IS NULL));
    CREATE TABLE volume (key TEXT PRIMARY KEY, bytes INTEGER NOT NULL, measured INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TRIGGER layer_added AFTER INSERT ON layer BEGIN UPDATE total SET bytes = bytes + NEW.disk; END;
    CREATE TRIGGER layer_removed AFTER DELETE ON layer BEGIN UPDATE total SET bytes = bytes - OLD.disk; END;
    CREATE TRIGGER blob_added AFTER INSERT ON blob WHEN NEW.bytes IS NULL
        BEGIN UPDATE total SET bytes = bytes + NEW.size; END;
    CREATE TRIGGER blob_removed AFTER DELETE ON blob WHEN OLD.bytes IS NULL
        BEGIN UPDATE total SET bytes = bytes - OLD.size; END;
";

/// Where results came from that this store did not make; empty for its own.
const ORIGIN: &str = "
    ALTER TABLE step ADD COLUMN origin TEXT NOT NULL DEFAULT '';
";

/// Which package a step belonged to, by its folder: steps of two packages may have one name. Empty for those of before, and for those
/// that an earlier version records beside this one.
const PACKAGE: &str = "
    ALTER TABLE step ADD COLUMN package TEXT NOT NULL DEFAULT '';
    CREATE INDEX step_by_package ON step (package, name, created);
";

/// A table or an index that a database of this format has and this one does not.
pub(super) fn missing(connection: &Connection) -> rusqlite::Result<Option<String>> {
    const NAMES: &str = "SELECT name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let names = |connection: &Connection| {
        let mut query = connection.prepare(NAMES)?;
        query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<BTreeSet<String>>>()
    };
    let new = Connection::open_in_memory()?;
    MIGRATIONS.iter().try_for_each(|migration| new.execute_batch(migration))?;
    let found = names(connection)?;
    Ok(names(&new)?.into_iter().find(|name| !found.contains(name)))
}

pub(super) fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// A file that SQLite keeps beside the database.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut file = path.to_path_buf().into_os_string();
    file.push(suffix);
    file.into()
}

/// Takes the rights of others away, which an earlier version left to the umask; whether the file is there at all.
pub(super) fn keep_to_its_user(path: &Path) -> Result<bool, StoreError> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(false) };
    let mode = found.permissions().mode();
    if mode & OTHERS == 0 {
        return Ok(true);
    }
    match std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & !OTHERS)) {
        // Whoever wrote last may be removing it right now.
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::NotWritable { path: path.to_path_buf(), source })
        }
        _ => Ok(true),
    }
}

/// Makes the database beside its place and then gives it its name, so that no process ever sees a half-made one: SQLite cannot turn
/// a database to a write-ahead log while another process looks at it. Who comes second takes what the first one made.
pub(super) fn make(path: &Path) -> Result<(), StoreError> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let unnamed = path.with_extension(format!("new-{}-{number}", std::process::id()));
    // A killed process of the same number may have left one.
    let _ = std::fs::remove_file(&unnamed);
    // The log gets the same rights.
    let created = OpenOptions::new().create_new(true).write(true).mode(OWN).open(&unnamed);
    created.map_err(|source| StoreError::NotWritable { path: path.to_path_buf(), source })?;
    let filled = Connection::open(&unnamed).and_then(|connection| {
        fill(&connection)?;
        // Closing it would fold the log, too, and say nothing when the disk is full: half a database would get the name.
        fold(&connection)?;
        connection.close().map_err(|(_, error)| error)
    });
    let made = filled.map_err(|source| error(path, source)).and_then(|()| {
        match std::fs::hard_link(&unnamed, path) {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                Err(StoreError::NotWritable { path: path.to_path_buf(), source })
            }
            _ => Ok(()),
        }
    });
    // Closing it has folded the log into it; what a failure left goes too.
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(beside(&unnamed, suffix));
    }
    made
}

/// Brings everything that is in the log into the database.
fn fold(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Makes the tables that are missing, unless another process was first.
pub(super) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let found = format(&transaction)?;
    let missing = MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(MIGRATIONS.len()));
    missing.clone().try_for_each(|migration| transaction.execute_batch(migration))?;
    if missing.len() > 0 {
        transaction.pragma_update(None, "user_version", FORMAT)?;
    }
    transaction.commit()
}
