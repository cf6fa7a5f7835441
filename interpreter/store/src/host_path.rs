//! Paths of the host, and by whom their links are followed.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use crate::beneath;

/// A path of the host that is read or written.
#[derive(Clone, Copy, Debug)]
pub struct HostPath<'a> {
    path: &'a Path,
    is_resolved: bool,
}

impl<'a, P: AsRef<Path> + ?Sized> From<&'a P> for HostPath<'a> {
    /// As its user wrote it: links are followed.
    fn from(path: &'a P) -> HostPath<'a> {
        HostPath { path: path.as_ref(), is_resolved: false }
    }
}

impl<'a> HostPath<'a> {
    /// An absolute path whose links were followed when it was decided that it may be used. A link that is on the way now was put there since,
    /// and could lead anywhere: none is followed.
    pub fn resolved(path: &'a Path) -> HostPath<'a> {
        HostPath { path, is_resolved: true }
    }

    /// As it was given.
    pub(crate) fn shown(self) -> &'a Path {
        self.path
    }

    /// With all links followed, unless they were before.
    pub(crate) fn real(self) -> io::Result<PathBuf> {
        if self.is_resolved { Ok(self.path.to_path_buf()) } else { fs::canonicalize(self.path) }
    }

    /// The folder that it is in, made where it is missing.
    pub(crate) fn parent(self) -> io::Result<HostFolder> {
        let parent = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let folder = if self.is_resolved {
            beneath::make_folders(parent)
        } else {
            fs::create_dir_all(parent)?;
            beneath::make_folders(&fs::canonicalize(parent)?)
        };
        Ok(HostFolder { folder: folder?, shown: parent.to_path_buf() })
    }
}

/// A folder of the host that stays the same, whatever becomes of the path that led to it.
pub(crate) struct HostFolder {
    folder: OwnedFd,
    shown: PathBuf,
}

impl HostFolder {
    /// A path that leads to it as long as this value lives.
    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.folder.as_raw_fd()))
    }

    /// What people call a path that begins with [`HostFolder::path`].
    pub(crate) fn shown(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(self.path()) {
            Ok(below) => self.shown.join(below),
            Err(_) => path.to_path_buf(),
        }
    }
}
