//! Keeping the store as small as it should be.
//!
//! Results (of steps, of the engine's own ops, of taking folders in, of images) are what is chosen from, the least recently used first;
//! layers, blobs and folders of Merkle trees are there for as long as a result names them. It happens in two parts, because other
//! processes may be using what they found before ([`crate::lease`]): first results go, in one transaction, so that nobody finds them any
//! more; what only they named is condemned, and removed when everybody has gone who may have found them.

mod choose;
mod contents;
mod decode;
mod forget;
mod loose;
mod names;
mod policy;
mod results;
mod rows;
mod size;
mod sweep;
mod uses;

use std::sync::Arc;
use std::time::SystemTime;

use rusqlite::Connection;
use rustix::fs::{FlockOperation, flock};

use self::choose::{Choice, Removal, Wanted, Why, choose};
use self::loose::Loose;
use self::names::{Named, Names};
use self::results::Results;
use crate::lock::open_lock_file;
use crate::record::nanoseconds;
use crate::{Store, StoreError};

pub use policy::{Floor, KeepReason, Kept, Limits, PrunePolicy, PruneReason, PruneReport, Pruned};
pub use size::StoreSize;
pub(crate) use sweep::Kind;

/// What an automatic pruning leaves of the limit, in percent, so that the next run does not prune again.
const HEADROOM: u64 = 90;

/// Rounds in which room is made for others on the disk: what results free is known only afterwards.
const ROUNDS: usize = 3;

impl Store {
    /// What is to be done when a command has done its work: remembers what it used, and prunes when there is more than the limits
    /// say. A command that recorded nothing looks at nothing but that. Afterwards nothing that was found before may be used any more.
    pub fn settle(&self, limits: &Limits) -> Result<Option<PruneReport>, StoreError> {
        self.remember_uses()?;
        if !self.inner().uses.recorded() {
            return Ok(None);
        }
        self.measure_volumes()?;
        if !self.is_over(limits)? {
            return Ok(None);
        }
        let policy = PrunePolicy { keep: limits.size / 100 * HEADROOM, ..PrunePolicy::limits(limits) };
        // Another process that prunes does the same work.
        let Some(_guard) = self.lock_pruning(FlockOperation::NonBlockingLockExclusive)? else {
            return Ok(None);
        };
        self.prune_locked(&policy).map(Some)
    }

    /// Removes what the policy says, the least recently used first. Nothing that another process uses is removed; nothing that this one
    /// found before may be used any more.
    pub fn prune(&self, policy: &PrunePolicy) -> Result<PruneReport, StoreError> {
        if policy.dry_run {
            return Ok(self.plan_pruning(policy)?.report);
        }
        let _guard = self.lock_pruning(FlockOperation::LockExclusive)?;
        self.remember_uses()?;
        self.prune_locked(policy)
    }

    fn prune_locked(&self, policy: &PrunePolicy) -> Result<PruneReport, StoreError> {
        let held = self.release_lease();
        self.release_uses();
        let result = self.prune_rounds(policy);
        if held {
            self.renew_lease()?;
        }
        result
    }

    fn prune_rounds(&self, policy: &PrunePolicy) -> Result<PruneReport, StoreError> {
        self.sweep()?;
        self.remove_left_locks()?;
        self.empty_quarantine()?;
        let mut report = PruneReport::default();
        for _ in 0..ROUNDS {
            self.fold_log()?;
            // What an earlier pruning had to leave comes first: as long as somebody may use it, no more is taken away.
            let Some(bytes) = self.sweep_condemned()? else {
                report.in_use = true;
                break;
            };
            report.freed += bytes;
            let Plan { results, choice, loose, report: planned } = self.plan_pruning(policy)?;
            self.forget_strays(&results)?;
            let done = planned.removed.is_empty() && choice.orphans.is_empty();
            report.extend(planned);
            report.freed += self.remove_downloads(&loose)?;
            if done {
                break;
            }
            let (bytes, in_use) = self.remove_volumes(&choice, &results)?;
            report.freed += bytes;
            report.protected += in_use;
            self.condemn(&choice, &results)?;
            // They may be many; what follows reads them anew.
            drop((choice, results));
            let Some(bytes) = self.sweep_condemned()? else {
                report.in_use = true;
                break;
            };
            report.freed += bytes;
        }
        self.compact()?;
        self.measure_all_volumes()?;
        report.left = self.size()?.total();
        Ok(report)
    }

