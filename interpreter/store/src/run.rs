//! Working folders of runs.

use std::path::{Path, PathBuf};

use crate::{Store, StoreError};

/// A working folder `work/<run>` for as long as this lives; removed when dropped. A killed process leaves its folder to the next
/// one, which sees that nobody holds its lock.
#[derive(Debug)]
pub struct Run {
    path: PathBuf,
}

impl Run {
    /// The folder, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Store {
    /// Begins a run, and removes what runs that were killed have left.
    pub fn begin_run(&self) -> Result<Run, StoreError> {
        todo!()
    }

    /// Removes working folders of runs that are gone and layers that no row names.
    pub fn sweep(&self) -> Result<(), StoreError> {
        todo!()
    }
}
