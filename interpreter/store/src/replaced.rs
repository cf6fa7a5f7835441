//! Why a step ran though there was a result of it. It stands behind the record in the step's row: so it goes when the record does, and
//! another version of `pipe` that knows nothing of it reads and replaces the record as ever.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::StepKey;
use rusqlite::{OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};

use crate::step::duration;
use crate::{StepRecord, Store, StoreError};

/// Why a result was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refused {
    /// Something of it was no longer there, or not whole.
    Gone,
    /// No result was to be used.
    Unwanted,
    /// Its exit code is none that was asked for.
    Failed,
    /// It was too old.
    TooOld {
        /// How old it was; `None` when it seemed to be from the future.
        age: Option<Duration>,
        /// The age from which on none was used.
        fresh: Duration,
    },
}

/// The result that another one took the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// When its step ended.
    pub created: SystemTime,
    /// The command's exit code.
    pub exit_code: i32,
    /// Why it was not used.
    pub refused: Refused,
}

/// What is kept of [`Replaced`]; the time is in nanoseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Kept {
    created: i64,
    exit_code: i32,
    refused: Refused,
}

impl Store {
    /// The result that the one of this key took the place of, and why, if there was one.
    pub fn replaced(&self, key: StepKey) -> Result<Option<Replaced>, StoreError> {
        let row: Option<Vec<u8>> = self.database().read(|connection| {
            let mut statement = connection.prepare_cached("SELECT record FROM step WHERE key = ?1")?;
            statement.query_row([&key.0.0[..]], |row| row.get(0)).optional()
        })?;
        // What cannot be read was written by a later version, for a reason that this one does not know.
        let kept = row.and_then(|bytes| {
            let (_, behind) = postcard::take_from_bytes::<StepRecord>(&bytes).ok()?;
            postcard::from_bytes::<Kept>(behind).ok()
        });
        Ok(kept.map(|kept| Replaced {
            created: UNIX_EPOCH + duration(kept.created),
            exit_code: kept.exit_code,
            refused: kept.refused,
        }))
    }
}

/// A record as it is kept, with what it takes the place of.
pub(crate) fn encode_over(
    transaction: &Transaction<'_>,
    key: StepKey,
    mut record: Vec<u8>,
    refused: Refused,
) -> rusqlite::Result<Vec<u8>> {
    let mut statement = transaction.prepare_cached("SELECT created, exit_code FROM step WHERE key = ?1")?;
    let earlier = statement.query_row([&key.0.0[..]], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if let Some((created, exit_code)) = earlier {
        let kept = postcard::to_stdvec(&Kept { created, exit_code, refused });
        record.extend(kept.unwrap_or_default());
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use pipe_ops::Preimage;

    use super::*;
    use crate::testing::{TestStore, record_of};

    fn record(store: &Store, seconds: u64) -> StepRecord {
        record_of(store, "scan", 1, seconds)
    }

    fn set_row(store: &Store, key: StepKey, record: &[u8]) {
        let update = "UPDATE step SET record = ?2 WHERE key = ?1";
        store.database().write(|transaction| transaction.execute(update, (&key.0.0[..], record))).unwrap();
    }

    #[test]
    fn what_a_result_took_the_place_of_is_known() {
        let store = TestStore::new();
        let (preimage, refused) = (
            Preimage::new("exec"),
            Refused::TooOld { age: Some(Duration::from_secs(2)), fresh: Duration::from_secs(1) },
        );
        let key = preimage.key();
        assert_eq!(store.replaced(key).unwrap(), None);
        store.record_step_over(key, &record(&store, 1), &preimage, refused).unwrap();
        assert_eq!(store.replaced(key).unwrap(), None, "there was nothing that it could take the place of");
        store.record_step_over(key, &record(&store, 3), &preimage, refused).unwrap();
        let created = UNIX_EPOCH + Duration::from_secs(1);
        assert_eq!(store.replaced(key).unwrap(), Some(Replaced { created, exit_code: 3, refused }));
        // The record is read as ever.
        assert_eq!(store.lookup_step(key).unwrap(), Some(record(&store, 3)));
        // What another store gave was not run here.
        store.record_step_from(key, &record(&store, 4), &preimage, "dir").unwrap();
        assert_eq!(store.replaced(key).unwrap(), None);
    }

    #[test]
    fn another_version_writes_what_it_knows() {
        let store = TestStore::new();
        let preimage = Preimage::new("exec");
        let key = preimage.key();
        for seconds in [1, 2] {
            store.record_step(key, &record(&store, seconds), &preimage).unwrap();
        }
        assert_eq!(store.replaced(key).unwrap().unwrap().refused, Refused::Gone);
        // An earlier one the record alone, a later one a reason of its own.
        let plain = postcard::to_stdvec(&record(&store, 5)).unwrap();
        for behind in [&[][..], &[2, 6, 99][..]] {
            set_row(&store, key, &[&plain, behind].concat());
            assert_eq!(store.replaced(key).unwrap(), None);
            assert_eq!(store.lookup_step(key).unwrap(), Some(record(&store, 5)));
        }
    }
}
