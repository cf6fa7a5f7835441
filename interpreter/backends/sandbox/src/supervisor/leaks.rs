//! Secrets in what a step left: looked for before anybody else gets to see it.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use pipe_engine::LeakScan;

use super::collect::is_same_file;
use super::uppers::{MOUNTED_FILE, Upper};
use super::volumes::HeldVolume;
use crate::protocol::{Leak, MountedTree, Step, StepFailure};

/// More are not told.
const MOST_LEAKS: usize = 100;

/// File systems take times from a clock that lags behind, some milliseconds on most.
const CLOCK_LAG: i64 = 2;

/// Looks for a step's secrets.
pub(super) struct Search<'a> {
    scan: LeakScan,
    step: &'a Step,
    /// When the step was begun, in seconds since 1970.
    begun: i64,
    leaks: Vec<Leak>,
}

impl<'a> Search<'a> {
    /// For a step that is about to begin; `None` when it has no secrets.
    pub(super) fn of(step: &'a Step) -> Result<Option<Search<'a>>, StepFailure> {
        if step.secrets.hidden.is_empty() {
            return Ok(None);
        }
        let scan =
            LeakScan::new(&step.secrets.hidden).map_err(|error| StepFailure::Step(error.to_string()))?;
        let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let begun = i64::try_from(begun).unwrap_or(i64::MAX) - CLOCK_LAG;
        Ok(Some(Search { scan, step, begun, leaks: Vec::new() }))
    }

    /// Looks through what a step changed in its root and in what was mounted. Nothing of it runs any more.
    pub(super) fn changes(&mut self, root: &Upper, mounts: &[Option<Upper>]) -> io::Result<()> {
        self.upper(root, Path::new("/"))?;
        for (upper, mount) in mounts.iter().zip(&self.step.mounts) {
            if let Some(upper) = upper {
                self.upper(upper, Path::new(&mount.path))?;
            }
        }
        Ok(())
    }

    /// Looks through what has changed in the step's cache volumes while it ran, and removes what holds a secret: what is in a volume stays,
    /// however the step ended.
    pub(super) fn volumes(&mut self, volumes: &[HeldVolume]) -> io::Result<()> {
        let mounts = self.step.mounts.iter().filter(|mount| matches!(mount.source, MountedTree::Volume(_)));
        for (mount, volume) in mounts.zip(volumes) {
            let begun = self.begun;
            let found = self.folder(&volume.data, Path::new(&mount.path), &|meta| meta.ctime() >= begun)?;
            found.iter().try_for_each(|path| pipe_store::remove_layer(path))?;
        }
        Ok(())
    }

    /// What was found.
    pub(super) fn into_leaks(self) -> Vec<Leak> {
        self.leaks
    }

    fn upper(&mut self, upper: &Upper, at: &Path) -> io::Result<()> {
        match upper {
            Upper::Overlay { folder, .. } => self.folder(folder, at, &|_| true).map(drop),
            Upper::File { folder, before } => {
                let file = folder.join(MOUNTED_FILE);
                if is_same_file(&file, before) || self.may_stay_in(at) {
                    return Ok(());
                }
                let found = self.in_file(&file, &fs::symlink_metadata(&file)?)?;
                self.note(at, found);
                Ok(())
            }
        }
    }

    /// Everything in a folder, which the step has at this path; where something was found.
    fn folder(
        &mut self,
        folder: &Path,
        at: &Path,
        looked_at: &dyn Fn(&Metadata) -> bool,
    ) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut pending = vec![PathBuf::new()];
        while let Some(inside) = pending.pop() {
            // Other steps may use a volume at the same time, and take out what was just seen.
            let Some(entries) = there(fs::read_dir(folder.join(&inside)))? else { continue };
            for entry in entries {
                let name = entry?.file_name();
                let inside = inside.join(&name);
                let (path, seen_at) = (folder.join(&inside), at.join(&inside));
                let Some(meta) = there(fs::symlink_metadata(&path))? else { continue };
                if self.may_stay_in(&seen_at) {
                    continue;
                }
                if meta.is_dir() {
                    pending.push(inside);
                }
                let leak = match looked_at(&meta) {
                    true => there(self.in_entry(&name, &path, &meta))?.flatten(),
                    false => None,
                };
                if leak.is_some() {
                    self.note(&seen_at, leak);
                    found.push(path);
                }
            }
        }
        Ok(found)
    }

    fn in_entry(&self, name: &OsStr, path: &Path, meta: &Metadata) -> io::Result<Option<usize>> {
        let found = self.scan.find(name.as_bytes());
        let found = found.map_or_else(|| self.in_attributes(path), |found| Ok(Some(found)))?;
        match found {
            Some(found) => Ok(Some(found)),
            None if meta.is_symlink() => Ok(self.scan.find(fs::read_link(path)?.as_os_str().as_bytes())),
            None => self.in_file(path, meta),
        }
    }

    fn in_file(&self, path: &Path, meta: &Metadata) -> io::Result<Option<usize>> {
        if !meta.is_file() {
            return Ok(None);
        }
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file: File = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        self.scan.find_in(file)
    }

    fn in_attributes(&self, path: &Path) -> io::Result<Option<usize>> {
        let mut names = Vec::with_capacity(4096);
        match rustix::fs::llistxattr(path, rustix::buffer::spare_capacity(&mut names)) {
            Ok(_) => {}
            Err(rustix::io::Errno::OPNOTSUPP) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let mut value = Vec::with_capacity(64 << 10);
            let name = OsStr::from_bytes(name);
            rustix::fs::lgetxattr(path, name, rustix::buffer::spare_capacity(&mut value))?;
            let found = self.scan.find(name.as_bytes()).or_else(|| self.scan.find(&value));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn may_stay_in(&self, path: &Path) -> bool {
        self.step.secrets.may_stay_in.iter().any(|allowed| path.starts_with(allowed))
    }

    fn note(&mut self, path: &Path, secret: Option<usize>) {
        if let Some(secret) = secret.filter(|_| self.leaks.len() < MOST_LEAKS) {
            self.leaks.push(Leak { path: path.as_os_str().as_bytes().to_vec(), secret });
        }
    }
}

/// What is there; `None` when it is gone.
fn there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}
