//! What can go wrong.

use std::path::PathBuf;

/// Why a package could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The `git` program is not there.
    #[error("the program `git` is needed to fetch packages, and it is not there: {0}")]
    NoGit(std::io::Error),
    /// What `git` said.
    #[error("git cannot fetch {url}: {said}")]
    Git {
        /// The repository, as it was asked for.
        url: String,
        /// The lines that matter of what it said.
        said: String,
    },
    /// There is no such tag, branch or commit.
    #[error("{url} has no {what}")]
    NoVersion {
        /// The repository.
        url: String,
        /// `tag v1`.
        what: String,
    },
    /// A tag is another commit than it was, and that one cannot be had any more.
    #[error("{what} of {url} was moved: it was {was}, which is not there any more, and is {now} now")]
    Moved {
        /// The repository.
        url: String,
        /// `tag v1`.
        what: String,
        /// The commit that it was.
        was: String,
        /// The commit that it is.
        now: String,
    },
    /// There is no such folder.
    #[error("{url} has no folder `{dir}` at {commit}")]
    NoFolder {
        /// The repository.
        url: String,
        /// The folder.
        dir: String,
        /// The commit.
        commit: String,
    },
    /// Nobody waits for it any more.
    #[error("cancelled")]
    Stopped,
    /// Something in the repository that a package cannot have.
    #[error("{0}")]
    Refused(String),
    /// The machine.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// What it says.
        error: std::io::Error,
    },
}

impl FetchError {
    pub(crate) fn disk(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> FetchError {
        let path = path.into();
        move |error| FetchError::Disk { path, error }
    }
}
