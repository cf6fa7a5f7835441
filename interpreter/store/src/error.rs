//! What can go wrong in the store.

use std::io;
use std::path::{Path, PathBuf};

/// The store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error(
        "no space left on the disk that holds {path}; free some (`pipe cache prune --all` empties the store), or set PIPE_STORE to a folder on another disk"
    )]
    Full {
        /// What could not be written.
        path: PathBuf,
    },
    /// The store cannot be written.
    #[error("{path} cannot be written ({reason}); set PIPE_STORE to a folder that can", reason = source.kind())]
    NotWritable {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Reading or writing failed in another way.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried: `read`, `rename`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The database failed.
    #[error("the store's database {path}: {source}")]
    Database {
        /// The database.
        path: PathBuf,
        /// Why it failed.
        source: rusqlite::Error,
    },
    /// The database is not what it should be.
    #[error(
        "the store's database {path} is damaged ({reason}); `pipe cache verify` puts it aside and begins a new one"
    )]
    DatabaseDamaged {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The store was written by a newer version.
    #[error(
        "{path} was written by a newer version of pipe (format {found}, this one knows {known}); update pipe, or set PIPE_STORE to another folder"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format this version knows.
        known: i64,
    },
    /// The store was written by an earlier version, and was opened to be read only: nothing can bring it to its new form.
    #[error(
        "{path} was written by an earlier version of pipe (format {found}, this one knows {known}); the next run brings it up to date"
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The format that this version reads.
        known: i64,
    },
    /// The store was opened to be read only.
    #[error("{path} was opened to be read, not written")]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// A path of a tree does not lead where it should.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A folder or file of the host could not be taken in.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A result could not be written to the host.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A glob cannot be understood.
    #[error("`{glob}` is not a glob: {reason}")]
    Glob {
        /// As it was written.
        glob: String,
        /// Why.
        reason: String,
    },
    /// Something of the store is not what its row says. It has been put aside and will be made again when it is next needed.
    #[error("{what} in the store is damaged; it was moved to {quarantine}, run again to rebuild it")]
    Damaged {
        /// What: `layer 01ab…`, `blob 99fe…`.
        what: String,
        /// Where it is now.
        quarantine: PathBuf,
    },
    /// The layer holds something that cannot be digested.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// What a database row or a message holds cannot be read.
    #[error("{what} cannot be read: {reason}")]
    Malformed {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
    /// Files that belong to another user of the step's namespace need that namespace, and none is attached.
    #[error("{path} belongs to another user of the step and can only be reached inside its user namespace")]
    NeedsNamespace {
        /// What could not be reached.
        path: PathBuf,
    },
    /// The wait for a lock was given up.
    #[error("cancelled")]
    Cancelled,
}

impl StoreError {
    /// The error of an operation on a path of the store, told apart by what a person can do about it.
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> StoreError {
        let path = path.as_ref().to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { path },
            io::ErrorKind::ReadOnlyFilesystem => StoreError::NotWritable { path, source },
            io::ErrorKind::PermissionDenied if action != "read" => StoreError::NotWritable { path, source },
            _ => StoreError::Io { action, path, source },
        }
    }
}

/// A path of a tree does not lead where it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing is there.
    #[error("there is no `{path}`{}", nearest(near))]
    Missing {
        /// The path as it was asked for.
        path: String,
        /// Names in the deepest folder that exists which look like the missing one, nearest first.
        near: Vec<String>,
    },
    /// A file stands where a folder is needed.
    #[error("`{path}` is not a folder")]
    NotADirectory {
        /// The path.
        path: String,
    },
    /// A folder stands where a file is needed.
    #[error("`{path}` is a folder, not a file")]
    IsADirectory {
        /// The path.
        path: String,
    },
    /// Neither a file nor a folder.
    #[error("`{path}` is neither a file nor a folder")]
    Special {
        /// The path.
        path: String,
    },
    /// Symbolic links lead in a circle.
    #[error("`{path}` goes through too many symbolic links")]
    Loop {
        /// The path.
        path: String,
    },
    /// The path belongs to the base of a container, which the store does not hold.
    #[error("`{path}` belongs to the host's own tools, which are not part of the result")]
    InBase {
        /// The path.
        path: String,
    },
    /// The path is the tree itself, where something inside it is needed.
    #[error("`{path}` is the whole tree, name something inside it")]
    Root {
        /// The path.
        path: String,
    },
    /// The path holds a byte that no file name can.
    #[error("`{path}` is not a path: it holds a NUL byte")]
    Nul {
        /// The path, the byte replaced.
        path: String,
    },
}

