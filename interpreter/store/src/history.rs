//! What steps did before, by their names. Steps of two packages may have one name, so those of the store's own package are looked for
//! first; a package that has none yet, as a second checkout of one, has those of the others, which beat knowing nothing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::{Digest, Preimage, StepKey};
use rusqlite::{OptionalExtension, Row};

use crate::step::duration;
use crate::{Store, StoreError};

/// How a step ended when it last ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastResult {
    /// The command's exit code.
    pub exit_code: i32,
    /// How long it ran.
    pub duration: Duration,
    /// When it ended.
    pub created: SystemTime,
}

/// Whose steps are looked for.
const OWN: &str = "package = ?3";
const ANY: &str = "?3 IS NOT NULL";

impl Store {
    /// The latest steps of a name, newest first: what `pipe why` compares with.
    pub fn steps_named(&self, name: &str, limit: u32) -> Result<Vec<(StepKey, Preimage)>, StoreError> {
        self.steps_where("name = ?1", name, limit)
    }

    /// The latest steps of a function with whatever arguments, newest first: `unit` and `unit 1.2`.
    pub fn steps_of(&self, function: &str, limit: u32) -> Result<Vec<(StepKey, Preimage)>, StoreError> {
        // Of all texts, those between `f ` and `f!` begin with `f `: so the index finds them.
        self.steps_where("(name = ?1 OR (name >= ?1 || ' ' AND name < ?1 || '!'))", function, limit)
    }

    fn steps_where(
        &self,
        condition: &'static str,
        name: &str,
        limit: u32,
    ) -> Result<Vec<(StepKey, Preimage)>, StoreError> {
        let own = self.steps_of_whom(OWN, condition, name, limit)?;
        if own.is_empty() { self.steps_of_whom(ANY, condition, name, limit) } else { Ok(own) }
    }

    fn steps_of_whom(
        &self,
        whose: &'static str,
        condition: &'static str,
        name: &str,
        limit: u32,
    ) -> Result<Vec<(StepKey, Preimage)>, StoreError> {
        // The inner query needs nothing but the index: of very many steps of one function only the latest are read.
        let query = format!(
            "SELECT key, preimage FROM step
             WHERE rowid IN (SELECT rowid FROM step WHERE {whose} AND {condition} ORDER BY created DESC LIMIT ?2)
             ORDER BY created DESC, key"
        );
        let rows: Vec<([u8; 32], Vec<u8>)> = self.database().read(|connection| {
            let mut statement = connection.prepare_cached(&query)?;
            let found =
                statement.query_map((name, limit, self.package()), |row| Ok((row.get(0)?, row.get(1)?)))?;
            found.collect()
        })?;
        let readable = |(key, bytes): ([u8; 32], Vec<u8>)| {
            Some((StepKey(Digest(key)), postcard::from_bytes(&bytes).ok()?))
        };
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    /// How long the latest step of a name took.
    pub fn last_duration(&self, name: &str) -> Result<Option<Duration>, StoreError> {
        let own = self.latest(OWN, name)?;
        let latest = if own.is_none() { self.latest(ANY, name)? } else { own };
        Ok(latest.map(|latest| latest.duration))
    }

    /// How the latest step of a name ended that is the own package's, or of which it is not known whose it was.
    pub fn last_named(&self, name: &str) -> Result<Option<LastResult>, StoreError> {
        self.latest("package IN (?3, '')", name)
    }

    /// How the step of a key ended, whether or not its result is still whole.
    pub fn last_of_key(&self, key: StepKey) -> Result<Option<LastResult>, StoreError> {
        self.database().read(|connection| {
            let query = "SELECT exit_code, duration, created FROM step WHERE key = ?1";
            connection.prepare_cached(query)?.query_row([&key.0.0[..]], last).optional()
        })
    }

    fn latest(&self, whose: &'static str, name: &str) -> Result<Option<LastResult>, StoreError> {
        let query = format!(
            "SELECT exit_code, duration, created FROM step WHERE {whose} AND name = ?1 ORDER BY created DESC LIMIT ?2"
        );
        self.database().read(|connection| {
            connection.prepare_cached(&query)?.query_row((name, 1, self.package()), last).optional()
        })
    }
}

fn last(row: &Row<'_>) -> rusqlite::Result<LastResult> {
    Ok(LastResult {
        exit_code: row.get(0)?,
        duration: duration(row.get(1)?),
        created: UNIX_EPOCH + duration(row.get(2)?),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::testing::{TestStore, record_of};

    fn preimage(text: &str) -> Preimage {
        Preimage::new("exec").text("argv[0]", text)
    }

    /// Records a step that took so many seconds and ended so many seconds after 1970.
    fn record(store: &Store, key: &str, name: &str, seconds: u64) {
        let record = record_of(store, name, seconds, seconds);
        store.record_step(preimage(key).key(), &record, &preimage(key)).unwrap();
    }

    #[test]
    fn steps_are_found_by_name_and_by_function() {
        let store = TestStore::new();
        record(&store, "a", "build", 1);
        let other = store.again("one");
        assert_eq!(other.steps_named("build", 5).unwrap(), [(preimage("a").key(), preimage("a"))]);
        assert_eq!(other.steps_of("build", 5).unwrap().len(), 1);
        assert_eq!(other.steps_of("buil", 5).unwrap(), []);
        record(&store, "b", "build 1.2", 2);
        assert_eq!(other.steps_of("build", 5).unwrap().len(), 2);
        assert_eq!(other.steps_named("build", 5).unwrap().len(), 1);
        assert_eq!(other.last_duration("build").unwrap(), Some(Duration::from_secs(1)));
        let created = UNIX_EPOCH + Duration::from_secs(1);
        let last = LastResult { exit_code: 3, duration: Duration::from_secs(1), created };
        assert_eq!(other.last_of_key(preimage("a").key()).unwrap(), Some(last));
        assert_eq!(other.last_of_key(preimage("c").key()).unwrap(), None);
    }

    #[test]
    fn the_own_package_comes_first() {
        let store = TestStore::new();
        let (one, two) = (store.for_package(Path::new("/one")), store.for_package(Path::new("/two")));
        record(&one, "a", "build", 1);
        record(&two, "b", "build", 2);
        let keys = |store: &Store| -> Vec<StepKey> {
            store.steps_named("build", 5).unwrap().into_iter().map(|(key, _)| key).collect()
        };
        assert_eq!(keys(&one), [preimage("a").key()]);
        assert_eq!(keys(&two), [preimage("b").key()]);
        assert_eq!(one.last_duration("build").unwrap(), Some(Duration::from_secs(1)));
        // One that has none of its own is told of those of others, but they are not its last result.
        let three = store.for_package(Path::new("/three"));
        assert_eq!(keys(&three).len(), 2);
        assert_eq!(three.last_duration("build").unwrap(), Some(Duration::from_secs(2)));
        assert_eq!(three.last_named("build").unwrap(), None);
        assert_eq!(one.last_named("build").unwrap().unwrap().duration, Duration::from_secs(1));
        // Of steps that an earlier version recorded nobody knows whose they were.
        record(&store, "c", "build", 3);
        assert_eq!(one.last_named("build").unwrap().unwrap().duration, Duration::from_secs(3));
    }
}
