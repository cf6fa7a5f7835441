//! What must be done inside the user namespace that wrote the layers.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::{FolderEntry, LayerPlan, LayerScan, StoreError};

/// Does on behalf of the store what the calling process may not: files of a layer can belong to ids that only exist inside the
/// steps' user namespace, with modes that lock everybody else out. The store tries by itself first, so as root, and with a
/// single-id map, this is never called.
///
/// Every path is relative to the store's folder. The process inside calls the functions of the same names of this crate
/// ([`scan_layer`](crate::scan_layer), [`list_folder`](crate::list_folder), [`build_layer`](crate::build_layer),
/// [`remove_layer`](crate::remove_layer)) with [`IdMap::Identity`].
pub trait Namespace: Send + Sync {
    /// How many ids steps have, counted from 0: 1 where the user was given no others.
    fn ids(&self) -> io::Result<u32>;

    /// Opens a file for reading.
    fn open(&self, path: &Path) -> io::Result<File>;

    /// Digests a layer.
    fn scan(&self, path: &Path) -> Result<LayerScan, StoreError>;

    /// Lists what is in a folder.
    fn list(&self, path: &Path) -> Result<Vec<FolderEntry>, StoreError>;

    /// Fills the empty folder `staged` as the plan says.
    fn build(&self, staged: &Path, plan: &LayerPlan) -> Result<(), StoreError>;

    /// Moves a folder; both are on one file system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a folder with everything in it. Not there is fine.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Bytes that a folder takes on the disk.
    fn usage(&self, path: &Path) -> io::Result<u64>;
}

/// How the ids that a process sees on files relate to the ids that steps see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdMap {
    /// They are the same: the process is inside the steps' user namespace.
    Identity,
    /// A step's id is the process's minus these: root outside the namespace.
    Offset {
        /// What user ids begin at.
        uid: u32,
        /// What group ids begin at.
        gid: u32,
    },
    /// The process's own ids are 0 to steps, others do not occur: an ordinary user outside the namespace.
    Own {
        /// Its user id.
        uid: u32,
        /// Its group id.
        gid: u32,
    },
}

/// Ids that a step has: 2^16 of them.
pub(crate) const RANGE: u32 = 1 << 16;

impl IdMap {
    /// The ids that steps see for the ids on a file; `None` for a file that is no step's.
    pub fn inner(self, uid: u32, gid: u32) -> Option<(u32, u32)> {
        let offset = |id: u32, base: u32| id.checked_sub(base).filter(|id| *id < RANGE);
        match self {
            IdMap::Identity => Some((uid, gid)),
            IdMap::Offset { uid: u, gid: g } => Some((offset(uid, u)?, offset(gid, g)?)),
            IdMap::Own { uid: u, gid: g } => (uid == u && gid == g).then_some((0, 0)),
        }
    }

    /// The ids on a file for the ids that steps see; `None` when the process cannot give a file away like that.
    pub fn outer(self, uid: u32, gid: u32) -> Option<(u32, u32)> {
        match self {
            IdMap::Identity => Some((uid, gid)),
            IdMap::Offset { uid: u, gid: g } => {
                let add = |base: u32, id: u32| base.checked_add(id).filter(|_| id < RANGE);
                Some((add(u, uid)?, add(g, gid)?))
            }
            IdMap::Own { uid: u, gid: g } => (uid == 0 && gid == 0).then_some((u, g)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_out_and_come_back() {
        let offset = IdMap::Offset { uid: 100_000, gid: 200_000 };
        assert_eq!(offset.outer(0, 7), Some((100_000, 200_007)));
        assert_eq!(offset.inner(100_000, 200_007), Some((0, 7)));
        assert_eq!(offset.inner(0, 200_000), None);
        assert_eq!(offset.outer(1 << 16, 0), None);

        let own = IdMap::Own { uid: 1000, gid: 100 };
        assert_eq!(own.outer(0, 0), Some((1000, 100)));
        assert_eq!(own.outer(1, 0), None);
        assert_eq!(own.inner(1000, 100), Some((0, 0)));
        assert_eq!(own.inner(100_001, 100), None);
    }
}
