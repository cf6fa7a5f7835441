//! Files in memory, for tests and for examples.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{Entry, FileKind, System};

/// Files in memory; the current folder is `/`. Folders exist by what they hold.
#[derive(Clone, Debug, Default)]
pub struct MemorySystem {
    files: BTreeMap<PathBuf, String>,
}

impl MemorySystem {
    /// No files.
    pub fn new() -> MemorySystem {
        MemorySystem::default()
    }

    /// It with a file; a relative path starts at `/`.
    pub fn with(mut self, path: impl AsRef<Path>, text: impl Into<String>) -> MemorySystem {
        self.write(path, text);
        self
    }

    /// Writes a file.
    pub fn write(&mut self, path: impl AsRef<Path>, text: impl Into<String>) {
        self.files.insert(normal(path.as_ref()), text.into());
    }
}

impl System for MemorySystem {
    fn current_dir(&self) -> PathBuf {
        PathBuf::from("/")
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        self.files.get(&normal(path)).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        let path = normal(path);
        if self.files.contains_key(&path) {
            Some(FileKind::File)
        } else if self.files.keys().any(|file| file.starts_with(&path)) {
            Some(FileKind::Dir)
        } else {
            None
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let dir = normal(dir);
        let mut entries = BTreeMap::new();
        for file in self.files.keys() {
            let Ok(rest) = file.strip_prefix(&dir) else { continue };
            let mut parts = rest.components();
            if let Some(first) = parts.next() {
                let kind = if parts.next().is_some() { FileKind::Dir } else { FileKind::File };
                entries.insert(first.as_os_str().to_string_lossy().into_owned(), kind);
            }
        }
        Ok(entries.into_iter().map(|(name, kind)| Entry { name, kind }).collect())
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let path = normal(path);
        if self.kind(&path).is_some() { Ok(path) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

/// The absolute path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(part) => out.push(part),
            Component::ParentDir => {
                out.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    out
}
