//! Files as they would be.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use pipe_analysis::{Entry, FileKind, OsSystem, System};

/// The files of the operating system, some of which have another text.
pub(super) struct Overlay {
    below: OsSystem,
    texts: BTreeMap<PathBuf, String>,
}

impl Overlay {
    /// Texts by absolute path.
    pub(super) fn new(below: OsSystem, texts: BTreeMap<PathBuf, String>) -> Overlay {
        Overlay { below, texts }
    }
}

impl System for Overlay {
    fn current_dir(&self) -> PathBuf {
        self.below.current_dir()
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone()),
            None => self.below.read(path),
        }
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        self.below.kind(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        self.below.list(dir)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.below.canonical(path)
    }

    fn packages(&self) -> Option<PathBuf> {
        self.below.packages()
    }
}
