//! Reading the files that may have changed.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::BlobDigest;
use rayon::prelude::*;
use rustix::fs::{FileType, OFlags, fstat};

use super::snapshot::{Content, EntrySnapshot, FileStat, Snapshot};
use super::{Contents, read_error};
use crate::beneath::{open_beneath, open_folder};
use crate::hash::{copy_hashed, hash_reader};
use crate::locate::child_path;
use crate::record::nanoseconds;
use crate::{ImportError, Store, StoreError};

/// How often a file that changes while it is read is read again, and the pause before.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(10);

/// A write of no more than this is seen whole or not at all.
const ATOMIC: u64 = 4096;

/// Nanoseconds since the last change of a file within which its write may well be under way.
const JUST_NOW: i64 = 10_000_000;

/// Files up to this size are read into memory once; larger ones are read again when their content proves to be new.
const IN_MEMORY: u64 = 4 << 20;

/// A file that must be read.
pub(super) struct Wanted {
    /// Which folder of the snapshot, which entry of it.
    place: (usize, usize),
    path: Vec<u8>,
    /// What it held the last time, when that is in the store.
    before: Option<BlobDigest>,
}

impl Wanted {
    /// Fills in what the stat-cache knows; the files it does not know.
    pub(super) fn of(snapshot: &mut Snapshot, previous: Option<&Snapshot>, distrust: bool) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for (folder, dir) in snapshot.dirs.iter_mut().enumerate() {
            let old_dir = previous.and_then(|previous| previous.dir(&dir.path));
            for (index, (name, entry)) in dir.entries.iter_mut().enumerate() {
                let EntrySnapshot::File { stat, content, .. } = entry else { continue };
                let old = old_dir.and_then(|old| old.entry(name));
                let mut before = None;
                if let Some(EntrySnapshot::File { stat: old_stat, content: old_content, .. }) = old {
                    if old_stat == stat && old_content.settled && !distrust {
                        *content = *old_content;
                        continue;
                    }
                    before = Some(old_content.digest);
                }
                wanted.push(Wanted { place: (folder, index), path: child_path(&dir.path, name), before });
            }
        }
        wanted
    }

    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }

    /// Bytes that it has, by the look at its folder.
    pub(super) fn size(&self, snapshot: &Snapshot) -> u64 {
        let (dir, entry) = self.place;
        match snapshot.dirs.get(dir).and_then(|dir| dir.entries.get(entry)) {
            Some((_, EntrySnapshot::File { stat, .. })) => stat.size,
            _ => 0,
        }
    }

    /// Says what it holds.
    pub(super) fn fill(&self, snapshot: &mut Snapshot, digest: BlobDigest, size: u64) {
        let (dir, entry) = self.place;
        let entry = snapshot.dirs.get_mut(dir).and_then(|dir| dir.entries.get_mut(entry));
        if let Some((_, EntrySnapshot::File { content, .. })) = entry {
            *content = Content { digest, size, settled: false };
        }
    }
}

/// Reads files below a folder.
pub(super) struct Reader<'a> {
    store: &'a Store,
    root: &'a Path,
    /// A folder for new contents, once there is one.
    folder: Mutex<Option<PathBuf>>,
    next: AtomicU64,
}

