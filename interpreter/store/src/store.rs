//! Opening the store.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::{Namespace, StoreError};

/// A store: any number of them, in any number of processes, may stand on one folder. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    namespace: OnceLock<Arc<dyn Namespace>>,
}

/// What the store must know of the machine.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// The user and group that `layers/` and `work/` must belong to: as root the base of the steps' id map, `None` for an
    /// ordinary user, whose own they are.
    pub owner: Option<(u32, u32)>,
    /// Names the time since the machine was started: what was written earlier and not synced is verified before it is used.
    pub boot_id: String,
}

impl StoreOptions {
    /// With the kernel's own boot id.
    pub fn new(owner: Option<(u32, u32)>) -> StoreOptions {
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        StoreOptions { owner, boot_id: boot_id.trim().to_owned() }
    }
}

impl Store {
    /// Opens the store in a folder, made if it is missing.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Store, StoreError> {
        let _ = options;
        Ok(Store { inner: Arc::new(Inner { dir: dir.to_path_buf(), namespace: OnceLock::new() }) })
    }

    /// The store's folder. `layers/<id>` below it are layers.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// Gives the store a way into the steps' user namespace. The first one stays.
    pub fn attach_namespace(&self, namespace: Arc<dyn Namespace>) {
        let _ = self.inner.namespace.set(namespace);
    }

    /// Writes everything to the disk, so that a power loss takes none of it.
    pub fn sync(&self) -> Result<(), StoreError> {
        todo!()
    }
}
