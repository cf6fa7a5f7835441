//! Layers: folders of differences, and what was found in them.

use std::path::PathBuf;

use pipe_ops::BlobDigest;
use serde::{Deserialize, Serialize};

/// A layer of the store, or a folder inside one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LayerRef {
    /// The layer: a folder `layers/<id>` of the store.
    pub layer: String,
    /// The folder inside it; empty for the layer itself.
    pub path: PathBuf,
}

/// A file of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileRef {
    /// The layer that holds it.
    pub layer: String,
    /// Its path inside.
    pub path: PathBuf,
    /// Its content.
    pub digest: BlobDigest,
    /// Bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
}

/// What a layer holds, digested. Made by `scan_layer` inside the user namespace that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerScan {}
