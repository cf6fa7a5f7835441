//! The operating system's files. The only place of this crate that touches them.

use std::io;
use std::path::{Path, PathBuf};

use super::{Entry, FileKind, MAX_FILE_BYTES, System};

/// The operating system's files, relative to a folder that the caller names.
#[derive(Clone, Debug)]
pub struct OsSystem {
    current_dir: PathBuf,
    packages: Option<PathBuf>,
}

impl OsSystem {
    /// Files with relative paths starting at `current_dir`, which is absolute.
    pub fn new(current_dir: impl Into<PathBuf>) -> OsSystem {
        OsSystem { current_dir: current_dir.into(), packages: None }
    }

    /// It with a folder in which fetched packages lie.
    pub fn with_packages(self, packages: Option<PathBuf>) -> OsSystem {
        OsSystem { packages, ..self }
    }
}

// The bans of `clippy.toml` keep I/O out of the pure crates; this file is the gate they lead to.
#[allow(clippy::disallowed_methods)]
impl System for OsSystem {
    fn current_dir(&self) -> PathBuf {
        self.current_dir.clone()
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        if std::fs::metadata(path)?.len() > MAX_FILE_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        String::from_utf8(std::fs::read(path)?).map_err(|error| not_utf8(&error))
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        let meta = std::fs::metadata(path).ok()?;
        if meta.is_dir() {
            Some(FileKind::Dir)
        } else if meta.is_file() {
            Some(FileKind::File)
        } else {
            None
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            // A name that is not UTF-8 cannot be written in a program, so nothing can ask for it.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if kind.is_dir() {
                entries.push(Entry { name, kind: FileKind::Dir });
            } else if kind.is_file() {
                entries.push(Entry { name, kind: FileKind::File });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        std::fs::canonicalize(path)
    }

    fn packages(&self) -> Option<PathBuf> {
        self.packages.clone()
    }
}

/// Says in which line a file is no text.
fn not_utf8(error: &std::string::FromUtf8Error) -> io::Error {
    let valid = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
    let line = valid.filter(|byte| **byte == b'\n').count() + 1;
    io::Error::new(io::ErrorKind::InvalidData, format!("it is not UTF-8 text, in line {line}"))
}
