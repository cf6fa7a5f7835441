//! Finding things in trees.

use std::fs::File;

use crate::{Entry, FileRef, ListEntry, Store, StoreError, Tree};

impl Store {
    /// What stands at a path. Symbolic links are followed inside the tree only: `/` and `..` lead no higher than its root. Nothing
    /// there is [`PathError::Missing`](crate::PathError::Missing) with the nearest names.
    pub fn entry(&self, tree: &Tree, path: &str) -> Result<Entry, StoreError> {
        let _ = (tree, path);
        todo!()
    }

    /// The folder at a path; an error when it is none.
    pub fn subdir(&self, tree: &Tree, path: &str) -> Result<Tree, StoreError> {
        let _ = (tree, path);
        todo!()
    }

    /// The file at a path; an error when it is none.
    pub fn subfile(&self, tree: &Tree, path: &str) -> Result<FileRef, StoreError> {
        let _ = (tree, path);
        todo!()
    }

    /// Everything in a tree, folders before what is in them, sorted by the bytes of the names.
    pub fn list(&self, tree: &Tree) -> Result<Vec<ListEntry>, StoreError> {
        let _ = tree;
        todo!()
    }

    /// Opens a file of a layer. Its content is not verified: [`Store::read_file`] does that.
    pub fn open_file(&self, file: &FileRef) -> Result<File, StoreError> {
        let _ = file;
        todo!()
    }

    /// The bytes of a file, verified.
    pub fn read_file(&self, file: &FileRef) -> Result<Vec<u8>, StoreError> {
        let _ = file;
        todo!()
    }
}