/// A file as it was during one read.
struct ReadFile {
    stat: FileStat,
    executable: bool,
    content: Content,
    /// Where its bytes are now; `None` when the store has them already.
    staged: Option<PathBuf>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(store: &'a Store, root: &'a Path) -> Reader<'a> {
        Reader { store, root, folder: Mutex::default(), next: AtomicU64::new(0) }
    }

    /// Removes contents that nobody took.
    pub(super) fn clean_up(self) -> Result<(), StoreError> {
        match self.folder.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(folder) => self.store.remove_folder(&folder),
            None => Ok(()),
        }
    }

    /// Reads the files, in parallel, and fills their contents in. Files that went away are taken out.
    pub(super) fn read_all(
        &self,
        snapshot: &mut Snapshot,
        wanted: Vec<Wanted>,
    ) -> Result<Contents, StoreError> {
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let root = File::from(open_folder(self.root).map_err(|error| read_error(self.root, error))?);
        let read: Vec<Option<ReadFile>> =
            wanted.par_iter().map(|wanted| self.read(&root, wanted)).collect::<Result<_, StoreError>>()?;
        let read = self.look_again(&root, &wanted, read)?;
        let mut contents = HashMap::new();
        let mut gone = Vec::new();
        for (wanted, read) in wanted.into_iter().zip(read) {
            let (dir, entry) = wanted.place;
            let Some(read) = read else {
                gone.push(wanted.place);
                continue;
            };
            if let Some((_, entry)) = snapshot.dirs.get_mut(dir).and_then(|dir| dir.entries.get_mut(entry)) {
                let ReadFile { stat, executable, content, .. } = read;
                *entry = EntrySnapshot::File { stat, executable, content };
            }
            let staged = read.staged.map(|staged| self.store.relative(&staged).to_path_buf());
            contents.extend(staged.map(|staged| (wanted.path, staged)));
        }
        // From the end, so that the places of the others stay.
        for (dir, entry) in gone.into_iter().rev() {
            if let Some(dir) = snapshot.dirs.get_mut(dir) {
                dir.entries.remove(entry);
            }
        }
        Ok(contents)
    }

    /// Times do not show everything: a write sets them when it begins, and may be under way since. So files that changed of late
    /// must hold the same once more.
    fn look_again(
        &self,
        root: &File,
        wanted: &[Wanted],
        read: Vec<Option<ReadFile>>,
    ) -> Result<Vec<Option<ReadFile>>, StoreError> {
        let hot = |read: &ReadFile| !read.content.settled && read.content.size > ATOMIC;
        let now = nanoseconds(SystemTime::now());
        if read.iter().flatten().any(|read| hot(read) && now.saturating_sub(read.stat.changed) < JUST_NOW) {
            std::thread::sleep(PAUSE);
        }
        let again = read.into_par_iter().zip(wanted).map(|(read, wanted)| match read {
            Some(read) if hot(&read) => self.confirm(root, wanted, read),
            other => Ok(other),
        });
        again.collect()
    }

    /// A file that still holds what was read, or holds the same twice from now on.
    fn confirm(
        &self,
        root: &File,
        wanted: &Wanted,
        mut read: ReadFile,
    ) -> Result<Option<ReadFile>, StoreError> {
        let failed = |error: io::Error| read_error(&self.shown(&wanted.path), error);
        for _ in 0..ATTEMPTS {
            let Ok(file) = open_beneath(root, &wanted.path, OFlags::empty()) else { return Ok(None) };
            let mut file = File::from(file);
            let (digest, _) = hash_reader(&mut file).map_err(failed)?;
            let stat = fstat(&file).map_err(|error| failed(error.into()))?;
            if digest == read.content.digest && FileStat::of(&stat) == read.stat {
                return Ok(Some(read));
            }
            std::thread::sleep(PAUSE);
            match self.read(root, wanted)? {
                Some(next) => read = next,
                None => return Ok(None),
            }
        }
        Err(ImportError::Changing { path: self.shown(&wanted.path) }.into())
    }

    /// Reads a file at rest; `None` when it went away.
    fn read(&self, root: &File, wanted: &Wanted) -> Result<Option<ReadFile>, StoreError> {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                std::thread::sleep(PAUSE);
            }
            match self.read_once(root, wanted) {
                Ok(Some(read)) => return Ok(Some(read)),
                Ok(None) => {}
                Err(StoreError::Import(ImportError::Read { source, .. }))
                    if source.kind() == io::ErrorKind::NotFound =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        Err(ImportError::Changing { path: self.shown(&wanted.path) }.into())
    }

    /// Reads a file; `None` when it changed meanwhile.
    fn read_once(&self, root: &File, wanted: &Wanted) -> Result<Option<ReadFile>, StoreError> {
        let failed = |error: io::Error| read_error(&self.shown(&wanted.path), error);
        let mut file = File::from(open_beneath(root, &wanted.path, OFlags::empty()).map_err(failed)?);
        let now = nanoseconds(SystemTime::now());
        let before = fstat(&file).map_err(|error| failed(error.into()))?;
        if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile {
            return Ok(None);
        }
        let stat = FileStat::of(&before);
        let (digest, size, staged) = self.take(&mut file, wanted, &stat)?;
        let after = fstat(&file).map_err(|error| failed(error.into()))?;
        if FileStat::of(&after) != stat || size != stat.size {
            if let Some(staged) = staged {
                let _ = fs::remove_file(staged);
            }
            return Ok(None);
        }
        let content = Content { digest, size, settled: stat.settled_at(now) };
        Ok(Some(ReadFile { stat, executable: before.st_mode & 0o100 != 0, content, staged }))
    }

    /// Digests a file, and keeps its bytes if they are new.
    fn take(
        &self,
        file: &mut File,
        wanted: &Wanted,
        stat: &FileStat,
    ) -> Result<(BlobDigest, u64, Option<PathBuf>), StoreError> {
        let failed = |error: io::Error| read_error(&self.shown(&wanted.path), error);
        if stat.size <= IN_MEMORY {
            let mut bytes = Vec::with_capacity(stat.size as usize + 1);
            // One byte more than there should be shows that the file grew.
            file.take(IN_MEMORY + 1).read_to_end(&mut bytes).map_err(failed)?;
            let digest = BlobDigest::of(&bytes);
            let new = Some(digest) != wanted.before;
            let staged = new.then(|| self.stage(stat, |to| to.write_all(&bytes))).transpose()?;
            return Ok((digest, bytes.len() as u64, staged.map(|(path, ())| path)));
        }
        if wanted.before.is_some() {
            let (digest, size) = hash_reader(file).map_err(failed)?;
            if Some(digest) == wanted.before {
                return Ok((digest, size, None));
            }
            file.rewind().map_err(failed)?;
        }
        let (path, (digest, size)) = self.stage(stat, |to| copy_hashed(file, to))?;
        Ok((digest, size, Some(path)))
    }

    /// Writes a file of the store's own with the time of the host's.
    fn stage<T>(
        &self,
        stat: &FileStat,
        write: impl FnOnce(&mut File) -> io::Result<T>,
    ) -> Result<(PathBuf, T), StoreError> {
        let path = self.folder()?.join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let written = || {
            self.store.disk().write_new(&path, |file| {
                let value = write(file)?;
                let since = Duration::from_nanos(u64::try_from(stat.modified).unwrap_or_default());
                file.set_modified(UNIX_EPOCH + since)?;
                Ok(value)
            })
        };
        let value = written().map_err(|error| StoreError::io("write", &path, error))?;
        Ok((path, value))
    }

    fn folder(&self) -> Result<PathBuf, StoreError> {
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        match &*folder {
            Some(folder) => Ok(folder.clone()),
            None => Ok(folder.insert(self.store.staged_dir()?).clone()),
        }
    }

    fn shown(&self, path: &[u8]) -> PathBuf {
        self.root.join(OsStr::from_bytes(path))
    }
}
