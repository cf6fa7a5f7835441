//! Questions about repositories, trees and files.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Arg;

/// What can be asked of a git repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GitQuery {
    /// The package's folder in `HEAD`: a tree. Submodules are empty folders.
    Tree,
    /// The same with the files of submodules: a tree.
    TreeWithSubmodules,
    /// The commit of `HEAD`: a text.
    Commit,
    /// The branch, unless `HEAD` is detached: an optional text.
    Branch,
    /// The tags on `HEAD`: a sorted list of texts.
    Tags,
    /// What `git describe` says: a text.
    Describe,
    /// Whether files differ from `HEAD`.
    Dirty,
    /// When `HEAD` was committed, in seconds since 1970.
    Time,
    /// The commit where two parted: a text.
    MergeBase(Arg, Arg),
    /// The paths that differ between two: a sorted list of texts.
    Diff(Arg, Arg),
    /// Commits from `HEAD` on, newest first: a list of records.
    Log {
        /// How many at most.
        limit: Arg,
        /// The name of the record, with the fields `id`, `subject`, `author` and `time`.
        record: Arc<str>,
    },
}

/// What can be asked of a tree or a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Inspection {
    /// The paths directly in a tree: a sorted list of texts.
    Entries,
    /// The paths in a tree that match a glob: a sorted list of texts.
    Glob(Arg),
    /// The SHA-256 digest of the content of either, in hexadecimal.
    Digest,
    /// The size of a file.
    Size,
}
