//! Making a layer that the store itself describes: for copies, removals and flattened stacks.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{IdMap, LayerScan, StoreError};

/// A layer to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerPlan {
    /// What it will hold.
    pub scan: LayerScan,
    /// Where the content of its files comes from, one for each file of `scan` in the order of [`LayerScan::nodes`].
    pub contents: Vec<FileContent>,
}

/// Where the content of a file comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileContent {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A file of the store, by its path in the store's folder. Linked when it already has the wanted attributes, else copied.
    Stored(PathBuf),
}

/// Fills the empty folder `staged` as the plan says. `store` is the store's folder.
pub fn build_layer(store: &Path, staged: &Path, plan: &LayerPlan, ids: IdMap) -> Result<(), StoreError> {
    let _ = (store, staged, plan, ids);
    todo!()
}

/// Removes a folder with everything in it, whatever the modes of the folders in it. Not there is fine.
pub fn remove_layer(dir: &Path) -> io::Result<()> {
    let _ = dir;
    todo!()
}
