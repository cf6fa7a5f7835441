//! The database: SQLite with a write-ahead log, shared by any number of processes.

mod format;
mod reading;

use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use self::format::{FORMAT, beside, fill, format, keep_to_its_user, make};
pub(crate) use self::reading::stamp;
use crate::disk::Disk;
use crate::{StoreError, WritePoint};

/// How long a process waits while another one writes.
const BUSY: Duration = Duration::from_secs(60);

/// A connection, used by one thread at a time.
pub(crate) struct Database {
    path: PathBuf,
    open: Mutex<Open>,
    disk: Disk,
    /// Something was written, or begun to be.
    written: AtomicBool,
    /// It was opened to be read only, and looked like this then.
    reading: Option<reading::Looks>,
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
            reading: None,
        })
    }

    /// Has SQLite look at every page, and looks whether all tables are there.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let found: String =
            self.read(|connection| connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)))?;
        let reason = match found.as_str() {
            "ok" => self.read(format::missing)?.map(|name| format!("no such table or index: {name}")),
            _ => Some(found),
        };
        reason.map_or(Ok(()), |reason| Err(StoreError::DatabaseDamaged { path: self.path.clone(), reason }))
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
        if self.reading.is_some() {
            return Err(StoreError::ReadOnly { path: self.path.clone() });
        }
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
        _ if lacks_a_table(&source) => StoreError::DatabaseDamaged { path, reason: source.to_string() },
        _ => StoreError::Database { path, source },
    }
}

/// What is asked is there in every database of the format that this one says it has. SQLite has no code of its own for that.
fn lacks_a_table(error: &rusqlite::Error) -> bool {
    let message = match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message,
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        _ => return false,
    };
    message.starts_with("no such table") || message.starts_with("no such column")
}

/// Less is left on the disk than the database needs to be opened.
fn has_no_room(path: &Path) -> bool {
    const NEEDED: u64 = 1 << 18;
    path.parent().is_some_and(|folder| crate::Floor::Bytes(NEEDED).missing(folder) > 0)
}

#[cfg(test)]
mod tests;
