//! Who may still be using what the store holds.
//!
//! Every process that opens a store holds `locks/lease` shared (`flock`). Whoever prunes first takes results away, so that nobody finds
//! them any more, and then renames that file: who comes later locks a new one. Content that was only needed by what was taken away is
//! removed when nobody holds a renamed file any more, by whichever process sees that first.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::lock::open_lock_file;
use crate::run::{is_same, random_name};
use crate::{Store, StoreError};

/// The name of the file that is held, and what begins those of earlier ones.
const CURRENT: &str = "lease";
const EARLIER: &str = "lease-";

/// Held by a process for as long as it may use what it found in the store.
pub(crate) struct Lease {
    file: File,
}

impl Lease {
    /// A share of the current lease.
    pub(crate) fn take(store: &Path) -> Result<Lease, StoreError> {
        let path = store.join("locks").join(CURRENT);
        loop {
            let file = open_lock_file(&path)?;
            match flock(&file, FlockOperation::LockShared) {
                // Renamed between opening and locking it: what was found from now on is not under its protection.
                Ok(()) if is_same(&file, &path) => return Ok(Lease { file }),
                Ok(()) | Err(Errno::INTR) => {}
                Err(error) => return Err(StoreError::io("lock", &path, error.into())),
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Explicitly: a child process may hold a copy of the descriptor, and closing ours would not free the lock then.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

impl Store {
    /// Has processes that come from now on hold another lease than those that are there.
    pub(crate) fn retire_lease(&self) -> Result<(), StoreError> {
        let locks = self.dir().join("locks");
        let (from, to) = (locks.join(CURRENT), locks.join(format!("{EARLIER}{}", random_name()?)));
        match self.disk().rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("rename", &from, error))
            }
            _ => Ok(()),
        }
    }

    /// How many earlier leases somebody still holds.
    pub(crate) fn earlier_leases(&self) -> Result<usize, StoreError> {
        let mut held = 0;
        for path in self.lock_files(|name| name.starts_with(EARLIER))? {
            held += usize::from(!self.remove_free_lock(&path)?);
        }
        Ok(held)
    }

    /// Removes the locks of steps whose holders were killed.
    pub(crate) fn remove_left_locks(&self) -> Result<(), StoreError> {
        let is_key = |name: &str| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        for path in self.lock_files(is_key)? {
            self.remove_free_lock(&path)?;
        }
        Ok(())
    }

    /// Paths of the locks with such names.
    pub(crate) fn lock_files(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.dir().join("locks");
        let failed = |error| StoreError::io("read", &folder, error);
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_str().is_some_and(&wanted) {
                found.push(entry.path());
            }
        }
        Ok(found)
    }

    /// Removes a lock's file unless somebody holds it; whether it is gone. Removed while it is held, as by those who use it.
    pub(crate) fn remove_free_lock(&self, path: &Path) -> Result<bool, StoreError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(StoreError::io("read", path, error)),
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(error) => return Err(StoreError::io("lock", path, error.into())),
        }
        if is_same(&file, path) {
            self.disk().remove_file(path).map_err(|error| StoreError::io("remove", path, error))?;
        }
        let _ = flock(&file, FlockOperation::Unlock);
        Ok(true)
    }
}
