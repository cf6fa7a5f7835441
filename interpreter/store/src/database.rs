//! The database: SQLite with a write-ahead log, shared by any number of processes.

use std::fs::OpenOptions;
use std::io;
use std::marker::PhantomData;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::disk::Disk;
use crate::{StoreError, WritePoint};

/// The format that this version writes, in `user_version`. A store of a newer one is refused.
const FORMAT: i64 = MIGRATIONS.len() as i64;

/// Rights of the database, which says what steps were given: for its user alone.
const OWN: u32 = 0o600;

/// Those of everybody else.
const OTHERS: u32 = 0o077;

/// How long a process waits while another one writes.
const BUSY: Duration = Duration::from_secs(60);

/// What leads from each format to the next, from nothing on.
const MIGRATIONS: [&str; 4] = [TABLES, FACTS, USE, ORIGIN];

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

/// A connection, used by one thread at a time.
pub(crate) struct Database {
    path: PathBuf,
    open: Mutex<Open>,
    disk: Disk,
    /// Something was written, or begun to be.
    written: AtomicBool,
}

impl Database {
    /// Opens the database, made if it is missing.
    pub(crate) fn open(path: &Path, disk: Disk) -> Result<Database, StoreError> {
        let failed = |source| error(path, source);
        if !keep_to_its_user(path)? {
            make(path)?;
        }
        // A command that only reads leaves them, with the rights that they have.
        for suffix in ["-wal", "-shm"] {
            keep_to_its_user(&beside(path, suffix))?;
        }
        let connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        keep_log(&connection, log_size(path) < SMALL_LOG).map_err(failed)?;
        let found = format(&connection).map_err(failed)?;
        if found < FORMAT {
            // Of an earlier version; or not made by us: an empty file is as good as none, anything else is somebody's.
            fill(&connection).map_err(failed)?;
        }
        if found > FORMAT {
            return Err(StoreError::Newer { path: path.to_path_buf(), found, known: FORMAT });
        }
        // Nothing is lost by a killed process; a power loss may lose the last commits, never half of one.
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        Ok(Database {
            path: path.to_path_buf(),
            open: Mutex::new(Open { connection, viewer: None, is_viewed: false }),
            disk,
            written: AtomicBool::new(false),
        })
    }

    /// Has SQLite look at every page.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let found: String =
            self.read(|connection| connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)))?;
        match found.as_str() {
            "ok" => Ok(()),
            _ => Err(StoreError::DatabaseDamaged { path: self.path.clone(), reason: found }),
        }
    }

    /// Reads.
    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut open = self.lock();
        let begun = if open.viewer == Some(std::thread::current().id()) { open.begin() } else { open.end() };
        begun.and_then(|()| query(&open.connection)).map_err(|source| error(&self.path, source))
    }

    /// As long as this lives, this thread's reads see one state of the database, and are spared the locks that each would take by
    /// itself. A write, or another thread's read, ends that state; the next read begins with the one that is there then.
    pub(crate) fn view(&self) -> View<'_> {
        let mut open = self.lock();
        let is_first = open.viewer.is_none();
        if is_first {
            open.viewer = Some(std::thread::current().id());
        }
        View { database: is_first.then_some(self), _thread: PhantomData }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes, all or nothing.
    pub(crate) fn write<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut open = self.lock();
        let run = || {
            open.end()?;
            let connection = &mut open.connection;
            if !self.written.swap(true, Ordering::Relaxed) {
                keep_log(connection, false)?;
            }
            // Taking the write lock at once: a reader that becomes a writer cannot wait for another writer.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = change(&transaction)?;
            self.observe(WritePoint::Commit)?;
            transaction.commit()?;
            self.observe(WritePoint::Committed)?;
            Ok(value)
        };
        run().map_err(|source| error(&self.path, source))
    }
}

/// A connection, and who looks at one state through it.
struct Open {
    connection: Connection,
    viewer: Option<ThreadId>,
    /// There is a state that is looked at.
    is_viewed: bool,
}

impl Open {
    fn begin(&mut self) -> rusqlite::Result<()> {
        if !self.is_viewed {
            self.connection.prepare_cached("BEGIN")?.execute([])?;
            self.is_viewed = true;
        }
        Ok(())
    }

