//! Opening the store.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};

use crate::blob::Blobs;
use crate::database::{self, Database};
use crate::disk::{Disk, Refusing};
use crate::lease::Lease;
use crate::merkle::Objects;
use crate::record::Layers;
use crate::run::{Staging, random_name};
use crate::usage::Uses;
use crate::{IdMap, Namespace, StoreError, WriteObserver};

/// The database, in the store's folder.
const DATABASE: &str = "db.sqlite";

/// A store: any number of them, in any number of processes, may stand on one folder. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// The folder of the package whose steps are recorded and looked for; empty when it is not known.
    package: Arc<str>,
}

pub(crate) struct Inner {
    pub(crate) dir: PathBuf,
    pub(crate) options: StoreOptions,
    /// Ids on files to ids of steps, for this process.
    pub(crate) ids: IdMap,
    pub(crate) database: Database,
    pub(crate) objects: Objects,
    pub(crate) layers: Layers,
    pub(crate) blobs: Blobs,
    pub(crate) staging: Mutex<Option<Arc<Staging>>>,
    pub(crate) uses: Uses,
    disk: Disk,
    lease: Mutex<Option<Lease>>,
    namespace: OnceLock<Arc<dyn Namespace>>,
}

/// What the store must know of the machine.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// The user and group that `layers/` and `work/` must belong to: as root the base of the steps' id map; `None` for an
    /// ordinary user, whose own they are and whose ids are 0 to steps.
    pub owner: Option<(u32, u32)>,
    /// Names the time since the machine was started: what was written earlier and not synced is verified before it is used.
    pub boot_id: String,
}

impl StoreOptions {
    /// With the kernel's own boot id.
    pub fn new(owner: Option<(u32, u32)>) -> StoreOptions {
        let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        StoreOptions { owner, boot_id: boot_id.trim().to_owned() }
    }
}

