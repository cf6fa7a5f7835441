//! What is remembered beside results: small values by a key, such as which layer of the store an image's layer became.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::{BlobDigest, Digest, StepKey};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::record::nanoseconds;
use crate::usage::mark;
use crate::{Store, StoreError, Tree};

/// Content that a fact names, and that is kept while the fact is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Held {
    /// A tree.
    Tree(Tree),
    /// A blob.
    Blob(BlobDigest),
    /// The result of a step, as long as the fact is awaited.
    Step(StepKey),
    /// The fact is awaited until this time, in nanoseconds since 1970: no pruning removes it before.
    Awaited(i64),
}

impl Held {
    /// Of a fact that is awaited for so long from now on.
    pub fn awaited_for(time: Duration) -> Held {
        Held::Awaited(nanoseconds(SystemTime::now() + time))
    }
}

impl Store {
    /// Remembers a value under a key, in place of what was there. All content that the value names must be in `holds`.
    pub fn put_fact<T: Serialize>(&self, key: Digest, value: &T, holds: &[Held]) -> Result<(), StoreError> {
        let malformed = |error: postcard::Error| StoreError::Malformed {
            what: "a fact".into(),
            reason: error.to_string(),
        };
        let bytes = postcard::to_stdvec(value).map_err(malformed)?;
        let holds = postcard::to_stdvec(holds).map_err(malformed)?;
        let epoch = self.epoch()?;
        self.used(key);
        self.database().write(|transaction| {
            mark(transaction, key, epoch)?;
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO fact (key, value, created, holds) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute((&key.0[..], bytes, nanoseconds(SystemTime::now()), holds))
                .map(drop)
        })
    }

    /// The value of a key, and when it was put there. What cannot be read is as good as nothing.
    pub fn fact<T: DeserializeOwned>(&self, key: Digest) -> Result<Option<(T, SystemTime)>, StoreError> {
        let row: Option<(Vec<u8>, i64)> = self.database().read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT value, created FROM fact WHERE key = ?1")?;
            statement.query_row([&key.0[..]], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })?;
        if row.is_some() {
            self.used(key);
        }
        Ok(row.and_then(|(bytes, created)| {
            let created = UNIX_EPOCH + Duration::from_nanos(u64::try_from(created).unwrap_or_default());
            Some((postcard::from_bytes(&bytes).ok()?, created))
        }))
    }
}
