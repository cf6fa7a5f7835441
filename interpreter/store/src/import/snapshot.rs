//! What a folder of the host looked like: the stat-cache of the next time.

use pipe_ops::BlobDigest;
use rustix::fs::Stat;
use serde::{Deserialize, Serialize};

/// Everything that counts in a folder, sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Snapshot {
    /// Folders, the root first, parents before what is in them.
    pub(super) dirs: Vec<DirSnapshot>,
}

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DirSnapshot {
    /// From the root; empty for the root itself.
    pub(super) path: Vec<u8>,
    /// Sorted by name.
    pub(super) entries: Vec<(Vec<u8>, EntrySnapshot)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EntrySnapshot {
    Dir,
    File { stat: FileStat, executable: bool, content: Content },
    Symlink { target: Vec<u8> },
}

/// What tells that a file is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileStat {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: i64,
    /// Nanoseconds since 1970, of the last change to content or attributes: no program can set it back.
    pub(super) changed: i64,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) digest: BlobDigest,
    pub(super) size: u64,
    /// The file had been left alone long enough when it was read that a later write must show in its times. Without that, it may
    /// have been written again within the same tick of the clock, so it is read again: the case that git calls racily clean
    /// (its `Documentation/technical/racy-git.txt`).
    pub(super) settled: bool,
}

/// How long a file must have been left alone: more than any file system's clock ticks apart.
const SETTLED: i64 = 2_000_000_000;

impl FileStat {
    pub(super) fn of(stat: &Stat) -> FileStat {
        let time = |seconds: i64, nanoseconds: u64| {
            seconds
                .saturating_mul(1_000_000_000)
                .saturating_add(i64::try_from(nanoseconds).unwrap_or_default())
        };
        FileStat {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            modified: time(stat.st_mtime, stat.st_mtime_nsec),
            changed: time(stat.st_ctime, stat.st_ctime_nsec),
        }
    }

    /// The file had been left alone for a while at this time.
    pub(super) fn settled_at(&self, now: i64) -> bool {
        now.saturating_sub(self.modified.max(self.changed)) >= SETTLED
    }
}

impl Snapshot {
    /// The folder at a path.
    pub(super) fn dir(&self, path: &[u8]) -> Option<&DirSnapshot> {
        let index = self.dirs.binary_search_by(|dir| dir.path.as_slice().cmp(path)).ok()?;
        self.dirs.get(index)
    }
}

impl DirSnapshot {
    pub(super) fn entry(&self, name: &[u8]) -> Option<&EntrySnapshot> {
        let index = self.entries.binary_search_by(|(entry, _)| entry.as_slice().cmp(name)).ok()?;
        self.entries.get(index).map(|(_, entry)| entry)
    }
}

impl EntrySnapshot {
    /// The two are the same to a step.
    pub(super) fn same_content(&self, other: &EntrySnapshot) -> bool {
        match (self, other) {
            (
                EntrySnapshot::File { executable: a, content: x, .. },
                EntrySnapshot::File { executable: b, content: y, .. },
            ) => a == b && x.digest == y.digest,
            (a, b) => a == b,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_settles_two_seconds_after_its_last_change() {
        let stat = FileStat { device: 1, inode: 1, size: 1, modified: 0, changed: 5_000_000_000 };
        assert!(!stat.settled_at(5_000_000_000));
        assert!(!stat.settled_at(6_999_999_999));
        assert!(stat.settled_at(7_000_000_000));
        // A clock that was set back proves nothing, nor does a time in the future.
        assert!(!stat.settled_at(0));
        assert!(!FileStat { modified: i64::MAX, ..stat }.settled_at(7_000_000_000));
        assert!(FileStat { modified: i64::MIN, changed: i64::MIN, ..stat }.settled_at(i64::MAX));
    }
}
