//! Trees made from trees: copy, write, remove. Each puts one small layer on top.

use crate::{Filter, Store, StoreError, Stored, Tree};

/// How a copy is made.
#[derive(Clone, Debug, Default)]
pub struct CopyOptions {
    /// User and group of everything copied; 0:0 when `None`.
    pub owner: Option<(u32, u32)>,
    /// Permission bits of every file copied; as they are when `None`.
    pub mode: Option<u32>,
    /// What of a copied tree counts.
    pub filter: Filter,
}

impl Store {
    /// `into` with a tree or a file put at a path; missing folders are made. A tree is merged into a folder that exists; a file
    /// replaces a file.
    pub fn with_copy(
        &self,
        into: &Tree,
        path: &str,
        source: &Stored,
        options: &CopyOptions,
    ) -> Result<Tree, StoreError> {
        let _ = (into, path, source, options);
        todo!()
    }

    /// `into` with a file of these bytes at a path; missing folders are made.
    pub fn with_file(&self, into: &Tree, path: &str, bytes: &[u8], mode: u32) -> Result<Tree, StoreError> {
        let _ = (into, path, bytes, mode);
        todo!()
    }

    /// `from` without what stands at a path. A symbolic link at the end of the path is removed itself.
    pub fn with_removed(&self, from: &Tree, path: &str) -> Result<Tree, StoreError> {
        let _ = (from, path);
        todo!()
    }
}
