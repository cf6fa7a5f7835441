//! What can go wrong.

use std::io;

use pipe_store::StoreError;

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
