//! Results of steps, by their keys.

use std::time::{Duration, SystemTime};

use pipe_ops::{BlobDigest, Preimage, StepKey};
use serde::{Deserialize, Serialize};

use crate::{Store, StoreError, Stored, Tree};

/// What a step gave. Kept also when its exit code is not 0: whether that counts as success is judged by who reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// What people call the step.
    pub name: String,
    /// The command's exit code.
    pub exit_code: i32,
    /// The root as it was left; `None` when the step is not a command's.
    pub root: Option<Tree>,
    /// The mounts as they were left, in the order they were mounted; `None` for one that holds nothing of its own.
    pub mounts: Vec<Option<Stored>>,
    /// Standard output.
    pub stdout: BlobDigest,
    /// Standard error.
    pub stderr: BlobDigest,
    /// Both, in the order they were printed.
    pub log: BlobDigest,
    /// How long it ran.
    pub duration: Duration,
    /// When it ended.
    pub created: SystemTime,
}

/// A line of `pipe cache ls`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepEntry {
    /// Its key.
    pub key: StepKey,
    /// What people call it.
    pub name: String,
    /// When it ended.
    pub created: SystemTime,
    /// How long it ran.
    pub duration: Duration,
    /// The command's exit code.
    pub exit_code: i32,
    /// Bytes of the layers that only this step's result added.
    pub bytes: u64,
}

impl Store {
    /// The result of a step, if all of it is there and whole. What a reboot may have damaged is verified first.
    pub fn lookup_step(&self, key: StepKey) -> Result<Option<StepRecord>, StoreError> {
        let _ = key;
        todo!()
    }

    /// Records a result, with what its key was made of.
    pub fn record_step(
        &self,
        key: StepKey,
        record: &StepRecord,
        preimage: &Preimage,
    ) -> Result<(), StoreError> {
        let _ = (key, record, preimage);
        todo!()
    }

    /// What a recorded step's key was made of.
    pub fn preimage(&self, key: StepKey) -> Result<Option<Preimage>, StoreError> {
        let _ = key;
        todo!()
    }

    /// The latest steps of a name, newest first: what `pipe why` compares with.
    pub fn steps_named(&self, name: &str, limit: u32) -> Result<Vec<(StepKey, Preimage)>, StoreError> {
        let _ = (name, limit);
        todo!()
    }

    /// The tree or file that an op of the engine's own gave for this key, if it is there and whole.
    pub fn lookup_op(&self, key: StepKey) -> Result<Option<Stored>, StoreError> {
        let _ = key;
        todo!()
    }

    /// Records what an op of the engine's own (copy, write, remove) gave.
    pub fn record_op(&self, key: StepKey, stored: &Stored) -> Result<(), StoreError> {
        let _ = (key, stored);
        todo!()
    }

    /// How long the latest step of a name took.
    pub fn last_duration(&self, name: &str) -> Result<Option<Duration>, StoreError> {
        let _ = name;
        todo!()
    }

    /// All recorded steps, newest first.
    pub fn ls(&self) -> Result<Vec<StepEntry>, StoreError> {
        todo!()
    }
}
