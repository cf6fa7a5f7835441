//! An image in the store.

use pipe_ops::{BlobDigest, Digest, ImageConfig};
use pipe_store::Tree;

/// An image in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its root file system.
    pub root: Tree,
    /// What it is configured to be.
    pub config: ImageConfig,
    /// The manifest that was taken, of one platform.
    pub manifest: BlobDigest,
}

/// Under which key the store remembers something of an image.
pub(crate) fn fact_key(kind: &str, of: &str) -> Digest {
    Digest::of(format!("pipe.registry.{kind}\0{of}").as_bytes())
}