impl Store {
    /// Opens the store in a folder, made if it is missing.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Store, StoreError> {
        Store::open_observed(dir, options, None)
    }

    /// Opens the store so that a test is told of each write, and may refuse it.
    pub fn open_observed(
        dir: &Path,
        options: StoreOptions,
        observer: Option<Arc<dyn WriteObserver>>,
    ) -> Result<Store, StoreError> {
        let disk = Disk::observed(observer);
        let dir = std::path::absolute(dir).map_err(|error| StoreError::io("find", dir, error))?;
        make_folders(&dir, options.owner)?;
        // Before anything is looked up.
        let lease = Lease::take(&dir)?;
        let database = Database::open(&dir.join(DATABASE), disk.clone())?;
        Ok(Store::of(dir, options, database, disk, Some(lease)))
    }

    /// Opens the store in a folder to look things up; `None` when none is there. Nothing in the folder is made, changed, removed or
    /// locked, whatever is asked: what would be written gives an error, and what a restart of the machine may have damaged is taken to be
    /// whole. Not to be used to take content out, which others may remove at any time; see [`Store::is_undisturbed`].
    ///
    /// # Errors
    /// When the store is of another version, or cannot be read just now.
    pub fn open_to_read(dir: &Path, options: StoreOptions) -> Result<Option<Store>, StoreError> {
        let dir = std::path::absolute(dir).map_err(|error| StoreError::io("find", dir, error))?;
        let disk = Disk::observed(Some(Arc::new(Refusing)));
        let database = Database::open_to_read(&dir.join(DATABASE), disk.clone())?;
        Ok(database.map(|database| Store::of(dir, options, database, disk, None)))
    }

    /// The store was opened to be read only.
    pub fn reads_only(&self) -> bool {
        self.database().reads_only()
    }

    /// Nobody wrote since the store was opened to be read: what was looked up was so at one moment.
    pub fn is_undisturbed(&self) -> bool {
        self.database().is_undisturbed()
    }

    /// A number that is another one after something was recorded in the store of a folder.
    pub fn stamp(dir: &Path) -> u64 {
        database::stamp(&dir.join(DATABASE))
    }

    fn of(
        dir: PathBuf,
        options: StoreOptions,
        database: Database,
        disk: Disk,
        lease: Option<Lease>,
    ) -> Store {
        let ids = match options.owner {
            Some((uid, gid)) => IdMap::Offset { uid, gid },
            None => IdMap::Own {
                uid: rustix::process::geteuid().as_raw(),
                gid: rustix::process::getegid().as_raw(),
            },
        };
        let inner = Inner {
            dir,
            options,
            ids,
            database,
            objects: Objects::default(),
            layers: Layers::default(),
            blobs: Blobs::default(),
            staging: Mutex::new(None),
            uses: Uses::default(),
            disk,
            lease: Mutex::new(lease),
            namespace: OnceLock::new(),
        };
        Store { inner: Arc::new(inner), package: Arc::from("") }
    }

    /// The same store, for the steps of the package in a folder: those that it records are that package's, and so are those that it
    /// finds by their names, as long as there are any.
    #[must_use]
    pub fn for_package(&self, folder: &Path) -> Store {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        Store { inner: self.inner.clone(), package: folder.to_string_lossy().into() }
    }

    /// The folder of the package that the steps belong to; empty when it is not known.
    pub(crate) fn package(&self) -> &str {
        &self.package
    }

    /// Moves the database of a store that cannot be opened to `quarantine/`; where it is then. What it named is removed when the store,
    /// which is empty now, is next swept.
    pub fn put_database_aside(dir: &Path) -> Result<PathBuf, StoreError> {
        let aside = dir.join("quarantine").join(format!("database-{}", random_name()?));
        make_folder(&aside, 0o700)?;
        // The log first: without its database it means nothing, the other way round it would be taken for that of the new one.
        for name in ["db.sqlite-wal", "db.sqlite-shm", DATABASE] {
            let from = dir.join(name);
            match fs::rename(&from, aside.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::io("rename", &from, error));
                }
                _ => {}
            }
        }
        Ok(aside)
    }

    /// The store's folder. `layers/<id>` below it are layers.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// Gives the store a way into the steps' user namespace. The first one stays.
    pub fn attach_namespace(&self, namespace: Arc<dyn Namespace>) {
        let _ = self.inner.namespace.set(namespace);
    }

    /// How many ids steps have, counted from 0. With one only, files cannot belong to anybody else.
    pub fn step_ids(&self) -> Result<u32, StoreError> {
        match (self.inner.options.owner, self.inner.namespace.get()) {
            (Some(_), _) => Ok(crate::namespace::RANGE),
            (None, None) => Ok(1),
            (None, Some(namespace)) => {
                namespace.ids().map_err(|error| StoreError::io("reach", self.dir(), error))
            }
        }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.inner.disk
    }

    /// Says that nothing that was found so far will be used any more; whether this process held a lease.
    pub(crate) fn release_lease(&self) -> bool {
        self.inner.lease.lock().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }

    /// Begins to use what is found from now on.
    pub(crate) fn renew_lease(&self) -> Result<(), StoreError> {
        let lease = Lease::take(self.dir())?;
        *self.inner.lease.lock().unwrap_or_else(PoisonError::into_inner) = Some(lease);
        Ok(())
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    /// As long as what this gives lives, what this thread looks up is of one state of the store, until it records something. Many
    /// look-ups take less time that way. Not to be kept while waiting for somebody: what others record meanwhile is not seen.
    pub fn view(&self) -> impl Sized + '_ {
        self.database().view()
    }

    /// Writes everything to the disk, so that a power loss takes none of it.
    pub fn sync(&self) -> Result<(), StoreError> {
        // Only what has a row before the disk is written may be marked afterwards.
        let unsynced: Vec<String> = self.database().read(|connection| {
            let mut statement = connection.prepare_cached("SELECT id FROM layer WHERE boot = ?1")?;
            statement.query_map([&self.inner.options.boot_id], |row| row.get(0))?.collect()
        })?;
        let dir = fs::File::open(self.dir()).map_err(|error| StoreError::io("read", self.dir(), error))?;
        rustix::fs::syncfs(&dir).map_err(|error| StoreError::io("write", self.dir(), error.into()))?;
        self.mark_synced(&unsynced)
    }

    pub(crate) fn mark_synced(&self, layers: &[String]) -> Result<(), StoreError> {
        if layers.is_empty() {
            return Ok(());
        }
        self.database().write(|transaction| {
            let mut update = transaction.prepare_cached("UPDATE layer SET boot = '' WHERE id = ?1")?;
            layers.iter().try_for_each(|id| update.execute([id]).map(drop))
        })
    }

    /// Does something directly, or inside the steps' namespace when the process may not.
    pub(crate) fn reach<T>(
        &self,
        action: &'static str,
        path: &Path,
        direct: impl FnOnce() -> io::Result<T>,
        inside: impl FnOnce(&dyn Namespace) -> io::Result<T>,
    ) -> Result<T, StoreError> {
        let error = match direct() {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if error.kind() != io::ErrorKind::PermissionDenied || self.inner.options.owner.is_some() {
            return Err(StoreError::io(action, path, error));
        }
        inside(self.namespace(path)?).map_err(|error| StoreError::io(action, path, error))
    }

    /// The way into the steps' namespace, to reach this path.
    pub(crate) fn namespace(&self, path: &Path) -> Result<&dyn Namespace, StoreError> {
        match self.inner.namespace.get() {
            Some(namespace) => Ok(namespace.as_ref()),
            None => Err(StoreError::NeedsNamespace { path: path.to_path_buf() }),
        }
    }

    /// A path as the namespace wants it: relative to the store's folder.
    pub(crate) fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.inner.dir).unwrap_or(path)
    }
}

/// Folders of the store. As root those of the steps belong to the root of their namespace, and the store's own can be passed
/// through by it; nobody else has any business in any of them.
fn make_folders(dir: &Path, owner: Option<(u32, u32)>) -> Result<(), StoreError> {
    make_folder(dir, if owner.is_some() { 0o711 } else { 0o700 })?;
    for name in ["blobs", "locks", "quarantine"] {
        make_folder(&dir.join(name), 0o700)?;
    }
    for name in ["layers", "work", "volumes"] {
        let path = dir.join(name);
        let made = make_folder(&path, 0o700)?;
        if made {
            spread_out(&path);
        }
        if let Some((uid, gid)) = owner.filter(|_| made) {
            std::os::unix::fs::chown(&path, Some(uid), Some(gid))
                .map_err(|error| StoreError::io("change the owner of", &path, error))?;
        }
    }
    Ok(())
}

/// Has the file system put each folder in here in a place of its own, far from where others were removed of late: ext4 without a
/// journal passes over recently freed inodes one by one, for every folder and file that is made. Elsewhere the flag (`chattr +T`) is
/// unknown or means nothing; a hint that cannot be given costs time, nothing else.
fn spread_out(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder)
        && let Ok(flags) = ioctl_getflags(&folder)
    {
        let _ = ioctl_setflags(&folder, flags | IFlags::TOPDIR);
    }
}

pub(crate) fn make_folder(path: &Path, mode: u32) -> Result<bool, StoreError> {
    if path.is_dir() {
        return Ok(false);
    }
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(|error| StoreError::io("make", path, error))?;
    // The umask may have taken bits away.
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| StoreError::io("make", path, error))?;
    Ok(true)
}
