//! Cache volumes that are written down, and those that come from elsewhere.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::record::{Dated, Record, VIEWS, View};
use super::{Gate, VolumeId, VolumeRemoval, try_flock, wait_for_remains};
use crate::lock::open_lock_file;
use crate::scan::list_folder;
use crate::{FolderEntry, FolderEntryKind, LayerDraft, Store, StoreError};

/// What a volume's steps saw, to go with its content to another store. Whose the volume is is no part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeHistory {
    platform: String,
    user: String,
    views: Vec<View>,
    lost: bool,
    dates: BTreeMap<Vec<u8>, Dated>,
}

/// What the bytes of a history begin with: their form.
const FORM: &[u8] = b"pipe cache volume 1\n";

impl VolumeHistory {
    fn of(record: &Record) -> VolumeHistory {
        VolumeHistory {
            platform: record.id.platform.clone(),
            user: record.id.user.clone(),
            views: record.views.clone(),
            lost: record.lost,
            dates: record.dates.clone(),
        }
    }

    /// `os/arch[/variant]` of the steps that used it.
    pub fn platform(&self) -> &str {
        &self.platform
    }

    /// The user that they ran as.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// As bytes, which name their own form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        let bytes = postcard::to_stdvec(self).map_err(|error| StoreError::Malformed {
            what: "the record of a cache volume".to_owned(),
            reason: error.to_string(),
        })?;
        Ok([FORM, &bytes].concat())
    }

    /// Of bytes; `None` when they are none of a history that this version knows.
    pub fn from_bytes(bytes: &[u8]) -> Option<VolumeHistory> {
        postcard::from_bytes(bytes.strip_prefix(FORM)?).ok()
    }

    /// The latest of the dates that files were shown with.
    pub fn latest(&self) -> Option<SystemTime> {
        self.dates.values().map(|dated| dated.date).max()
    }

    /// Has everything happened earlier.
    pub fn set_back(&mut self, by: Duration) {
        for dated in self.dates.values_mut() {
            dated.date = dated.date.checked_sub(by).unwrap_or(UNIX_EPOCH);
        }
    }

    /// What is known of the volume in this store.
    fn into_record(self, id: &VolumeId) -> Record {
        let mut record = Record::new(id, 0);
        record.lost = self.lost || self.views.len() > VIEWS;
        record.views = if record.lost { Vec::new() } else { self.views };
        record.dates = self.dates;
        record
    }
}

/// A volume that is being written down. No step uses it meanwhile.
pub struct VolumeContent {
    store: Store,
    /// Relative to the store.
    data: PathBuf,
    entries: Vec<FolderEntry>,
    history: Option<VolumeHistory>,
    lock: File,
}

impl Drop for VolumeContent {
    fn drop(&mut self) {
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

impl VolumeContent {
    /// Everything in it, its own folder first and folders before what is in them. Nothing, when no step has used it yet.
    pub fn entries(&self) -> &[FolderEntry] {
        &self.entries
    }

    /// What its steps saw; `None` when that is not known.
    pub fn history(&self) -> Option<&VolumeHistory> {
        self.history.as_ref()
    }

    /// Writes the content of a file: of as many bytes as its entry says.
    ///
    /// # Errors
    /// The outer one when it cannot be read, the inner one when it cannot be written.
    pub fn copy_file(&self, entry: &FolderEntry, to: &mut dyn Write) -> Result<io::Result<()>, StoreError> {
        let FolderEntryKind::File(size) = entry.kind else { return Ok(Ok(())) };
        let path = self.data.join(OsStr::from_bytes(&entry.path));
        let mut file = self.store.open_stored(&path)?;
        let mut buffer = vec![0; 128 << 10];
        let mut left = size;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let piece = buffer.get_mut(..most).unwrap_or_default();
            let count = match file.read(piece) {
                Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter meanwhile")),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other,
            };
            let count = count.map_err(|error| StoreError::io("read", self.store.dir().join(&path), error))?;
            if let Err(error) = to.write_all(piece.get(..count).unwrap_or_default()) {
                return Ok(Err(error));
            }
            left -= count as u64;
        }
        Ok(Ok(()))
    }
}

/// What became of a volume that was to be put in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumePlacing {
    /// It is there.
    Placed,
    /// There is one already.
    Exists,
    /// There is one already, and a step uses it.
    InUse,
}

