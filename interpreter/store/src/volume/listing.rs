//! The volumes that there are, and removing them.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::FlockOperation;

use super::record::{RECORD, Record};
use super::{Gate, VolumeId, try_flock};
use crate::lock::open_lock_file;
use crate::{Store, StoreError};

/// A line of `pipe cache volume ls`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeEntry {
    /// The name of its folder: 32 hexadecimal digits.
    pub key: String,
    /// Whose it is; `None` when its record cannot be read.
    pub id: Option<VolumeId>,
    /// Which of several copies of a private volume.
    pub instance: u32,
    /// When a step last began or ended to use it.
    pub used: Option<SystemTime>,
    /// Bytes on the disk.
    pub bytes: u64,
}

/// What became of a volume that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeRemoval {
    /// It is gone.
    Removed,
    /// A step uses it.
    InUse,
}

impl Store {
    /// All cache volumes, by owner, name and instance.
    pub fn volumes(&self) -> Result<Vec<VolumeEntry>, StoreError> {
        let folder = self.dir().join("volumes");
        let read = |error| StoreError::io("read", &folder, error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(&folder).map_err(read)? {
            let path = entry.map_err(read)?.path();
            let Some(key) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
                continue;
            };
            let record = Record::read(&path);
            let bytes = match self.volume_usage(&path) {
                // It was removed meanwhile.
                Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => continue,
                bytes => bytes?,
            };
            entries.push(VolumeEntry {
                key,
                instance: record.as_ref().map_or(0, |record| record.instance),
                used: record.as_ref().map(|record| record.used),
                id: record.map(|record| record.id),
                bytes,
            });
        }
        let order = |entry: &VolumeEntry| {
            let id = entry.id.as_ref();
            (id.map(|id| (id.owner.clone(), id.name.clone())), entry.instance, entry.key.clone())
        };
        entries.sort_by_key(order);
        Ok(entries)
    }

    /// Removes a volume, by the name of its folder, unless a step uses it.
    pub fn remove_volume(&self, key: &str) -> Result<VolumeRemoval, StoreError> {
        self.remove_behind(&Gate::enter(&self.volume_gate())?, key)
    }

    /// The same for whoever has the gate already.
    pub(super) fn remove_behind(&self, _gate: &Gate, key: &str) -> Result<VolumeRemoval, StoreError> {
        let lock = self.volume_lock_path(key);
        let file = open_lock_file(&lock)?;
        if !try_flock(&file, FlockOperation::NonBlockingLockExclusive)? {
            return Ok(VolumeRemoval::InUse);
        }
        let folder = self.dir().join("volumes").join(key);
        // Killed on the way, it leaves a volume without a record, which counts as one that was made of anything.
        match fs::remove_file(folder.join(RECORD)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io("remove", folder.join(RECORD), error));
            }
            _ => {}
        }
        self.remove_folder(&folder)?;
        // It counts against the store's size no more.
        self.forget_measure(key)?;
        // Under the gate nobody waits for it.
        let _ = fs::remove_file(&lock);
        Ok(VolumeRemoval::Removed)
    }
}

/// Bytes that a folder takes on the disk, a file with several names once.
pub fn disk_usage(folder: &Path) -> io::Result<u64> {
    let mut pending: Vec<PathBuf> = Vec::new();
    let mut names = HashSet::new();
    let mut bytes = 0;
    let mut entries = fs::read_dir(folder)?;
    loop {
        for entry in entries {
            let path = entry?.path();
            let Some(meta) = still_there(fs::symlink_metadata(&path))? else { continue };
            if meta.nlink() < 2 || meta.is_dir() || names.insert((meta.dev(), meta.ino())) {
                bytes += meta.blocks() * 512;
            }
            if meta.is_dir() {
                pending.push(path);
            }
        }
        entries = loop {
            let Some(folder) = pending.pop() else { return Ok(bytes) };
            if let Some(entries) = still_there(fs::read_dir(folder))? {
                break entries;
            }
        };
    }
}

/// Nothing, of what a step removed meanwhile.
fn still_there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}
