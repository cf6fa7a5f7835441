//! Forgetting what was used when, of what is no longer there.

use std::collections::HashSet;

use pipe_ops::Digest;
use rusqlite::Transaction;

use super::results::Results;
use crate::import::import_key;
use crate::volume::volume_key;
use crate::{Store, StoreError};

impl Store {
    /// Removes what is known of the use of keys that nothing has: sets of what one command used, and results that went by themselves.
    /// Those of the latest epoch stay, and those of runs in progress: such a run may yet record what it said that it uses, and a
    /// command that uses what the last one used is to write nothing.
    pub(super) fn forget_strays(&self, results: &Results) -> Result<(), StoreError> {
        let first = self.first_epoch_in_use()?.unwrap_or(i64::MAX);
        let volumes = results.volumes.iter().map(|volume| volume_key(&volume.key));
        let mut known: HashSet<Digest> = volumes.collect();
        self.database().write(|transaction| {
            let mut imports = transaction.prepare("SELECT host, filter FROM import")?;
            let mut rows = imports.query([])?;
            while let Some(row) = rows.next()? {
                known.insert(import_key(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?));
            }
            let mut strays = transaction.prepare(
                "SELECT key FROM usage WHERE epoch < ?1 AND epoch < (SELECT max(number) FROM epoch)
                 AND NOT EXISTS (SELECT 1 FROM step WHERE step.key = usage.key)
                 AND NOT EXISTS (SELECT 1 FROM op WHERE op.key = usage.key)
                 AND NOT EXISTS (SELECT 1 FROM fact WHERE fact.key = usage.key)",
            )?;
            let strays = strays.query_map([first], |row| row.get(0).map(Digest))?;
            let strays: Vec<Digest> = strays.collect::<rusqlite::Result<_>>()?;
            let mut forget = transaction.prepare("DELETE FROM usage WHERE key = ?1")?;
            for key in strays.iter().filter(|key| !known.contains(key)) {
                forget.execute([&key.0[..]])?;
            }
            forget_epochs(transaction)
        })
    }
}

/// Epochs in which nothing was last used but what is gone.
pub(super) fn forget_epochs(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction
        .execute(
            "DELETE FROM epoch WHERE number NOT IN (SELECT epoch FROM usage)
             AND number < (SELECT max(number) FROM epoch)",
            [],
        )
        .map(drop)
}
