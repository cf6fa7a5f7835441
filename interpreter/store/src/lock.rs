//! One process at a time for each step.

use pipe_ops::StepKey;

use crate::{Store, StoreError};

/// Held while a step runs; other processes that want it wait. Freed when dropped, also when the process is killed.
#[derive(Debug)]
pub struct StepLock {}

impl Store {
    /// Takes the lock of a step if it is free.
    pub fn try_lock_step(&self, key: StepKey) -> Result<Option<StepLock>, StoreError> {
        let _ = key;
        todo!()
    }

    /// Waits for the lock of a step until `cancelled` says so ([`StoreError::Cancelled`]). Blocks the thread; look the step up again
    /// afterwards, for whoever held the lock may have run it.
    pub fn lock_step(&self, key: StepKey, cancelled: &dyn Fn() -> bool) -> Result<StepLock, StoreError> {
        let _ = (key, cancelled);
        todo!()
    }
}
