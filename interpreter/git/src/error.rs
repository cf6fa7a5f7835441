//! What can go wrong.

use std::path::PathBuf;

use pipe_store::{DraftError, StoreError};

/// The repository cannot give what was asked.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No folder from the package upwards is in a repository.
    #[error("{folder} is not in a git repository")]
    None {
        /// The package's folder.
        folder: PathBuf,
    },
    /// It reads from outside itself.
    #[error("the git repository {path} {reason}")]
    Foreign {
        /// Where that is said.
        path: PathBuf,
        /// How.
        reason: &'static str,
    },
    /// Its objects are named by SHA-256.
    #[error("the git repository {path} names objects by SHA-256, which this version cannot read")]
    Sha256 {
        /// The repository.
        path: PathBuf,
    },
    /// The files of a submodule are not to be had.
    #[error("the submodule `{path}` {reason}")]
    Submodule {
        /// Where it is in the package.
        path: String,
        /// Why.
        reason: &'static str,
    },
    /// Nothing was committed yet.
    #[error("the git repository has no commits yet")]
    Unborn,
    /// No commit has this name.
    #[error("`{name}` is not a commit of the git repository: {reason}")]
    Revision {
        /// As it was asked for.
        name: String,
        /// What git's own rules say about it.
        reason: String,
    },
    /// Two commits have nothing in common.
    #[error("`{a}` and `{b}` have no commit in common")]
    Unrelated {
        /// One.
        a: String,
        /// The other.
        b: String,
    },
    /// The commit is there, and not what it stands on.
    #[error("the git repository is a shallow clone, which ends before that: {0}")]
    Shallow(String),
    /// Something in it is not to be had as a tree.
    #[error("the commit holds what no directory can: {0}")]
    Entry(DraftError),
    /// It could not be read.
    #[error("the git repository cannot be read: {0}")]
    Read(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl GitError {
    /// What git's own library says.
    pub(crate) fn read(error: impl std::fmt::Display) -> GitError {
        GitError::Read(error.to_string())
    }
}

impl From<DraftError> for GitError {
    fn from(error: DraftError) -> GitError {
        match error {
            DraftError::Store(error) => GitError::Store(error),
            other => GitError::Entry(other),
        }
    }
}
