//! Trees and files as values: a digest with the layers that hold the content.

use pipe_ops::TreeDigest;
use serde::{Deserialize, Serialize};

use crate::{FileRef, LayerRef, Meta};

/// A directory tree of the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tree {
    /// The root of its Merkle tree.
    pub digest: TreeDigest,
    /// The layers that hold it, lowest first; none is an empty folder.
    pub layers: Vec<LayerRef>,
    /// Whether the layers are all there is.
    pub kind: TreeKind,
}

/// Whether a tree is all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TreeKind {
    /// The tree is whole; its digest names its content.
    Whole,
    /// The tree is a difference over a base that the store does not know (the host's own tools): it keeps whiteouts, and its
    /// content is named by the base's digest together with its own.
    Diff,
}

/// A tree or a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stored {
    /// A tree.
    Tree(Tree),
    /// A file.
    File(FileRef),
}

/// What stands at a path of a tree, symbolic links followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A folder.
    Dir(Tree),
    /// A regular file.
    File(FileRef),
    /// Something else: a named pipe.
    Other,
    /// Not in the layers of a [`TreeKind::Diff`]: the base decides.
    InBase,
}

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// The path from the tree's root, without a leading slash, as bytes: names need not be UTF-8.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Its attributes.
    pub meta: Meta,
}

/// What a line of a listing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Dir,
    /// A regular file.
    File {
        /// Its content.
        digest: pipe_ops::BlobDigest,
        /// Bytes.
        size: u64,
    },
    /// A symbolic link.
    Symlink {
        /// Its text.
        target: Vec<u8>,
    },
    /// A named pipe.
    Fifo,
    /// Gone from the base; only in a [`TreeKind::Diff`].
    Whiteout,
}
