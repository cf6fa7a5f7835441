//! Working folders. `work/<name>` of the store belongs to a process for as long as it holds a lock (`flock`) on it; one whose lock
//! is free was left by a process that was killed.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags};

const WORK: &str = "work";

/// The supervisor's own folder. Its path is relative to the store, which is the working directory.
pub(super) struct WorkFolder {
    path: PathBuf,
    _lock: File,
}

impl WorkFolder {
    /// Makes a folder that is locked from the first moment on that somebody else can take it for one left behind.
    pub(super) fn create() -> io::Result<WorkFolder> {
        for attempt in 0..1000 {
            let path = Path::new(WORK).join(format!("supervisor-{}-{attempt}", std::process::id()));
            match rustix::fs::mkdir(&path, Mode::RWXU) {
                Err(rustix::io::Errno::EXIST) => continue,
                other => other?,
            }
            // A sweeper can be faster than the lock: then the name is gone, or is another folder's.
            if let Some(lock) = try_lock(&path)?.filter(|lock| still_named(lock, &path)) {
                return Ok(WorkFolder { path, _lock: lock });
            }
        }
        Err(io::Error::other("no free name for a working folder in `work`"))
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes every working folder that nobody holds.
pub(super) fn sweep() {
    for path in folders() {
        if let Ok(Some(lock)) = try_lock(&path) {
            // Should it fail, the next command tries again.
            let _ = pipe_store::remove_layer(&path);
            drop(lock);
        }
    }
}

/// As [`sweep`], after a process that held these folders was seen to die: its locks may outlive its connections by a moment.
pub(super) fn sweep_after(folders: &[PathBuf]) {
    sweep();
    for _ in 0..100 {
        if !folders.iter().any(|folder| folder.exists()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
        sweep();
    }
}

fn folders() -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(WORK).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match rustix::fs::open(path, flags, Mode::empty()) {
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        other => other?,
    };
    match rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(folder.into())),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

fn still_named(folder: &File, path: &Path) -> bool {
    let identity = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
    match (folder.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(held), Ok(named)) => identity(held) == identity(named),
        _ => false,
    }
}
