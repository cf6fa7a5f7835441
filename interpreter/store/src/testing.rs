//! Stores for tests.
#![allow(clippy::unwrap_used)]

use std::ops::Deref;

use tempfile::TempDir;

use crate::{Store, StoreOptions};

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

fn options(boot: &str) -> StoreOptions {
    StoreOptions { owner: None, boot_id: boot.to_owned() }
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
