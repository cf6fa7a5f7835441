//! Working folders of runs.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use rustix::fs::{Access, AtFlags, CWD, FlockOperation, accessat, flock};
use rustix::rand::{GetRandomFlags, getrandom};

use crate::disk::Disk;
use crate::{Store, StoreError, WritePoint, remove_layer};

/// A working folder `work/<run>` for as long as this lives; removed when dropped. A killed process leaves its folder to the next
/// one, which sees that nobody holds its lock.
pub struct Run {
    path: PathBuf,
    lock: File,
    disk: Disk,
}

impl Run {
    /// The folder, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // What cannot be removed from here (files of the steps' own users) is left to `sweep`, which has the namespace.
        if self.disk.before(WritePoint::RemoveDir(&self.path)).is_ok() {
            let _ = remove_layer(&self.path);
        }
        // Explicitly: a child process may hold a copy of the descriptor, and closing ours would not free the lock then.
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

/// The store's own working folder of this process, for layers it makes itself.
pub(crate) struct Staging {
    run: Run,
    next: AtomicU64,
}

/// A random name for something in the store: 16 hexadecimal digits.
pub fn random_name() -> Result<String, StoreError> {
    let mut bytes = [0u8; 8];
    getrandom(&mut bytes, GetRandomFlags::empty())
        .map_err(|error| StoreError::io("read", "/dev/urandom", error.into()))?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

impl Store {
    /// Whether this process may make working folders here. They can belong to ids that it does not have.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        let work = self.dir().join("work");
        accessat(CWD, &work, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
            .map_err(|error| StoreError::io("write", &work, error.into()))
    }

    /// Begins a run, and removes what runs that were killed have left.
    pub fn begin_run(&self) -> Result<Run, StoreError> {
        self.announce_uses()?;
        self.recover()?;
        self.make_run()
    }

    /// Removes what runs that were killed have left, if there were any.
    pub fn recover(&self) -> Result<(), StoreError> {
        if self.sweep_work()? {
            // Somebody was killed, perhaps between putting a layer in place and naming it.
            self.sweep_unnamed()?;
        }
        Ok(())
    }

    /// Removes working folders of runs that are gone and layers that no row names.
    pub fn sweep(&self) -> Result<(), StoreError> {
        self.sweep_work()?;
        self.sweep_unnamed()
    }

    fn make_run(&self) -> Result<Run, StoreError> {
        loop {
            let path = self.dir().join("work").join(random_name()?);
            self.disk().create_dir(&path).map_err(|error| StoreError::io("make", &path, error))?;
            // Until it is locked, a sweep may take the folder for a dead one's.
            let Ok(lock) = File::open(&path) else { continue };
            flock(&lock, FlockOperation::LockExclusive)
                .map_err(|error| StoreError::io("lock", &path, error.into()))?;
            if is_same(&lock, &path) {
                self.own(&path)?;
                return Ok(Run { path, lock, disk: self.disk().clone() });
            }
        }
    }

    /// As root, gives a folder to the root of the steps' namespace.
    pub(crate) fn own(&self, path: &Path) -> Result<(), StoreError> {
        match self.inner().options.owner {
            Some((uid, gid)) => std::os::unix::fs::lchown(path, Some(uid), Some(gid))
                .map_err(|error| StoreError::io("change the owner of", path, error)),
            None => Ok(()),
        }
    }

    /// A path in a folder of this process's own, which is removed when the process is gone. Nothing is there yet.
    pub(crate) fn staged(&self) -> Result<PathBuf, StoreError> {
        let mut staging = self.inner().staging.lock().unwrap_or_else(PoisonError::into_inner);
        let staging = match &*staging {
            Some(staging) => staging.clone(),
            None => {
                let made = Arc::new(Staging { run: self.make_run()?, next: AtomicU64::new(0) });
                staging.insert(made).clone()
            }
        };
        Ok(staging.run.path.join(staging.next.fetch_add(1, Ordering::Relaxed).to_string()))
    }

    /// A folder at a path of [`Store::staged`].
    pub(crate) fn staged_dir(&self) -> Result<PathBuf, StoreError> {
        let path = self.staged()?;
        self.disk().create_dir(&path).map_err(|error| StoreError::io("make", &path, error))?;
        self.own(&path)?;
        Ok(path)
    }

    /// A file without a name, for reading and writing, that is gone when it is closed.
    pub fn unnamed_file(&self) -> Result<File, StoreError> {
        let path = self.staged()?;
        let failed = |error| StoreError::io("write", &path, error);
        let options = File::options().read(true).write(true).create_new(true).mode(0o600).clone();
        let file = options.open(&path).map_err(failed)?;
        fs::remove_file(&path).map_err(failed)?;
        Ok(file)
    }

    /// What it means that something could not be written into such a file.
    pub fn not_written(&self, error: io::Error) -> StoreError {
        StoreError::io("write", self.dir(), error)
    }

    /// Removes the working folders whose runs are gone; whether there were any.
    fn sweep_work(&self) -> Result<bool, StoreError> {
        let mut found = false;
        for path in self.children("work")? {
            let Ok(lock) = File::open(&path) else { continue };
            if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() && is_same(&lock, &path) {
                found = true;
                match self.remove_folder(&path) {
                    // It holds files of the steps' own users, and is left to the next process that can reach those.
                    Err(StoreError::NeedsNamespace { .. }) => {}
                    other => other?,
                }
            }
        }
        Ok(found)
    }

    /// Removes layers and blobs that no row names. Whoever puts one in place holds `locks/layers` until it has a row.
    fn sweep_unnamed(&self) -> Result<(), StoreError> {
        let _guard = self.lock_layers(FlockOperation::LockExclusive)?;
        let named = self.layer_names()?;
        for path in unnamed(&self.dir().join("layers"), |path| named.contains(path))? {
            self.remove_folder(&path)?;
        }
        let named = self.blob_names()?;
        for folder in self.children("blobs")? {
            for path in unnamed(&folder, |path| named.contains(path))? {
                let removed = self.disk().remove_file(&path);
                removed.map_err(|error| StoreError::io("remove", &path, error))?;
            }
        }
        Ok(())
    }

    /// Takes the lock that is shared while a layer is put in place and exclusive while leftovers are removed.
    pub(crate) fn lock_layers(&self, operation: FlockOperation) -> Result<LayersLock, StoreError> {
        let path = self.dir().join("locks").join("layers");
        let file = crate::lock::open_lock_file(&path)?;
        flock(&file, operation).map_err(|error| StoreError::io("lock", &path, error.into()))?;
        Ok(LayersLock { file })
    }

    fn children(&self, folder: &str) -> Result<Vec<PathBuf>, StoreError> {
        children(&self.dir().join(folder))
    }

    pub(crate) fn remove_folder(&self, path: &Path) -> Result<(), StoreError> {
        let allowed = self.disk().before(WritePoint::RemoveDir(path));
        allowed.map_err(|error| StoreError::io("remove", path, error))?;
        self.reach("remove", path, || remove_layer(path), |namespace| namespace.remove(self.relative(path)))
    }
}

fn children(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    unnamed(path, |_| false)
}

/// What stands in a folder and is not `named`.
fn unnamed(path: &Path, named: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, StoreError> {
    let read = |error| StoreError::io("read", path, error);
    let entries = fs::read_dir(path).map_err(read)?.map(|entry| Ok(entry.map_err(read)?.path()));
    entries.filter(|path| !path.as_ref().is_ok_and(|path| named(path))).collect()
}

/// Held while layers are put in place.
pub(crate) struct LayersLock {
    file: File,
}

impl Drop for LayersLock {
    fn drop(&mut self) {
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// The open file is what stands at the path.
pub(crate) fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id =
        |metadata: io::Result<fs::Metadata>| metadata.map(|metadata| (metadata.dev(), metadata.ino())).ok();
    let open = id(file.metadata());
    open.is_some() && open == id(fs::symlink_metadata(path))
}