    fn end(&mut self) -> rusqlite::Result<()> {
        // SQLite ends it by itself when a read fails.
        if std::mem::take(&mut self.is_viewed) && !self.connection.is_autocommit() {
            self.connection.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(())
    }
}

/// See [`Database::view`].
#[must_use]
pub(crate) struct View<'a> {
    /// `None`: another one of this kind is older, and ends it.
    database: Option<&'a Database>,
    /// It stays on its thread.
    _thread: PhantomData<*const ()>,
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        if let Some(database) = self.database {
            let mut open = database.lock();
            open.viewer = None;
            // Nothing was written, so nothing can be lost.
            let _ = open.end();
        }
    }
}

impl Database {
    fn observe(&self, point: WritePoint<'_>) -> rusqlite::Result<()> {
        self.disk.before(point).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }
}

/// A connection that only reads leaves the log and its index where they are, when it is the last one to close: removing them, and
/// making them anew with the next command, is a good part of what opening the store costs. Who writes folds the log into the
/// database and removes it at the end, as usual; so does who finds much in it, that of a killed process.
fn keep_log(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep).map(drop)
}

/// Bytes of a log that is read again with every command rather than folded.
const SMALL_LOG: u64 = 1 << 16;

fn log_size(path: &Path) -> u64 {
    std::fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len())
}

/// A file that SQLite keeps beside the database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut file = path.to_path_buf().into_os_string();
    file.push(suffix);
    file.into()
}

fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Takes the rights of others away, which an earlier version left to the umask; whether the file is there at all.
fn keep_to_its_user(path: &Path) -> Result<bool, StoreError> {
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
fn make(path: &Path) -> Result<(), StoreError> {
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
fn fill(connection: &Connection) -> rusqlite::Result<()> {
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

fn error(path: &Path, source: rusqlite::Error) -> StoreError {
    let path = path.to_path_buf();
    match source.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        // SQLite does not say why its index in shared memory cannot grow.
        Some(ErrorCode::SystemIoFailure) if has_no_room(&path) => StoreError::Full { path },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            StoreError::NotWritable { path, source: io::Error::other(source.to_string()) }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::DatabaseDamaged { path, reason: source.to_string() }
        }
        _ => StoreError::Database { path, source },
    }
}

/// Less is left on the disk than the database needs to be opened.
fn has_no_room(path: &Path) -> bool {
    const NEEDED: u64 = 1 << 18;
    path.parent().is_some_and(|folder| crate::Floor::Bytes(NEEDED).missing(folder) > 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_newer_store_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.sqlite");
        drop(Database::open(&path, Disk::default()).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", FORMAT + 1).unwrap();
        let error = Database::open(&path, Disk::default()).err().unwrap();
        assert!(matches!(error, StoreError::Newer { found, .. } if found == FORMAT + 1), "{error}");
        assert!(error.to_string().contains("PIPE_STORE"), "{error}");
    }

    /// A process of an earlier version goes on in a store that a newer one has brought to its own form meanwhile.
    #[test]
    fn two_versions_are_there_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.sqlite");
        let earlier = Connection::open(&path).unwrap();
        earlier.pragma_update(None, "journal_mode", "WAL").unwrap();
        let (last, before) = MIGRATIONS.split_last().unwrap();
        before.iter().for_each(|migration| earlier.execute_batch(migration).unwrap());
        earlier.pragma_update(None, "user_version", before.len() as i64).unwrap();
        let insert =
            "INSERT OR REPLACE INTO step (key, name, created, duration, exit_code, bytes, record, preimage)
             VALUES (?1, 'a', 0, 0, 0, 0, x'00', x'00')";
        let mut insert = earlier.prepare(insert).unwrap();
        insert.execute([&[1u8; 32][..]]).unwrap();
        let newer = Database::open(&path, Disk::default()).unwrap();
        insert.execute([&[2u8; 32][..]]).unwrap();
        let rows: i64 = newer
            .read(|connection| {
                connection.query_row("SELECT count(*) FROM step WHERE origin = ''", [], |row| row.get(0))
            })
            .unwrap();
        assert_eq!((newer.read(format).unwrap(), rows), (FORMAT, 2), "{last}");
    }

    #[test]
    fn it_is_for_its_user_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.sqlite");
        let modes = || {
            let mode =
                |suffix| Some(std::fs::metadata(beside(&path, suffix)).ok()?.permissions().mode() & 0o7777);
            ["", "-wal", "-shm"].map(mode)
        };
        let open = || Database::open(&path, Disk::default()).unwrap();
        drop(open());
        assert_eq!(modes()[0], Some(0o600));
        // Who only reads leaves the log.
        open().read(format).unwrap();
        assert_eq!(modes(), [Some(0o600); 3]);
        for suffix in ["", "-wal", "-shm"] {
            let others = std::fs::Permissions::from_mode(0o644);
            std::fs::set_permissions(beside(&path, suffix), others).unwrap();
        }
        let _held = open();
        assert_eq!(modes(), [Some(0o600); 3]);
    }

    #[test]
    fn an_empty_file_becomes_a_store() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.sqlite");
        std::fs::write(&path, "").unwrap();
        let database = Database::open(&path, Disk::default()).unwrap();
        assert_eq!(database.read(format).unwrap(), FORMAT);
    }

    #[test]
    fn who_only_reads_leaves_the_log_where_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.sqlite");
        let log = || std::fs::metadata(dir.path().join("db.sqlite-wal")).map(|log| log.len()).ok();
        let open = || Database::open(&path, Disk::default()).unwrap();
        open()
            .write(|transaction| transaction.execute("INSERT INTO object VALUES (x'00', x'00')", []))
            .unwrap();
        assert_eq!(log(), None, "it was folded");
        open().read(format).unwrap();
        assert_eq!(log(), Some(0));
        open().read(format).unwrap();
        assert_eq!(log(), Some(0));
        // As if it had been killed: nothing is folded.
        let large = open();
        large
            .write(|transaction| {
                transaction.execute("INSERT INTO object VALUES (x'02', zeroblob(200000))", [])
            })
            .unwrap();
        keep_log(&large.lock().connection, true).unwrap();
        drop(large);
        assert!(log().unwrap() > SMALL_LOG);
        open().read(format).unwrap();
        assert_eq!(log(), None, "much of a killed process is folded by who comes next");
    }

    fn count(database: &Database) -> i64 {
        let query = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM object", [], |row| row.get(0))
        };
        database.read(query).unwrap()
    }

    fn add(database: &Database, digest: u8) {
        let insert = |transaction: &Transaction<'_>| {
            transaction.execute("INSERT INTO object VALUES (?1, x'00')", [[digest]]).map(drop)
        };
        database.write(insert).unwrap();
    }

    #[test]
    fn a_view_is_of_one_state_until_something_is_written_through_it() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Database::open(&dir.path().join("db.sqlite"), Disk::default()).unwrap();
        let (one, other) = (open(), open());
        let view = one.view();
        assert_eq!(count(&one), 0);
        add(&other, 1);
        let inner = one.view();
        assert_eq!(count(&one), 0);
        drop(inner);
        assert_eq!(count(&one), 0, "the older view goes on");
        add(&one, 2);
        assert_eq!(count(&one), 2);
        add(&other, 3);
        assert_eq!(count(&one), 2);
        drop(view);
        assert_eq!(count(&one), 3);
    }

    #[test]
    fn a_view_is_of_its_own_thread_only() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Database::open(&dir.path().join("db.sqlite"), Disk::default()).unwrap();
        let (one, other) = (open(), open());
        let _view = one.view();
        assert_eq!(count(&one), 0);
        add(&other, 1);
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(count(&one), 1, "who looks after something was written sees it"));
        });
        assert_eq!(count(&one), 1);
    }

    #[test]
    fn many_make_it_at_once() {
        for _ in 0..20 {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("db.sqlite");
            let opened: Vec<_> = std::thread::scope(|scope| {
                let open = |_| scope.spawn(|| Database::open(&path, Disk::default()).map(drop));
                let threads: Vec<_> = (0..6).map(open).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert!(opened.iter().all(Result::is_ok), "{opened:?}");
        }
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&dir.path().join("db.sqlite"), Disk::default()).unwrap();
        let result = database.write(|transaction| {
            transaction.execute("INSERT INTO object VALUES (x'00', x'00')", [])?;
            transaction.execute("INSERT INTO nowhere VALUES (1)", [])
        });
        assert!(result.is_err());
        let count: i64 = database
            .read(|connection| connection.query_row("SELECT count(*) FROM object", [], |row| row.get(0)))
            .unwrap();
        assert_eq!(count, 0);
    }
}
