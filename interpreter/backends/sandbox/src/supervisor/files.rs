//! The file service: what only the owner of the steps' ids may do with files of the store.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use pipe_store::{IdMap, StoreError};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};

use crate::protocol::{FileFailure, FileResult, FileTask};

/// Does a task; with the file that it opened, if it did.
pub(super) fn perform(task: FileTask) -> Result<(FileResult, Option<OwnedFd>), FileFailure> {
    let done = |result: io::Result<()>| result.map(|()| (FileResult::Done, None)).map_err(failure);
    match task {
        FileTask::Open(path) => {
            let file = inside(path).and_then(|path| open(&path)).map_err(failure)?;
            Ok((FileResult::Done, Some(file)))
        }
        FileTask::Scan(path) => {
            let path = inside(path).map_err(failure)?;
            let scan = pipe_store::scan_layer(&path, IdMap::Identity).map_err(store_failure)?;
            Ok((FileResult::Scan(scan), None))
        }
        FileTask::List(path) => {
            let path = inside(path).map_err(failure)?;
            let list = pipe_store::list_folder(&path, IdMap::Identity).map_err(store_failure)?;
            Ok((FileResult::List(list), None))
        }
        FileTask::Build { staged, plan } => {
            let staged = inside(staged).map_err(failure)?;
            pipe_store::build_layer(Path::new("."), &staged, &plan, IdMap::Identity)
                .map_err(store_failure)?;
            Ok((FileResult::Done, None))
        }
        FileTask::Rename { from, to } => {
            done(inside(from).and_then(|from| std::fs::rename(from, inside(to)?)))
        }
        FileTask::Usage(path) => {
            let bytes = inside(path).and_then(|path| pipe_store::disk_usage(&path)).map_err(failure)?;
            Ok((FileResult::Bytes(bytes), None))
        }
        FileTask::Remove(path) => done(inside(path).and_then(|path| pipe_store::remove_layer(&path))),
    }
}

/// No link on the way is followed: a step may have left it.
fn open(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    Ok(rustix::fs::openat2(CWD, path, flags, Mode::empty(), resolve)?)
}

/// A path of the store, if it is one.
pub(super) fn inside(path: Vec<u8>) -> io::Result<PathBuf> {
    let path = PathBuf::from(OsString::from_vec(path));
    let plain = path.components().all(|component| matches!(component, Component::Normal(_)));
    if plain && path.components().next().is_some() {
        return Ok(path);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("`{}` is not a path of the store", path.display()),
    ))
}

fn failure(error: io::Error) -> FileFailure {
    FileFailure { errno: error.raw_os_error(), message: error.to_string() }
}

fn store_failure(error: StoreError) -> FileFailure {
    FileFailure { errno: None, message: error.to_string() }
}
