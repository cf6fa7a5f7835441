//! Comparing what is on disk with what the rows say.

use crate::{Store, StoreError};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Layers digested again.
    pub layers: u64,
    /// Blobs digested again.
    pub blobs: u64,
    /// Tree objects read again.
    pub objects: u64,
    /// Steps whose results were looked at.
    pub steps: u64,
    /// What is not as it should be. Empty: the store is sound.
    pub damage: Vec<Damage>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// What: `layer 01ab…`, `blob 99fe…`, `step build`.
    pub what: String,
    /// How it differs.
    pub reason: String,
    /// It was put aside, and what depended on it forgotten.
    pub repaired: bool,
}

impl Store {
    /// Digests every layer and blob again. With `repair`, damaged ones are moved to `quarantine/` and rows that need them removed, so
    /// that they are made again when they are next needed. Leftovers of killed processes are removed and count as nothing.
    pub fn verify(&self, repair: bool) -> Result<VerifyReport, StoreError> {
        let _ = repair;
        todo!()
    }
}
