//! The store's way to files that only the steps' namespace can reach.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use pipe_store::{FolderEntry, LayerPlan, LayerScan, Namespace, StoreError};

use super::sandbox::Sandbox;
use crate::protocol::{FileFailure, FileResult, FileTask, Reply, Request};

impl Sandbox {
    /// Has the supervisor do something with files; with the descriptor of a file that it opened.
    fn files(&self, task: FileTask) -> io::Result<(FileResult, Option<File>)> {
        let connection = self.connect().map_err(io::Error::other)?;
        let (reply, file) = connection.ask(|id| Request::Files { id, task }).map_err(io::Error::other)?;
        match reply {
            Reply::Files { result, .. } => {
                result.map(|result| (result, file.map(File::from))).map_err(io_error)
            }
            other => Err(unexpected(other.name())),
        }
    }
}

fn io_error(failure: FileFailure) -> io::Error {
    match failure.errno {
        Some(errno) => io::Error::from_raw_os_error(errno),
        None => io::Error::other(failure.message),
    }
}

fn unexpected(got: &str) -> io::Error {
    io::Error::other(format!("expected the message `Files`, got `{got}`"))
}

fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

impl Namespace for Sandbox {
    fn ids(&self) -> io::Result<u32> {
        let ids = self.connect().map_err(io::Error::other)?.ids();
        Ok(ids.users.min(ids.groups))
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        match self.files(FileTask::Open(bytes(path)))? {
            (_, Some(file)) => Ok(file),
            _ => Err(io::Error::other("the message `Files` came without the file")),
        }
    }

    fn scan(&self, path: &Path) -> Result<LayerScan, StoreError> {
        let failed = |source| StoreError::Io { action: "digest", path: path.to_path_buf(), source };
        match self.files(FileTask::Scan(bytes(path))).map_err(failed)? {
            (FileResult::Scan(scan), _) => Ok(scan),
            _ => Err(failed(unexpected("Files"))),
        }
    }

    fn list(&self, path: &Path) -> Result<Vec<FolderEntry>, StoreError> {
        let failed = |source| StoreError::Io { action: "list", path: path.to_path_buf(), source };
        match self.files(FileTask::List(bytes(path))).map_err(failed)? {
            (FileResult::List(list), _) => Ok(list),
            _ => Err(failed(unexpected("Files"))),
        }
    }

    fn build(&self, staged: &Path, plan: &LayerPlan) -> Result<(), StoreError> {
        let task = FileTask::Build { staged: bytes(staged), plan: Box::new(plan.clone()) };
        let failed = |source| StoreError::Io { action: "make", path: staged.to_path_buf(), source };
        self.files(task).map(drop).map_err(failed)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.files(FileTask::Rename { from: bytes(from), to: bytes(to) }).map(drop)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files(FileTask::Remove(bytes(path))).map(drop)
    }

    fn usage(&self, path: &Path) -> io::Result<u64> {
        match self.files(FileTask::Usage(bytes(path)))? {
            (FileResult::Bytes(bytes), _) => Ok(bytes),
            _ => Err(unexpected("Files")),
        }
    }
}
