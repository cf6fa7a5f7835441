//! What of a result stands in a cache.

use pipe_cache::{CacheError, RemoteCache};
use pipe_ops::{BlobDigest, Preimage, StepKey, TreeDigest};
use pipe_store::{LayerScan, Store, StoreError, Stored, Tree};
use serde::{Deserialize, Serialize};

/// Bytes of the largest description of a result.
pub(super) const LARGEST: u64 = 256 << 20;
/// Bytes of the largest text that a step printed.
pub(super) const LARGEST_TEXT: u64 = 1 << 30;

/// A result, with what it changes of the step's inputs, which whoever looks for the key has, too.
#[derive(Serialize, Deserialize)]
pub(super) struct RemoteResult {
    pub(super) exit_code: i32,
    /// Nanoseconds.
    pub(super) duration: u64,
    pub(super) root: RemoteTree,
    /// In the order of the mounts; `None` for one that holds nothing of its own.
    pub(super) mounts: Vec<Option<RemoteMount>>,
    /// Standard output, standard error, and the order of both.
    pub(super) texts: [(BlobDigest, u64); 3],
}

/// A tree as it was left, over the one that was shown.
#[derive(Serialize, Deserialize)]
pub(super) struct RemoteTree {
    pub(super) digest: TreeDigest,
    /// `None`: it was left as it was.
    pub(super) scan: Option<LayerScan>,
}

/// What was mounted, as it was left.
#[derive(Serialize, Deserialize)]
pub(super) enum RemoteMount {
    Tree(RemoteTree),
    File { digest: BlobDigest, size: u64, mode: u32 },
}

/// Why a result was not taken, or not given.
#[derive(Debug, thiserror::Error)]
pub(super) enum RemoteError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Wrong(&'static str),
}

/// Under which name a result stands. Steps of a user with a single id leave other owners, so theirs are others.
pub(super) fn entry(store: &Store, key: StepKey) -> Result<pipe_ops::Digest, RemoteError> {
    let ids = if store.step_ids()? > 1 { "many" } else { "one" };
    Ok(Preimage::new("remote result 1").digest("key", key.0).text("ids", ids).key().0)
}

/// The content of a digest, verified; an error when the cache lacks it, though a result names it.
pub(super) fn blob(
    cache: &dyn RemoteCache,
    digest: BlobDigest,
    size: u64,
    to: &mut dyn std::io::Write,
) -> Result<(), RemoteError> {
    match cache.blob(digest, size, to)? {
        true => Ok(()),
        false => Err(RemoteError::Wrong("a result names content that is not there")),
    }
}

impl RemoteTree {
    /// What a tree is over another; `None` when that cannot be said.
    pub(super) fn of(
        store: &Store,
        from: &Tree,
        to: &Tree,
    ) -> Result<Option<(RemoteTree, Vec<Source>)>, RemoteError> {
        if from.digest == to.digest {
            return Ok(Some((RemoteTree { digest: to.digest, scan: None }, Vec::new())));
        }
        let Some(delta) = store.delta(from, to)? else { return Ok(None) };
        let files = delta.files().map(|(digest, _, place)| Source { digest, place: place.to_path_buf() });
        let files = files.collect();
        Ok(Some((RemoteTree { digest: to.digest, scan: Some(delta.scan) }, files)))
    }

    /// The tree, put together over the one that was shown.
    pub(super) fn adopt(
        self,
        store: &Store,
        cache: &dyn RemoteCache,
        from: &Tree,
    ) -> Result<Tree, RemoteError> {
        let Some(scan) = self.scan else {
            return match self.digest == from.digest {
                true => Ok(from.clone()),
                false => Err(RemoteError::Wrong("a result says nothing of how it differs")),
            };
        };
        store.adopt_delta(from, scan, self.digest, &mut |digest, size, to| blob(cache, digest, size, to))
    }
}

/// Content that a result needs, and where it is.
pub(super) struct Source {
    pub(super) digest: BlobDigest,
    /// In the store's folder.
    pub(super) place: std::path::PathBuf,
}

/// A file of the store, as content that a result needs.
pub(super) fn file_source(stored: &pipe_store::FileRef) -> Source {
    let place = std::path::Path::new("layers").join(&stored.layer).join(&stored.path);
    Source { digest: stored.digest, place }
}

/// A mount that was left as a tree or a file.
pub(super) fn tree_of(stored: &Stored) -> Option<&Tree> {
    match stored {
        Stored::Tree(tree) => Some(tree),
        Stored::File(_) => None,
    }
}
