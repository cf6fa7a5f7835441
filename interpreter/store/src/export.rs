//! Writing results to the host.

use std::path::Path;

use crate::{FileRef, Store, StoreError, Tree};

impl Store {
    /// Writes a tree to a folder of the host, which is replaced as a whole, at once. Missing parents are made. Owners become the
    /// caller's, setuid and setgid are dropped, times are `mtime` (seconds since 1970).
    pub fn export_tree(&self, tree: &Tree, destination: &Path, mtime: i64) -> Result<(), StoreError> {
        let _ = (tree, destination, mtime);
        todo!()
    }

    /// Writes a file to the host, replacing one that exists, at once. Missing parents are made.
    pub fn export_file(&self, file: &FileRef, destination: &Path, mtime: i64) -> Result<(), StoreError> {
        let _ = (file, destination, mtime);
        todo!()
    }
}
