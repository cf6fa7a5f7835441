//! What is remembered beside results: small values by a key, such as which layer of the store an image's layer became.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::Digest;
use rusqlite::OptionalExtension;
use serde::{Serialize, de::DeserializeOwned};

use crate::record::nanoseconds;
use crate::{Store, StoreError};

impl Store {
    /// Remembers a value under a key, in place of what was there.
    pub fn put_fact<T: Serialize>(&self, key: Digest, value: &T) -> Result<(), StoreError> {
        let bytes = postcard::to_stdvec(value)
            .map_err(|error| StoreError::Malformed { what: "a fact".into(), reason: error.to_string() })?;
        self.database().write(|transaction| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO fact (key, value, created) VALUES (?1, ?2, ?3)")?
                .execute((&key.0[..], bytes, nanoseconds(SystemTime::now())))
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
        Ok(row.and_then(|(bytes, created)| {
            let created = UNIX_EPOCH + Duration::from_nanos(u64::try_from(created).unwrap_or_default());
            Some((postcard::from_bytes(&bytes).ok()?, created))
        }))
    }
}
