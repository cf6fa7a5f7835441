//! When the owner does what nobody waits for. An edit is looked through at once; documents that are opened, as an editor restores a
//! hundred of them, are looked through when no more come.

use std::time::{Duration, Instant};

/// No further document came for so long: that was all.
const QUIET: Duration = Duration::from_millis(20);
/// So long after the first one nothing is waited for any more.
const PATIENCE: Duration = Duration::from_millis(200);
/// So long after the last edit the disk is looked at, if nobody tells what happens there.
const IDLE: Duration = Duration::from_millis(500);
/// So long after it if the client tells: it sees its own folders alone, and not where dependencies lie, nor always that a folder went.
const IDLE_WATCHED: Duration = Duration::from_secs(5);

/// So long after the last edit it is looked for what is known of steps.
const STILL: Duration = Duration::from_millis(600);

/// What is to be done, and when.
#[derive(Debug, Default)]
pub(super) struct Pace {
    diagnose: Option<Due>,
    disk: Option<Instant>,
    look: Option<Instant>,
    /// It is not looked for what is known of steps before.
    still: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Due {
    first: Instant,
    at: Instant,
}

impl Pace {
    /// A text was edited.
    pub(super) fn edited(&mut self, now: Instant) {
        self.diagnose = Some(Due { first: now, at: now });
        self.still = Some(now + STILL);
        self.look = self.look.map(|at| at.max(now + STILL));
    }

    /// Documents or files came or went.
    pub(super) fn moved(&mut self, now: Instant) {
        let first = self.diagnose.map_or(now, |due| due.first);
        // An edit that waits already is not put off.
        let at = (now + QUIET).min(first + PATIENCE);
        let at = self.diagnose.filter(|due| due.at <= now).map_or(at, |due| due.at);
        self.diagnose = Some(Due { first, at });
    }

    /// The disk has to be looked at when nothing is typed any more; `watches` when the client tells what it sees there.
    pub(super) fn idle(&mut self, now: Instant, watches: bool) {
        self.disk = Some(now + if watches { IDLE_WATCHED } else { IDLE });
    }

    /// It is looked for what is known of steps at this time, unless it is earlier.
    pub(super) fn look(&mut self, at: Instant) {
        let at = self.still.map_or(at, |still| still.max(at));
        self.look = Some(self.look.map_or(at, |known| known.min(at)));
    }

    /// The same as soon as nothing is typed.
    pub(super) fn look_soon(&mut self, now: Instant) {
        self.look(now + STILL);
    }

    /// When there is something to do.
    pub(super) fn next(&self) -> Option<Instant> {
        self.diagnose.map(|due| due.at).into_iter().chain(self.disk).chain(self.look).min()
    }

    /// Whether it is time to look for what is wrong; said once.
    pub(super) fn diagnose_now(&mut self, now: Instant) -> bool {
        self.diagnose.take_if(|due| due.at <= now).is_some()
    }

    /// Whether it is time to look at the disk; said once.
    pub(super) fn disk_now(&mut self, now: Instant) -> bool {
        self.disk.take_if(|at| *at <= now).is_some()
    }

    /// Whether it is time to look for what is known of steps; said once.
    pub(super) fn look_now(&mut self, now: Instant) -> bool {
        self.look.take_if(|at| *at <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_waits_for_nothing() {
        let now = Instant::now();
        let mut pace = Pace::default();
        assert_eq!(pace.next(), None);
        pace.edited(now);
        pace.moved(now);
        assert!(pace.diagnose_now(now));
        assert!(!pace.diagnose_now(now), "said once");
    }

    #[test]
    fn what_is_opened_waits_for_more_but_not_for_long() {
        let now = Instant::now();
        let mut pace = Pace::default();
        let mut at = now;
        let step = QUIET / 2;
        while at < now + PATIENCE {
            pace.moved(at);
            assert!(!pace.diagnose_now(at));
            at += step;
        }
        assert_eq!(pace.next(), Some(now + PATIENCE));
        assert!(pace.diagnose_now(now + PATIENCE));
        pace.moved(at);
        assert!(pace.diagnose_now(at + QUIET));
    }

    #[test]
    fn the_disk_is_looked_at_when_nothing_is_typed() {
        let now = Instant::now();
        let mut pace = Pace::default();
        for (watches, idle) in [(false, IDLE), (true, IDLE_WATCHED)] {
            pace.idle(now, watches);
            pace.idle(now + idle / 2, watches);
            assert!(!pace.disk_now(now + idle));
            assert!(pace.disk_now(now + idle / 2 + idle));
            assert_eq!(pace.next(), None);
        }
    }

    #[test]
    fn steps_are_looked_for_when_nothing_is_typed() {
        let now = Instant::now();
        let mut pace = Pace::default();
        pace.look_soon(now);
        pace.look_soon(now + STILL / 2);
        assert_eq!(pace.next(), Some(now + STILL), "what is asked meanwhile does not put it off");
        pace.edited(now + STILL / 2);
        assert!(!pace.look_now(now + STILL), "an edit does");
        pace.look(now);
        assert!(!pace.look_now(now + STILL));
        assert!(pace.look_now(now + STILL / 2 + STILL));
        assert!(!pace.look_now(now + STILL * 2), "said once");
    }
}