fn nearest(near: &[String]) -> String {
    match near {
        [] => String::new(),
        names => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("; near it: {}", names.join(", "))
        }
    }
}

/// A folder or file of the host could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Reading failed.
    #[error("cannot read {path}: {source}")]
    Read {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not a folder.
    #[error("{path} is not a folder")]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// It is not a regular file.
    #[error("{path} is not a regular file")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// It kept changing while it was read.
    #[error("{path} kept changing while it was read; run again when nothing writes to it")]
    Changing {
        /// The path.
        path: PathBuf,
    },
    /// Whoever asked for it wants it no more.
    #[error("{path} was not read to its end: nobody waits for it any more")]
    Stopped {
        /// The path.
        path: PathBuf,
    },
}

/// A result could not be written to the host.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Writing failed.
    #[error("cannot write {path}: {source}")]
    Write {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder stands where a file should be written.
    #[error("{path} is a folder; name the file to write")]
    IsADirectory {
        /// The destination.
        path: PathBuf,
    },
    /// A device, a pipe or a socket stands where a file should be written.
    #[error("{path} is not an ordinary file and is left alone; name a file to write")]
    NotAFile {
        /// The destination.
        path: PathBuf,
    },
    /// Something that is no folder stands where one should be written.
    #[error("{path} exists and is not a folder")]
    NotADirectory {
        /// The destination.
        path: PathBuf,
    },
    /// The destination would be replaced as a whole, and holds more than an earlier result.
    #[error("{path} would be replaced as a whole, but it {reason}; name a folder for the result alone")]
    Precious {
        /// The destination.
        path: PathBuf,
        /// Why it is not replaced.
        reason: &'static str,
    },
    /// The destination would be replaced as a whole, and holds something that no export has put there.
    #[error(
        "{path} would be replaced as a whole, but no earlier result had `{entry}` in it; remove it, or name a folder for the result alone"
    )]
    Foreign {
        /// The destination.
        path: PathBuf,
        /// What is in it, relative to it.
        entry: PathBuf,
    },
    /// A tree over a base cannot be written: the base is not part of it.
    #[error("a tree over the host's own tools cannot be written; take the folder that the step made")]
    OverBase,
}

impl ExportError {
    /// Another destination, or another result, is what helps: nothing is wrong with the machine.
    pub fn is_of_the_request(&self) -> bool {
        match self {
            ExportError::IsADirectory { .. }
            | ExportError::NotAFile { .. }
            | ExportError::NotADirectory { .. }
            | ExportError::Precious { .. }
            | ExportError::Foreign { .. }
            | ExportError::OverBase => true,
            ExportError::Write { .. } => false,
        }
    }
}

/// A layer holds something that cannot be digested.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Reading failed.
    #[error("cannot read {path} of the layer: {source}")]
    Read {
        /// The path in the layer.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A device node: no step can make one, and none is kept.
    #[error("{path} is a device node")]
    Device {
        /// The path in the layer.
        path: PathBuf,
    },
    /// A file belongs to a user that is none of the steps': only the steps' namespace knows who it is.
    #[error("{path} belongs to a user outside the steps' range")]
    ForeignOwner {
        /// The path in the layer.
        path: PathBuf,
    },
    /// The overlay was mounted so that the layer is not whole without its lower layers (`redirect_dir`, `metacopy`).
    #[error(
        "{path} carries the overlay attribute `{attribute}`: the overlay must be mounted without redirects and metadata-only copies"
    )]
    Overlay {
        /// The path in the layer.
        path: PathBuf,
        /// The attribute.
        attribute: String,
    },
    /// The path is too long to be opened.
    #[error("{path} is too deep: a path may have {limit} bytes")]
    TooDeep {
        /// The path, shortened.
        path: PathBuf,
        /// Bytes that a path may have.
        limit: usize,
    },
}
