//! Looking for what is known of steps from earlier runs: when nobody types, on a thread of its own and for one package at a time, so
//! that neither an edit nor a question waits for it.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pipe_analysis::inspect::Interrupted;
use pipe_ide::Results;

use super::{Owner, Task};
use crate::History;
use crate::publish::Outgoing;

/// So often it is seen whether something was recorded.
const EVERY: Duration = Duration::from_secs(2);
/// So long after the client was last heard of that goes on.
const AWAKE: Duration = Duration::from_secs(300);
/// So long after the client was last heard of it is looked again though nothing was recorded: files that steps read may have changed.
const NEAR: Duration = Duration::from_secs(30);
/// It is not looked again for so long, nor for this many times as long as it took.
const AGAIN: Duration = Duration::from_secs(10);
const TIMES: u32 = 50;
/// The same when something was recorded, as it is all the time while something runs.
const TIMES_RECORDED: u32 = 5;
/// So often that pause is doubled, once for each time that nothing could be found out.
const DOUBLED: u32 = 3;

/// What is looked for, and how far that is.
#[derive(Default)]
pub(super) struct Looking {
    pub(super) history: Option<Arc<dyn History>>,
    /// Set to stop the thread that looks, if one does.
    at_work: Option<Arc<AtomicBool>>,
    /// When the client was last heard of.
    heard: Option<Instant>,
}

/// The last look at a package.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looked {
    generation: u64,
    stamp: u64,
    at: Instant,
    took: Duration,
    /// So often in a row nothing could be found out.
    failed: u32,
}

/// What came of a look.
pub(crate) struct Seen {
    pub(super) package: usize,
    /// The state of its texts that was looked at.
    edits: u64,
    looked: Looked,
    found: Found,
}

enum Found {
    /// What is known; `None` when there is nothing to know.
    Results(Option<Results>),
    /// It could not be found out: what was known stays until it can.
    NotNow,
    /// The program became another one meanwhile.
    Interrupted,
}

impl Looking {
    /// The client was heard of.
    pub(super) fn hear(&mut self, now: Instant) {
        self.heard = Some(now);
    }

    /// What is looked for is of a text that is no more.
    pub(super) fn stop(&self) {
        if let Some(stop) = &self.at_work {
            stop.store(true, Ordering::Relaxed);
        }
    }

    fn heard_within(&self, time: Duration, now: Instant) -> bool {
        self.heard.is_some_and(|heard| now.saturating_duration_since(heard) < time)
    }
}

impl Looked {
    /// Whether it is time for another look.
    fn is_old(&self, generation: u64, stamp: u64, now: Instant, is_near: bool) -> bool {
        if self.generation != generation {
            return true;
        }
        let rested = now.saturating_duration_since(self.at);
        let recorded = self.stamp != stamp;
        let pause = EVERY.max(self.took * TIMES_RECORDED) * 2_u32.pow(self.failed.min(DOUBLED));
        recorded && rested >= pause || is_near && rested >= AGAIN.max(self.took * TIMES)
    }
}

impl Owner {
    /// Begins a look at the first package that needs one, and says when it is seen again whether one does.
    pub(super) fn look(&mut self, now: Instant) {
        let Some(history) = self.looking.history.clone() else { return };
        if self.looking.heard_within(AWAKE, now) {
            self.pace.look(now + EVERY);
        }
        if self.looking.at_work.is_some() {
            return;
        }
        let (stamp, is_near) = (history.stamp(), self.looking.heard_within(NEAR, now));
        let needs = |looked: Option<Looked>, generation| {
            looked.is_none_or(|looked| looked.is_old(generation, stamp, now, is_near))
        };
        let Some((index, package)) = self.packages.next_to_look_at(needs) else { return };
        let stop = Arc::new(AtomicBool::new(false));
        let snapshot = package.snapshot_to_look_at(&stop);
        let names = package.names(&self.open, self.agreement);
        let files: BTreeSet<String> = package.open_files().collect();
        let (edits, generation) = (package.edits, package.generation);
        let (own, stops) = (self.own.clone(), stop.clone());
        let look = move || {
            let program = snapshot.ask(|snapshot| pipe_ide::program(snapshot, &files));
            // Nothing of the program is held any more while this takes its time: edits do not wait.
            let found = match program {
                Ok(Some(program)) => {
                    let look = AssertUnwindSafe(|| history.look(&names.dir, &program, &stops));
                    // A mistake in it is no reason to try again at once.
                    match std::panic::catch_unwind(look).ok().flatten() {
                        Some(found) => Found::Results(Some(found)),
                        // By an edit, which may have been one of another package.
                        None if stops.load(Ordering::Relaxed) => Found::Interrupted,
                        None => Found::NotNow,
                    }
                }
                Ok(None) => Found::Results(None),
                Err(Interrupted::Edited | Interrupted::Stopped) => Found::Interrupted,
                // The same program would make the checker fail again.
                Err(Interrupted::Panicked(_)) => Found::NotNow,
            };
            let at = Instant::now();
            let looked = Looked { generation, stamp, at, took: at.saturating_duration_since(now), failed: 0 };
            let _ = own.send(Task::Seen(Seen { package: index, edits, looked, found }));
        };
        let thread = std::thread::Builder::new().name("pipe-lsp-results".into());
        self.looking.at_work = thread.spawn(look).is_ok().then_some(stop);
    }

    /// Keeps what was seen, unless the text is another one by now, and has it shown.
    pub(super) fn seen(&mut self, seen: Seen) {
        self.looking.at_work = None;
        // The next package may need a look, and this one another.
        self.pace.look_soon(Instant::now());
        let Some(package) = self.packages.get(seen.package).filter(|package| package.edits == seen.edits)
        else {
            return;
        };
        let results = match seen.found {
            Found::Interrupted => return,
            Found::Results(results) => results,
            Found::NotNow => {
                let before = package.looked.filter(|looked| looked.generation == seen.looked.generation);
                let failed = before.map_or(0, |looked| looked.failed).saturating_add(1);
                package.looked = Some(Looked { failed, ..seen.looked });
                return;
            }
        };
        package.looked = Some(seen.looked);
        let is_new = package.results.as_deref() != results.as_ref();
        package.results = results.map(Arc::new);
        if is_new && self.agreement.refreshes && self.agreement.cache_state {
            let _ = self.outgoing.send(Outgoing::RefreshHints);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_changes_all_the_time_is_looked_at_with_pauses() {
        let at = Instant::now();
        let looked = |took, failed| Looked { generation: 1, stamp: 1, at, took, failed };
        let quick = Duration::from_millis(10);
        let is_old = |looked: Looked, stamp, after: Duration| looked.is_old(1, stamp, at + after, true);
        assert!(!is_old(looked(quick, 0), 2, EVERY / 2));
        assert!(is_old(looked(quick, 0), 2, EVERY));
        assert!(!is_old(looked(EVERY, 0), 2, EVERY * 4));
        assert!(is_old(looked(EVERY, 0), 2, EVERY * 5));
        // Nothing could be found out: that becomes less often, but does not end.
        assert!(!is_old(looked(quick, 1), 2, EVERY));
        assert!(is_old(looked(quick, 1), 2, EVERY * 2));
        assert!(is_old(looked(quick, u32::MAX), 2, EVERY * 8));
        assert!(!is_old(looked(quick, 0), 1, EVERY));
        assert!(is_old(looked(quick, 0), 1, AGAIN));
        assert!(looked(EVERY, 3).is_old(2, 1, at, false), "another text waits for nothing");
    }
}
