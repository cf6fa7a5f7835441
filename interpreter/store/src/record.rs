//! Adopting layers: from a folder that a step left to a tree with a digest.

use std::path::Path;

use crate::{LayerScan, Store, StoreError, Tree};

impl Store {
    /// The empty folder.
    pub fn empty_tree(&self) -> Tree {
        todo!()
    }

    /// Nothing over a base that the store does not know.
    pub fn empty_diff(&self) -> Tree {
        todo!()
    }

    /// Adopts a layer over a tree. `staged` is its folder, absolute or relative to the store's, on the same file system. Only
    /// folders that the layer touches are digested anew. When the result is a tree that the store has, that one's layers are used and
    /// `staged` is removed.
    pub fn record_layer(&self, parent: &Tree, staged: &Path, scan: &LayerScan) -> Result<Tree, StoreError> {
        let _ = (parent, staged, scan);
        todo!()
    }

    /// The same tree on a single layer: mounting many costs. Trees with fewer than two are returned as they are.
    pub fn flatten(&self, tree: &Tree) -> Result<Tree, StoreError> {
        let _ = tree;
        todo!()
    }

    /// A whole tree of what a [`TreeKind::Diff`](crate::TreeKind::Diff) holds, for a folder where its base has nothing.
    pub fn close_base(&self, tree: &Tree) -> Result<Tree, StoreError> {
        let _ = tree;
        todo!()
    }
}
