//! What an editor has open, laid over the files of the disk.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use pipe_analysis::{Entry, FileKind, MAX_FILE_BYTES, OsSystem, System};

/// Open texts by their canonical path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overlay {
    /// Where fetched packages lie.
    packages: Option<PathBuf>,
    open: Arc<RwLock<BTreeMap<PathBuf, Arc<str>>>>,
}

impl Overlay {
    /// With nothing open.
    pub(crate) fn new(packages: Option<PathBuf>) -> Overlay {
        Overlay { packages, ..Overlay::default() }
    }

    pub(crate) fn open(&self, path: &Path, text: Arc<str>) {
        self.open.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_path_buf(), text);
    }

    pub(crate) fn close(&self, path: &Path) {
        self.open.write().unwrap_or_else(PoisonError::into_inner).remove(path);
    }

    /// The text of an open document, by its canonical path.
    pub(crate) fn opened(&self, path: &Path) -> Option<Arc<str>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }

    /// The text of an open document.
    fn text(&self, path: &Path) -> Option<Arc<str>> {
        self.opened(path).or_else(|| {
            // The same file by another way.
            let canonical = std::fs::canonicalize(path).ok().filter(|canonical| canonical != path)?;
            self.opened(&canonical)
        })
    }

    /// The files as a package sees them: paths are relative to its folder.
    pub(crate) fn system(&self, dir: &Path) -> OverlaySystem {
        OverlaySystem { overlay: self.clone(), disk: OsSystem::new(dir).with_packages(self.packages.clone()) }
    }
}

/// The files of the disk below those that are open.
#[derive(Clone, Debug)]
pub(crate) struct OverlaySystem {
    overlay: Overlay,
    disk: OsSystem,
}

impl System for OverlaySystem {
    fn current_dir(&self) -> PathBuf {
        self.disk.current_dir()
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        match self.overlay.text(path) {
            Some(text) if text.len() as u64 > MAX_FILE_BYTES => Err(io::ErrorKind::FileTooLarge.into()),
            Some(text) => Ok(text.to_string()),
            None => self.disk.read(path),
        }
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        self.disk.kind(path).or_else(|| self.overlay.text(path).map(|_| FileKind::File))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        self.disk.list(dir)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        match self.disk.canonical(path) {
            // It is open and was never saved.
            Err(_) if self.overlay.text(path).is_some() => Ok(path.to_path_buf()),
            found => found,
        }
    }

    fn packages(&self) -> Option<PathBuf> {
        self.disk.packages()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_open_hides_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("a.pipe");
        std::fs::write(&path, "disk").unwrap();
        let overlay = Overlay::default();
        let system = overlay.system(folder.path());
        overlay.open(&path, "editor".into());
        assert_eq!(system.read(&path).unwrap(), "editor");
        overlay.close(&path);
        assert_eq!(system.read(&path).unwrap(), "disk");
        let new = folder.path().join("new.pipe");
        assert_eq!(system.kind(&new), None);
        overlay.open(&new, "x".into());
        assert_eq!(system.kind(&new), Some(FileKind::File));
        assert_eq!(system.canonical(&new).unwrap(), new);
    }

    #[test]
    fn a_link_leads_to_what_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("a.pipe");
        std::fs::write(&path, "disk").unwrap();
        let link = folder.path().join("link.pipe");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let overlay = Overlay::default();
        overlay.open(&path, "editor".into());
        assert_eq!(overlay.system(folder.path()).read(&link).unwrap(), "editor");
    }
}
