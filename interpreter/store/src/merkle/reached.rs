//! Which folders can be reached, and removing the others.

use pipe_ops::Digest;
use rusqlite::{CachedStatement, OptionalExtension, Transaction};

use super::objects::missing;
use super::{Node, codec};

/// The folders that the database has, there may be a million, with which of them can be reached.
pub(crate) struct Reached<'a> {
    transaction: &'a Transaction<'a>,
    load: CachedStatement<'a>,
    /// Sorted.
    all: Vec<Digest>,
    reached: Vec<bool>,
    pending: Vec<usize>,
}

impl<'a> Reached<'a> {
    /// None can be yet.
    pub(crate) fn new(transaction: &'a Transaction<'a>) -> rusqlite::Result<Reached<'a>> {
        // The index has them in this order.
        let mut digests = transaction.prepare("SELECT digest FROM object ORDER BY digest")?;
        let all = digests.query_map([], |row| row.get(0).map(Digest))?;
        let all: Vec<Digest> = all.collect::<rusqlite::Result<_>>()?;
        Ok(Reached {
            transaction,
            load: transaction.prepare_cached("SELECT bytes FROM object WHERE digest = ?1")?,
            reached: vec![false; all.len()],
            all,
            pending: Vec::new(),
        })
    }

    /// A folder can be reached, with all that is below it.
    pub(crate) fn add(&mut self, root: Digest) -> rusqlite::Result<()> {
        self.mark(root);
        while let Some(place) = self.pending.pop() {
            let Some(bytes) = self.all.get(place).copied().map(|digest| self.bytes(digest)).transpose()?
            else {
                continue;
            };
            let mut sides = Vec::new();
            let decoded = codec::decode(&bytes.unwrap_or_default(), |side| {
                sides.push(side);
                self.bytes(side).ok().flatten().ok_or_else(|| missing(side, "it is missing"))
            });
            for side in sides {
                if let Some(side) = self.place(side) {
                    self.reached[side] = true;
                }
            }
            // What is damaged leads nowhere.
            for node in decoded.into_iter().flat_map(|dir| dir.entries.into_values()) {
                if let Node::Dir(dir) = node {
                    self.mark(dir.digest);
                }
            }
        }
        Ok(())
    }

    /// Removes those that cannot; how many bytes they had.
    pub(crate) fn remove_others(self) -> rusqlite::Result<u64> {
        let mut delete = self
            .transaction
            .prepare_cached("DELETE FROM object WHERE digest = ?1 RETURNING length(bytes)")?;
        let mut bytes = 0;
        for (digest, _) in self.all.iter().zip(&self.reached).filter(|(_, reached)| !**reached) {
            let removed: i64 = delete.query_row([&digest.0[..]], |row| row.get(0))?;
            bytes += u64::try_from(removed).unwrap_or_default();
        }
        Ok(bytes)
    }

    fn place(&self, digest: Digest) -> Option<usize> {
        self.all.binary_search(&digest).ok()
    }

    fn mark(&mut self, digest: Digest) {
        if let Some(place) = self.place(digest)
            && !std::mem::replace(&mut self.reached[place], true)
        {
            self.pending.push(place);
        }
    }

    fn bytes(&mut self, digest: Digest) -> rusqlite::Result<Option<Vec<u8>>> {
        self.load.query_row([&digest.0[..]], |row| row.get(0)).optional()
    }
}
