//! Opening the database without writing anything, not even beside it.
//!
//! SQLite reads a database with a write-ahead log through an index in shared memory, a file that it makes when it is missing. So the
//! log decides: without one, or with an empty one, the database is opened as one that nobody changes (`immutable`), and what was read
//! counts only if nobody did ([`Database::is_undisturbed`]); with one, the index has to be there and is not written (`readonly_shm`).

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{Database, FORMAT, Open, beside, error, format};
use crate::StoreError;
use crate::disk::Disk;

/// How long is waited while another process has the database to itself.
const BUSY: Duration = Duration::from_millis(200);

/// What shows that somebody wrote: of the database and of its log the file, its length, and its last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Looks([Option<(u64, u64, i64, i64)>; 2]);

impl Looks {
    pub(super) fn of(path: &Path) -> Looks {
        let look = |path: &Path| {
            let found = std::fs::metadata(path).ok()?;
            Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
        };
        Looks([look(path), look(&beside(path, "-wal"))])
    }

    fn has_log(&self) -> bool {
        self.0[1].is_some_and(|(_, len, ..)| len > 0)
    }
}

impl Database {
    /// Opens the database to be read; `None` when there is none. Nothing is made, changed or removed.
    ///
    /// # Errors
    /// When it is of another version, somebody has it to himself, or it cannot be read.
    pub(crate) fn open_to_read(path: &Path, disk: Disk) -> Result<Option<Database>, StoreError> {
        let failed = |source| error(path, source);
        let looks = Looks::of(path);
        if looks.0[0].is_none() {
            return Ok(None);
        }
        let how = if looks.has_log() { "readonly_shm=1" } else { "immutable=1" };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(format!("file:{}?mode=ro&{how}", escaped(path)), flags)
            .map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.pragma_update(None, "temp_store", "MEMORY").map_err(failed)?;
        let found = format(&connection).map_err(failed)?;
        let path = path.to_path_buf();
        if found > FORMAT {
            return Err(StoreError::Newer { path, found, known: FORMAT });
        }
        if found < FORMAT {
            return Err(StoreError::Older { path, found, known: FORMAT });
        }
        Ok(Some(Database {
            path,
            open: Mutex::new(Open { connection, viewer: None, is_viewed: false }),
            disk,
            written: AtomicBool::new(false),
            reading: Some(looks),
        }))
    }

    /// It was opened to be read only.
    pub(crate) fn reads_only(&self) -> bool {
        self.reading.is_some()
    }

    /// Nobody wrote since it was opened to be read: what was read is what there was.
    pub(crate) fn is_undisturbed(&self) -> bool {
        self.reading.is_none_or(|looks| looks == Looks::of(&self.path))
    }
}

/// A number that is another one after somebody wrote.
pub(crate) fn stamp(path: &Path) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    Looks::of(path).hash(&mut hasher);
    hasher.finish()
}

/// A path as a part of a URI: <https://www.sqlite.org/uri.html>.
fn escaped(path: &Path) -> String {
    let mut out = String::new();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                out.push(byte.into())
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::time::SystemTime;

    use super::*;

    /// All files of a folder, with the digests of their bytes and their times.
    fn files(dir: &Path) -> BTreeMap<PathBuf, (pipe_ops::Digest, SystemTime)> {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        let file = |path: PathBuf| {
            let bytes = pipe_ops::Digest::of(&std::fs::read(&path).unwrap());
            let changed = path.metadata().unwrap().modified().unwrap();
            (path, (bytes, changed))
        };
        entries.map(file).collect()
    }

    fn add(database: &Database, digest: u8) {
        let insert = "INSERT INTO object VALUES (?1, x'00')";
        database.write(|transaction| transaction.execute(insert, [[digest]]).map(drop)).unwrap();
    }

    fn count(database: &Database) -> Result<i64, StoreError> {
        database.read(|connection| connection.query_row("SELECT count(*) FROM object", [], |row| row.get(0)))
    }

    fn reading(path: &Path) -> Database {
        Database::open_to_read(path, Disk::default()).unwrap().unwrap()
    }

    #[test]
    fn what_is_not_there_is_not_made() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.sqlite");
        assert!(Database::open_to_read(&path, Disk::default()).unwrap().is_none());
        assert!(files(dir.path()).is_empty());
    }

    #[test]
    fn a_database_at_rest_is_read_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a %?#ö.sqlite");
        let written = Database::open(&path, Disk::default()).unwrap();
        add(&written, 1);
        drop(written);
        let before = files(dir.path());
        let read = reading(&path);
        assert_eq!(count(&read).unwrap(), 1);
        assert!(matches!(read.write(|_| Ok(())), Err(StoreError::ReadOnly { .. })));
        assert!(read.is_undisturbed());
        drop(read);
        assert_eq!(files(dir.path()), before);
        // Who only read left a log behind, with nothing in it.
        let _ = count(&Database::open(&path, Disk::default()).unwrap()).unwrap();
        let before = files(dir.path());
        assert_eq!(before.len(), 3);
        assert_eq!(count(&reading(&path)).unwrap(), 1);
        assert_eq!(files(dir.path()), before);
    }

    #[test]
    fn somebody_who_writes_meanwhile_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.sqlite");
        drop(Database::open(&path, Disk::default()).unwrap());
        let (read, first) = (reading(&path), stamp(&path));
        assert_eq!(count(&read).unwrap(), 0);
        let writer = Database::open(&path, Disk::default()).unwrap();
        add(&writer, 1);
        assert!(!read.is_undisturbed());
        assert_ne!(stamp(&path), first);
        // What is in the log only is read, too, and the log is not touched. Nor is its index, by another process: within one, all
        // connections have it in common.
        let without_index = || {
            let mut files = files(dir.path());
            files.remove(&beside(&path, "-shm"));
            files
        };
        let before = without_index();
        let read = reading(&path);
        assert_eq!(count(&read).unwrap(), 1);
        assert!(read.is_undisturbed());
        drop(read);
        assert_eq!(without_index(), before);
        drop(writer);
        assert_eq!(count(&reading(&path)).unwrap(), 1);
    }

    #[test]
    fn another_format_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.sqlite");
        drop(Database::open(&path, Disk::default()).unwrap());
        for (format, is_newer) in [(FORMAT + 1, true), (FORMAT - 1, false)] {
            Connection::open(&path).unwrap().pragma_update(None, "user_version", format).unwrap();
            match Database::open_to_read(&path, Disk::default()).map(drop) {
                Err(StoreError::Newer { found, .. }) => assert_eq!((found, is_newer), (format, true)),
                Err(StoreError::Older { found, .. }) => assert_eq!((found, is_newer), (format, false)),
                other => panic!("{other:?}"),
            }
        }
    }
}
