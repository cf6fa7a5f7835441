//! What can go wrong.

use std::io;

use pipe_store::{DraftError, StoreError};

/// A tree could not be written down.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The form cannot hold it.
    #[error("`{path}` {reason}")]
    Entry {
        /// The path, made printable.
        path: String,
        /// Why.
        reason: &'static str,
    },
    /// Writing failed.
    #[error("cannot write the archive: {0}")]
    Write(#[from] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ArchiveError {
    pub(crate) fn entry(path: &[u8], reason: &'static str) -> ArchiveError {
        ArchiveError::Entry { path: String::from_utf8_lossy(path).escape_debug().to_string(), reason }
    }
}

/// Why an archive cannot be unpacked.
#[derive(Debug)]
pub enum UnpackFailure {
    /// What it holds is not to be had; the text goes on about "it".
    Content(String),
    /// It could not be read.
    Read(io::Error),
    /// It could not be kept.
    Store(StoreError),
}

impl From<io::Error> for UnpackFailure {
    fn from(error: io::Error) -> UnpackFailure {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                UnpackFailure::Content(error.to_string())
            }
            io::ErrorKind::UnexpectedEof => UnpackFailure::Content(format!("it is cut off: {error}")),
            _ => UnpackFailure::Read(error),
        }
    }
}

impl From<StoreError> for UnpackFailure {
    fn from(error: StoreError) -> UnpackFailure {
        UnpackFailure::Store(error)
    }
}

impl From<DraftError> for UnpackFailure {
    fn from(error: DraftError) -> UnpackFailure {
        match error {
            DraftError::Path { .. } => UnpackFailure::Content(error.to_string()),
            DraftError::Read(error) => error.into(),
            DraftError::Store(error) => UnpackFailure::Store(error),
        }
    }
}
