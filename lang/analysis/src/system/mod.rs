//! The world outside the checker: files, and nothing else.

mod memory;
mod os;

use std::io;
use std::path::{Path, PathBuf};

pub use memory::MemorySystem;
pub use os::OsSystem;

/// Files as the checker sees them. The command line uses [`OsSystem`], tests a [`MemorySystem`], an editor lays its
/// open buffers over either.
pub trait System: Send + Sync {
    /// The folder that relative paths start from, and that shown paths are relative to.
    fn current_dir(&self) -> PathBuf;

    /// The text of a file.
    ///
    /// # Errors
    /// `NotFound`, `InvalidData` when it is not UTF-8, `FileTooLarge` above [`MAX_FILE_BYTES`], or what the file system says.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// What a path is, following links; `None` when nothing is there.
    fn kind(&self, path: &Path) -> Option<FileKind>;

    /// The entries of a folder, sorted by name.
    ///
    /// # Errors
    /// What the file system says.
    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>>;

    /// The path without links, `.` and `..`: decides whether a module lies inside its package.
    ///
    /// # Errors
    /// `NotFound`, or what the file system says.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;

    /// The folder in which packages that were fetched lie, each under the digest of its content. `None` when there is no such place.
    fn packages(&self) -> Option<PathBuf> {
        None
    }
}

/// The largest file that is read, in bytes: what is known about its items takes some hundred times as much memory, and no
/// pipeline is that long.
pub const MAX_FILE_BYTES: u64 = 4 << 20;

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Dir,
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is; links are not followed and not listed.
    pub kind: FileKind,
}
