//! Cache volumes: folders that outlive runs. Steps write them directly, so nothing in them has a digest, and no result names them.
//!
//! `volumes/<id>/data` is what steps see, `volumes/<id>/record` what is known of the volume. A process uses one for as long as it
//! holds `locks/volume-<id>` (`flock`), shared or alone; whoever takes or leaves one of these locks holds `locks/volumes` meanwhile,
//! so that nothing comes between two looks.

mod differ;
mod listing;
mod measure;
mod record;
mod transfer;

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use pipe_ops::{Digest, Sharing};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use self::differ::SeenFile;
use self::record::{Dated, Record, View, layers_of};
use crate::lock::open_lock_file;
use crate::{LayerRef, Store, StoreError, Stored};

pub(crate) use measure::volume_key;

pub use listing::{VolumeEntry, VolumeRemoval, disk_usage};
pub use transfer::{VolumeContent, VolumeHistory, VolumePlacing};

/// Which volume. Whose it is is part of it: a name alone is nobody's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VolumeId {
    /// Whose it is.
    pub owner: VolumeOwner,
    /// Its name there.
    pub name: String,
    /// `os/arch[/variant]` of the steps that use it.
    pub platform: String,
    /// The user that the steps run as.
    pub user: String,
}

/// Whose a volume is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum VolumeOwner {
    /// A root package's, by its folder.
    Package(String),
    /// All packages' that name this group.
    Group(String),
}

/// More instances than this of one private volume are not made: something else is wrong then.
const INSTANCES: u32 = 4096;

/// A volume in use. Free for others when dropped, also when the process is killed.
#[derive(Debug)]
pub struct VolumeLock {
    store_gate: PathBuf,
    id: VolumeId,
    instance: u32,
    /// Relative to the store.
    folder: PathBuf,
    file: File,
    alone: bool,
    /// Nobody used it when it was taken.
    was_free: bool,
}

/// What a step sees, written down before it starts.
#[derive(Debug)]
pub struct VolumeUse {
    lock: VolumeLock,
    /// What the record is from here to the end, unless others use the volume too.
    written: Record,
    view: View,
    dated: Vec<(String, Digest)>,
    touch: Vec<DatedFile>,
}

/// A file of a layer, and when it must seem to have been modified: then or later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedFile {
    /// The file.
    pub file: LayerRef,
    /// The date.
    pub date: SystemTime,
}

impl VolumeOwner {
    /// The package in a folder, which is canonical. Two paths never have one text, whatever bytes they are of.
    pub fn package(folder: &Path) -> VolumeOwner {
        let bytes = || folder.as_os_str().as_encoded_bytes().escape_ascii().to_string();
        VolumeOwner::Package(folder.to_str().map_or_else(bytes, str::to_owned))
    }
}

impl fmt::Display for VolumeOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VolumeOwner::Package(folder) => f.write_str(folder),
            VolumeOwner::Group(group) => write!(f, "group {group}"),
        }
    }
}

impl VolumeId {
    /// The name of an instance's folder.
    fn folder_name(&self, instance: u32) -> String {
        // A package's folder begins with `/`, so no group is taken for one.
        let (kind, owner) = match &self.owner {
            VolumeOwner::Package(folder) => ("", folder),
            VolumeOwner::Group(group) => ("group:", group),
        };
        let owner = format!("{kind}{owner}");
        let parts = [&owner, &self.name, &self.platform, &self.user, &instance.to_string()];
        // None of the parts has a NUL in it: paths and names of the language have none.
        let joined = parts.map(|part| part.as_bytes()).join(&0);
        Digest::of(&joined).to_string().get(..32).unwrap_or_default().to_owned()
    }
}

impl Store {
    /// Takes a volume if it is free for this kind of use; `None` when one has to wait.
    pub fn try_take_volume(&self, id: &VolumeId, sharing: Sharing) -> Result<Option<VolumeLock>, StoreError> {
        let _gate = Gate::enter(&self.volume_gate())?;
        match sharing {
            Sharing::Shared => self.lock_volume(id, 0, false),
            Sharing::Locked => self.lock_volume(id, 0, true),
            Sharing::Private => {
                for instance in 0..INSTANCES {
                    if let Some(lock) = self.lock_volume(id, instance, true)? {
                        return Ok(Some(lock));
                    }
                }
                Ok(None)
            }
        }
    }

    fn lock_volume(
        &self,
        id: &VolumeId,
        instance: u32,
        alone: bool,
    ) -> Result<Option<VolumeLock>, StoreError> {
        let name = id.folder_name(instance);
        let file = open_lock_file(&self.volume_lock_path(&name))?;
        let was_free = try_flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        // A lock that was had alone becomes shared: under the gate nobody else can take it between.
        let held = match alone {
            true => was_free,
            false => try_flock(&file, FlockOperation::NonBlockingLockShared)?,
        };
        if !held {
            return Ok(None);
        }
        let folder = Path::new("volumes").join(&name);
        self.make_volume(&folder)?;
        self.used_volume(&name);
        Ok(Some(VolumeLock {
            store_gate: self.volume_gate(),
            id: id.clone(),
            instance,
            folder,
            file,
            alone,
            was_free,
        }))
    }

