//! What is wanted of a pruning, and what came of it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What the store keeps to by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that all of the store may take.
    pub size: u64,
    /// What stays free on its disk for others.
    pub free: Floor,
}

/// What is to stay free on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// Bytes.
    Bytes(u64),
    /// A part of the disk, in percent, but no more than these bytes.
    Percent(u8, u64),
}

impl Floor {
    /// Bytes that must become free on the disk of a folder.
    pub(crate) fn missing(self, folder: &Path) -> u64 {
        // A disk that does not say how full it is has no floor.
        let Ok(disk) = rustix::fs::statvfs(folder) else { return 0 };
        let wanted = match self {
            Floor::Bytes(bytes) => bytes,
            Floor::Percent(part, most) => (disk.f_blocks * disk.f_frsize / 100 * u64::from(part)).min(most),
        };
        wanted.saturating_sub(disk.f_bavail * disk.f_frsize)
    }
}

/// What a pruning removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrunePolicy {
    /// Bytes that may stay.
    pub keep: u64,
    /// What is to become free on the disk.
    pub free: Option<Floor>,
    /// Everything goes that was not used for so long.
    pub older: Option<Duration>,
    /// Every result goes that was taken from this cache.
    pub origin: Option<String>,
    /// Only say what would be removed.
    pub dry_run: bool,
    /// Then also say of each other result that it stays.
    pub explain_all: bool,
}

impl PrunePolicy {
    /// What the store's own limits ask for.
    pub fn limits(limits: &Limits) -> PrunePolicy {
        PrunePolicy {
            keep: limits.size,
            free: Some(limits.free),
            older: None,
            origin: None,
            dry_run: false,
            explain_all: false,
        }
    }
}

/// What was removed, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PruneReport {
    /// Results, in the order in which they went.
    pub removed: Vec<Pruned>,
    /// When it is only said what would go: results that stay though they were chosen, or all that stay, the least recently used first.
    pub kept: Vec<Kept>,
    /// How many results stay for which there is room.
    pub room_for: u64,
    /// Bytes of what no result names any more.
    pub orphans: u64,
    /// Bytes that became free. With `in_use`, the rest does when the runs in progress have ended.
    pub freed: u64,
    /// Bytes that the store takes afterwards.
    pub left: u64,
    /// Bytes of results that would go, were they not used by runs in progress.
    pub protected: u64,
    /// Likewise, were they not kept for runs that can go on.
    pub awaited: u64,
    /// Bytes of removed results that this very process had used.
    pub own: u64,
    /// Runs in progress may still use some of it.
    pub in_use: bool,
}

impl PruneReport {
    pub(super) fn extend(&mut self, round: PruneReport) {
        self.removed.extend(round.removed);
        self.orphans += round.orphans;
        self.own += round.own;
        self.protected = round.protected;
        self.awaited = round.awaited;
    }
}

/// A result that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// What it is: `step build`, `folder /src`.
    pub what: Arc<str>,
    /// Bytes that nothing else needs.
    pub bytes: u64,
    /// Bytes that stay, for results need them that stay.
    pub shared: u64,
    /// When it was last used; a run's accuracy is an hour.
    pub used: SystemTime,
    /// Why it goes.
    pub reason: PruneReason,
}

/// Why a result goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PruneReason {
    /// The store takes more than it may.
    Limit,
    /// Less is free on the disk than there should be.
    Floor,
    /// It was not used for long enough.
    Old,
    /// It was taken from a cache whose results are to go.
    Origin,
}

/// A result that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it is, as in [`Pruned::what`].
    pub what: Arc<str>,
    /// All its bytes, also those that it shares with others.
    pub bytes: u64,
    /// When it was last used; a run's accuracy is an hour.
    pub used: SystemTime,
    /// Why it stays.
    pub reason: KeepReason,
}

/// Why a result stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepReason {
    /// A run in progress uses it.
    InUse,
    /// A run can go on with it (`pipe run --resume`).
    Awaited,
    /// There is room for it, and it is neither too old nor of a cache whose results are to go.
    Room,
}
