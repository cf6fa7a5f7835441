//! One process at a time for each step.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pipe_ops::StepKey;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::run::is_same;
use crate::{Store, StoreError};

/// Pauses between looks at a lock that another process holds: short at first, for most steps are.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(25);

/// Held while a step runs; other processes that want it wait. Freed when dropped, also when the process is killed.
#[derive(Debug)]
pub struct StepLock {
    path: PathBuf,
    file: File,
}

impl Drop for StepLock {
    fn drop(&mut self) {
        // Removed while it is held, so whoever gets a lock on the removed file sees that and tries again.
        let _ = std::fs::remove_file(&self.path);
        // Explicitly: a child process may hold a copy of the descriptor, and closing ours would not free the lock then.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

impl Store {
    /// Takes the lock of a step if it is free.
    pub fn try_lock_step(&self, key: StepKey) -> Result<Option<StepLock>, StoreError> {
        let path = self.dir().join("locks").join(key.to_string());
        loop {
            let file = open_lock_file(&path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) if is_same(&file, &path) => return Ok(Some(StepLock { path, file })),
                // Its holder removed the file after we had opened it.
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(error) => return Err(StoreError::io("lock", &path, error.into())),
            }
        }
    }

    /// Waits for the lock of a step until `cancelled` says so ([`StoreError::Cancelled`]). Blocks the thread; look the step up again
    /// afterwards, for whoever held the lock may have run it.
    pub fn lock_step(&self, key: StepKey, cancelled: &dyn Fn() -> bool) -> Result<StepLock, StoreError> {
        let mut pause = FIRST_PAUSE;
        while !cancelled() {
            if let Some(lock) = self.try_lock_step(key)? {
                return Ok(lock);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(StoreError::Cancelled)
    }
}

pub(crate) fn open_lock_file(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| StoreError::io("write", path, error))
}
