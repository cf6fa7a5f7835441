//! An image in the store.

use std::fmt::Display;

use pipe_ops::{BlobDigest, Digest, ImageConfig};
use pipe_store::Tree;

use crate::manifest::Descriptor;
use crate::{ErrorKind, RegistryError};

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

/// There are images, for other platforms.
pub(crate) fn no_platform(what: &dyn Display, wanted: &str, found: &[Descriptor]) -> RegistryError {
    let mut names: Vec<String> =
        found.iter().filter_map(|found| found.platform.as_ref()).map(|platform| platform.shown()).collect();
    names.retain(|name| name != "unknown/unknown");
    names.sort();
    names.dedup();
    let message = format!("{what} has no image for {wanted}, only for {}", names.join(", "));
    RegistryError::new(ErrorKind::Absent, message).help("ask for one of these with `platform:`")
}