    fn make_volume(&self, folder: &Path) -> Result<(), StoreError> {
        let path = self.dir().join(folder);
        match fs::create_dir(&path) {
            Ok(()) => self.own(&path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(StoreError::io("make", &path, error)),
        }
    }

    fn volume_gate(&self) -> PathBuf {
        self.dir().join("locks").join("volumes")
    }

    fn volume_lock_path(&self, name: &str) -> PathBuf {
        self.dir().join("locks").join(format!("volume-{name}"))
    }
}

impl VolumeLock {
    /// The volume's folder, relative to the store's.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// No other step uses the volume meanwhile.
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// Writes down what a step sees: trees and files by the absolute paths where it sees them. What differs from what earlier steps
    /// saw is to be shown to it as new ([`VolumeUse::touch`]); tools that compare times (make, cargo, go) would else take what the
    /// volume holds for newer. Until [`VolumeUse::finish`] both count as seen, for the step may be killed at any moment.
    ///
    /// Blocks for what remains of steps whose `pipe` was killed.
    pub fn show(self, store: &Store, seen: &[(String, Stored)]) -> Result<VolumeUse, StoreError> {
        let folder = store.dir().join(&self.folder);
        if self.alone {
            wait_for_remains(&folder)?;
        }
        let _gate = Gate::enter(&self.store_gate)?;
        let known = Record::read(&folder);
        // A volume whose record is lost may hold what was made of anything.
        let lost = known.is_none() && folder.join("data").symlink_metadata().is_ok();
        let mut record = known.unwrap_or_else(|| Record::new(&self.id, self.instance));
        record.lost |= lost;
        let touch = record.date(store, seen)?;
        let view = View::of(seen);
        record.add(view.clone());
        record.write(&folder)?;
        let dated = seen.iter().map(|(path, stored)| (path.clone(), layers_of(stored))).collect();
        Ok(VolumeUse { written: record, view, dated, touch, lock: self })
    }
}

/// A backend holds the folder itself (`flock`) for as long as a step's processes are there, which may outlive a `pipe` that is killed.
/// What they write must not be younger than the dates that the next step is shown. Nobody but the backend waits longer than this.
fn wait_for_remains(folder: &Path) -> Result<(), StoreError> {
    const PATIENCE: Duration = Duration::from_secs(20);
    const PAUSE: Duration = Duration::from_millis(1);
    let file = File::open(folder).map_err(|error| StoreError::io("open", folder, error))?;
    let began = Instant::now();
    while !try_flock(&file, FlockOperation::NonBlockingLockExclusive)? && began.elapsed() < PATIENCE {
        std::thread::sleep(PAUSE);
    }
    // Explicitly, as everywhere here.
    let _ = flock(&file, FlockOperation::Unlock);
    Ok(())
}

impl Record {
    /// Gives what a step sees otherwise than earlier ones the date of now; the files that need theirs set.
    fn date(&mut self, store: &Store, seen: &[(String, Stored)]) -> Result<Vec<DatedFile>, StoreError> {
        let changed = differ::changed(store, seen, self)?;
        let kept: HashSet<Vec<u8>> = differ::unchanged(store, seen, &self.dates).into_iter().collect();
        self.dates.retain(|path, _| kept.contains(path));
        let mut touch = Vec::new();
        for moved in differ::moved(store, seen, self)? {
            let date = self.dates.get(&moved.path).map(|dated| dated.date);
            touch.extend(date.map(|date| DatedFile { file: moved.place, date }));
        }
        let date = self.later();
        for SeenFile { path, digest, place } in changed {
            self.dates.insert(path, Dated { digest, date });
            touch.push(DatedFile { file: place, date });
        }
        Ok(touch)
    }
}

impl VolumeUse {
    /// The lock that it stands on.
    pub fn lock(&self) -> &VolumeLock {
        &self.lock
    }

    /// Files of layers whose time of last modification must be no earlier than these. Times are no part of a layer's content; they only
    /// ever grow, which makes some other step's tools do more than they need, never less.
    pub fn touch(&self) -> &[DatedFile] {
        &self.touch
    }

    /// The step is over, whatever came of it, and had seen the files with their new times. If nobody else used the volume since it
    /// was taken, nothing else counts as seen any more.
    pub fn finish(self, store: &Store) -> Result<(), StoreError> {
        let _gate = Gate::enter(&self.lock.store_gate)?;
        let folder = store.dir().join(&self.lock.folder);
        if self.lock.was_free && Record::read(&folder).as_ref() == Some(&self.written) {
            let mut record = Record::new(&self.lock.id, self.lock.instance);
            record.dates = self.written.dates;
            record.dated = self.dated;
            record.used = record.used.max(self.written.used);
            record.add(self.view);
            record.write(&folder)?;
        }
        Ok(())
    }
}

impl Drop for VolumeLock {
    fn drop(&mut self) {
        // Explicitly: a child process may hold a copy of the descriptor, and closing ours would not free the lock then.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// Held while locks of volumes are taken and their records read and written.
struct Gate {
    file: File,
}

impl Gate {
    fn enter(path: &Path) -> Result<Gate, StoreError> {
        let file = open_lock_file(path)?;
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Gate { file }),
                Err(Errno::INTR) => {}
                Err(error) => return Err(StoreError::io("lock", path, error.into())),
            }
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

fn try_flock(file: &File, operation: FlockOperation) -> Result<bool, StoreError> {
    loop {
        match flock(file, operation) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(Errno::INTR) => {}
            Err(error) => return Err(StoreError::io("lock", "a cache volume", error.into())),
        }
    }
}
