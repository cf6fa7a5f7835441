//! A guess, made before the program is evaluated, whether a run will have to run steps.
//!
//! Starting the sandbox's supervisor takes as long as opening the store and planning, so it pays to begin before it is known that it
//! is needed. A command line that succeeded left all its results in the cache: typed again, over an entry module that did not change,
//! it will hardly need a supervisor; any other one probably will. A wrong guess costs a millisecond and nothing else.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The table of command lines in the store: fingerprints of 8 bytes, each at the place that it names itself, so that the file neither
/// grows nor needs a lock, and a new fingerprint takes the place of an old one.
const TABLE: &str = "forecast";
const SLOTS: u64 = 4096;

/// What is guessed of one command line.
pub(crate) struct Forecast {
    table: PathBuf,
    fingerprint: u64,
    /// Whether the same command line succeeded before; `None` in a store in which none did.
    known: Option<bool>,
}

impl Forecast {
    /// For a command line about a package, in a store.
    pub(crate) fn of(store: &Path, package: &Path, arguments: &[OsString], directory: &Path) -> Forecast {
        let mut hasher = DefaultHasher::new();
        (package, arguments, directory).hash(&mut hasher);
        if let Ok(entry) = std::fs::metadata(package.join("main.pipe")) {
            (entry.ino(), entry.len(), entry.mtime(), entry.mtime_nsec(), entry.ctime(), entry.ctime_nsec())
                .hash(&mut hasher);
        }
        // A place that was never written holds zeros.
        let fingerprint = hasher.finish().max(1);
        let table = store.join(TABLE);
        let mut found = [0; 8];
        let read = File::open(&table).and_then(|table| table.read_at(&mut found, place(fingerprint)));
        let known = read.ok().map(|_| u64::from_le_bytes(found) == fingerprint);
        Forecast { table, fingerprint, known }
    }

    /// Whether any command line succeeded in the store before, so that it is there.
    pub(crate) fn has_store(&self) -> bool {
        self.known.is_some()
    }

    /// Whether steps will probably run.
    pub(crate) fn expects_steps(&self) -> bool {
        self.known == Some(false)
    }

    /// The command line succeeded.
    pub(crate) fn succeeded(&self) {
        if self.known == Some(true) {
            return;
        }
        let table = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.table);
        // Without it the next guess is worse.
        let _ = table
            .and_then(|table| table.write_all_at(&self.fingerprint.to_le_bytes(), place(self.fingerprint)));
    }
}

/// Where in the table a fingerprint stands.
fn place(fingerprint: u64) -> u64 {
    fingerprint % SLOTS * 8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_succeeded_is_not_expected_to_run_again() {
        let store = tempfile::tempdir().unwrap();
        let package = tempfile::tempdir().unwrap();
        let main = package.path().join("main.pipe");
        std::fs::write(&main, "1").unwrap();
        let of = |word: &str| Forecast::of(store.path(), package.path(), &[word.into()], Path::new("/"));
        // In a new store there may be nothing for a supervisor to stand on.
        assert!(!of("build").expects_steps());
        of("build").succeeded();
        assert!(!of("build").expects_steps());
        assert!(of("test").expects_steps());
        std::fs::write(&main, "12").unwrap();
        assert!(of("build").expects_steps());
    }

    #[test]
    fn the_table_never_grows() {
        let store = tempfile::tempdir().unwrap();
        for word in 0..20_000 {
            let word: OsString = word.to_string().into();
            Forecast::of(store.path(), store.path(), &[word], Path::new("/")).succeeded();
        }
        assert!(std::fs::metadata(store.path().join(TABLE)).unwrap().len() <= SLOTS * 8);
    }
}
