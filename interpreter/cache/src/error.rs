//! What can go wrong.

use std::io;

/// A cache did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It could not be reached, read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// Something in it is not what it should be.
    #[error("{what} {reason}")]
    Wrong {
        /// What: `blob 01ab…`.
        what: String,
        /// What is wrong.
        reason: String,
    },
}

impl CacheError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> CacheError {
        let what = what.into();
        move |source| CacheError::Io { what, source }
    }

    pub(crate) fn wrong(what: impl Into<String>, reason: impl Into<String>) -> CacheError {
        CacheError::Wrong { what: what.into(), reason: reason.into() }
    }
}
