//! Stores for tests.
#![allow(clippy::unwrap_used)]

use std::ops::Deref;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use crate::{StepRecord, Store, StoreOptions};

/// A store in a temporary folder.
pub(crate) struct TestStore {
    store: Store,
    /// Removed with the store.
    _folder: TempDir,
}

impl TestStore {
    pub(crate) fn new() -> TestStore {
        let folder = tempfile::tempdir().unwrap();
        TestStore {
            store: Store::open(&folder.path().join("store"), options("one")).unwrap(),
            _folder: folder,
        }
    }

    /// The same store as another process would see it.
    pub(crate) fn again(&self, boot: &str) -> Store {
        Store::open(self.dir(), options(boot)).unwrap()
    }
}

/// The record of a step that printed nothing, failed with 3, took so many seconds and ended so many seconds after 1970.
pub(crate) fn record_of(store: &Store, name: &str, seconds: u64, created: u64) -> StepRecord {
    let blob = store.put_blob(b"").unwrap();
    StepRecord {
        name: name.to_owned(),
        exit_code: 3,
        root: None,
        mounts: Vec::new(),
        stdout: blob,
        stderr: blob,
        log: blob,
        duration: Duration::from_secs(seconds),
        created: UNIX_EPOCH + Duration::from_secs(created),
    }
}

fn options(boot: &str) -> StoreOptions {
    StoreOptions { owner: None, boot_id: boot.to_owned() }
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