impl Store {
    /// What is in a volume, by the name of its folder, for whoever writes it down. `None` when a step uses it.
    pub fn volume_content(&self, key: &str) -> Result<Option<VolumeContent>, StoreError> {
        let gate = Gate::enter(&self.volume_gate())?;
        let lock = open_lock_file(&self.volume_lock_path(key))?;
        if !try_flock(&lock, FlockOperation::NonBlockingLockExclusive)? {
            return Ok(None);
        }
        drop(gate);
        let folder = PathBuf::from("volumes").join(key);
        wait_for_remains(&self.dir().join(&folder))?;
        let data = folder.join("data");
        let place = self.dir().join(&data);
        let entries = match place.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            _ => self.look_at(&place, list_folder, |namespace, path| namespace.list(path))?,
        };
        let history = Record::read(&self.dir().join(&folder)).map(|record| VolumeHistory::of(&record));
        Ok(Some(VolumeContent { store: self.clone(), data, entries, history, lock }))
    }

    /// Makes a volume of what came from elsewhere, of which nothing lies ahead. Without a history it counts as one that was made of anything. With `replace`, one that
    /// is there already goes.
    pub fn place_volume(
        &self,
        id: &VolumeId,
        content: LayerDraft,
        history: Option<VolumeHistory>,
        replace: bool,
    ) -> Result<VolumePlacing, StoreError> {
        let staged = content.build()?;
        let placing = self.place_built(id, &staged, history, replace);
        match &placing {
            Ok(VolumePlacing::Placed) => {}
            Ok(VolumePlacing::Exists | VolumePlacing::InUse) => self.remove_folder(&staged)?,
            // What failed first is what there is to say. What is left goes with the rest of the process.
            Err(_) => drop(self.remove_folder(&staged)),
        }
        placing
    }

    fn place_built(
        &self,
        id: &VolumeId,
        staged: &Path,
        history: Option<VolumeHistory>,
        replace: bool,
    ) -> Result<VolumePlacing, StoreError> {
        let key = id.folder_name(0);
        let folder = self.dir().join("volumes").join(&key);
        let is_there = || folder.symlink_metadata().is_ok();
        // Through all of it: else a step could make the volume again between its removal and this.
        let gate = Gate::enter(&self.volume_gate())?;
        if replace && is_there() && self.remove_behind(&gate, &key)? == VolumeRemoval::InUse {
            return Ok(VolumePlacing::InUse);
        }
        // Who has it, or makes it, holds its lock.
        let lock = open_lock_file(&self.volume_lock_path(&key))?;
        if !try_flock(&lock, FlockOperation::NonBlockingLockExclusive)? {
            return Ok(VolumePlacing::InUse);
        }
        let placing = if is_there() {
            VolumePlacing::Exists
        } else {
            self.make_volume(&PathBuf::from("volumes").join(&key))?;
            let data = folder.join("data");
            self.reach(
                "rename",
                &data,
                || self.disk().rename(staged, &data),
                |namespace| namespace.rename(self.relative(staged), self.relative(&data)),
            )?;
            // Killed before this, it leaves a volume that counts as made of anything.
            let record = history.map_or_else(
                || Record { lost: true, ..Record::new(id, 0) },
                |history| history.into_record(id),
            );
            record.write(&folder)?;
            self.used_volume(&key);
            self.forget_measure(&key)?;
            // Something is there that was not: the store is kept to its size, as after a run.
            self.epoch()?;
            VolumePlacing::Placed
        };
        let _ = flock(&lock, FlockOperation::Unlock);
        Ok(placing)
    }
}