    /// What would be removed.
    fn plan_pruning(&self, policy: &PrunePolicy) -> Result<Plan, StoreError> {
        let results = Results::load(self)?;
        let size = self.size()?;
        let missing = policy.free.map_or(0, |floor| floor.missing(self.dir()));
        let keep = policy.keep.min(size.total().saturating_sub(missing));
        let over_floor = missing > 0 && keep < policy.keep;
        let oldest =
            policy.older.map(|age| SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH));
        // Quarantine and leftovers are gone by the time anything is chosen.
        let total = size.total().saturating_sub(size.quarantine);
        let over = if over_floor { PruneReason::Floor } else { PruneReason::Limit };
        let loose = self.choose_downloads(total.saturating_sub(keep), oldest, over)?;
        let total = total.saturating_sub(loose.bytes);
        let in_use = self.first_epoch_in_use()?;
        let origin = policy.origin.as_deref();
        let now = nanoseconds(SystemTime::now());
        let choice = choose(&results, &Wanted { total, keep, oldest, origin, in_use, now });
        let tell = |connection: &Connection| {
            let mut report = PruneReport {
                room_for: choice.kept.iter().filter(|(_, reason)| *reason == KeepReason::Room).count() as u64,
                orphans: choice.orphans.iter().map(|place| results.contents.bytes(*place)).sum(),
                left: total.saturating_sub(choice.bytes),
                protected: choice.protected,
                awaited: choice.awaited,
                ..PruneReport::default()
            };
            report.removed.extend(loose.removed.iter().map(|(_, download)| download.clone()));
            report.protected += loose.kept.iter().map(|download| download.bytes).sum::<u64>();
            if policy.dry_run {
                report.kept.extend_from_slice(&loose.kept);
            }
            let mut names = Names::new(connection, &results)?;
            for removal in &choice.removed {
                let Some(Named { key, what }) = name(&mut names, &results, removal.index)? else { continue };
                report.own += if self.uses(key) { removal.bytes } else { 0 };
                report.removed.push(pruned(&results, removal, what, over_floor));
            }
            let is_told = |reason| policy.dry_run && (policy.explain_all || reason != KeepReason::Room);
            for (index, reason) in choice.kept.iter().filter(|(_, reason)| is_told(*reason)) {
                let Some(Named { what, .. }) = name(&mut names, &results, *index)? else { continue };
                report.kept.extend(kept(&results, *index, what, *reason));
            }
            Ok(report)
        };
        let report = self.database().read(tell)?;
        Ok(Plan { results, choice, loose, report })
    }

    /// As long as this lives nobody else removes what is there. Nothing, when somebody does and is not waited for.
    pub(crate) fn lock_pruning(&self, operation: FlockOperation) -> Result<Option<PruneGuard>, StoreError> {
        let path = self.dir().join("locks").join("prune");
        let file = open_lock_file(&path)?;
        loop {
            match flock(&file, operation) {
                Ok(()) => return Ok(Some(PruneGuard { file })),
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(StoreError::io("lock", &path, error.into())),
            }
        }
    }
}

fn name(names: &mut Names<'_>, results: &Results, index: u32) -> rusqlite::Result<Option<Named>> {
    results.results.get(index as usize).map_or(Ok(None), |result| names.of(result))
}

fn pruned(results: &Results, removal: &Removal, what: Arc<str>, over_floor: bool) -> Pruned {
    let reason = match removal.why {
        Why::Origin => PruneReason::Origin,
        Why::Age => PruneReason::Old,
        Why::Room if over_floor => PruneReason::Floor,
        Why::Room => PruneReason::Limit,
    };
    let result = results.results.get(removal.index as usize);
    let used = result.map_or(SystemTime::UNIX_EPOCH, |result| results.used(result));
    Pruned { what, bytes: removal.bytes, shared: removal.shared, used, reason }
}

fn kept(results: &Results, index: u32, what: Arc<str>, reason: KeepReason) -> Option<Kept> {
    let result = results.results.get(index as usize)?;
    let content = results.needs(index as usize).iter().map(|place| results.contents.bytes(*place));
    Some(Kept { what, bytes: result.own + content.sum::<u64>(), used: results.used(result), reason })
}

/// What a round of pruning does.
struct Plan {
    results: Results,
    choice: Choice,
    loose: Loose,
    report: PruneReport,
}

/// Held by whoever prunes, or looks through the store.
pub(crate) struct PruneGuard {
    file: std::fs::File,
}

impl Drop for PruneGuard {
    fn drop(&mut self) {
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}
