//! What the store does to the disk goes through here, so that tests can let it fail at any point.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

/// Something that is about to be done to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WritePoint<'a> {
    /// A file is made, to be filled.
    Create(&'a Path),
    /// A file that was made has been filled: what follows relies on its bytes.
    Filled(&'a Path),
    /// A folder is made.
    MakeDir(&'a Path),
    /// A layer is put together in this folder.
    Build(&'a Path),
    /// Something gets another name.
    Rename(&'a Path, &'a Path),
    /// A file is removed.
    RemoveFile(&'a Path),
    /// A folder is removed with everything in it.
    RemoveDir(&'a Path),
    /// The changes to the database become visible.
    Commit,
    /// They have become visible, and the process has not gone on yet.
    Committed,
}

/// Told of every write before it is done. An error takes the write's place.
pub trait WriteObserver: Send + Sync {
    /// Whether it may be done.
    fn before(&self, point: WritePoint<'_>) -> io::Result<()>;
}

/// Refuses every write: of a store that is only looked at.
pub(crate) struct Refusing;

impl WriteObserver for Refusing {
    fn before(&self, _: WritePoint<'_>) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "the store was opened to be read"))
    }
}

/// The disk. Without an observer, as always but in tests and in a store that is only looked at, every call is the operating system's own.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    observer: Option<Arc<dyn WriteObserver>>,
}

impl Disk {
    pub(crate) fn observed(observer: Option<Arc<dyn WriteObserver>>) -> Disk {
        Disk { observer }
    }

    /// A write that something else does.
    pub(crate) fn before(&self, point: WritePoint<'_>) -> io::Result<()> {
        match &self.observer {
            None => Ok(()),
            Some(observer) => observer.before(point),
        }
    }

    /// Makes a file that must not be there, and fills it.
    pub(crate) fn write_new<T>(
        &self,
        path: &Path,
        fill: impl FnOnce(&mut File) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut file = self.create_new(path)?;
        let value = fill(&mut file)?;
        self.before(WritePoint::Filled(path))?;
        Ok(value)
    }

    /// Makes a file that must not be there.
    pub(crate) fn create_new(&self, path: &Path) -> io::Result<File> {
        self.before(WritePoint::Create(path))?;
        OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)
    }

    pub(crate) fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.before(WritePoint::MakeDir(path))?;
        fs::create_dir(path)
    }

    /// Makes a folder and those above it; one that is there is fine.
    pub(crate) fn create_dir_all(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.before(WritePoint::MakeDir(path))?;
        DirBuilder::new().recursive(true).mode(mode).create(path)
    }

    pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.before(WritePoint::Rename(from, to))?;
        fs::rename(from, to)
    }

    pub(crate) fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.before(WritePoint::RemoveFile(path))?;
        fs::remove_file(path)
    }
}
