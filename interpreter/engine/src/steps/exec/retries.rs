//! How often a step is tried again, and how long it waits before.

use std::time::Duration;

use super::Job;

/// How long the first wait is; each one after it is twice as long, as those of actions are.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Tries that are left.
pub(super) struct Retries {
    left: u32,
    wait: Duration,
    is_first: bool,
}

impl Retries {
    pub(super) fn of(job: &Job) -> Retries {
        Retries { left: job.step.retries, wait: FIRST_WAIT, is_first: true }
    }

    pub(super) fn is_one_left(&self) -> bool {
        self.left > 0
    }

    /// Whether none was taken yet.
    pub(super) fn is_first(&self) -> bool {
        self.is_first
    }

    /// Takes one; gives how long to wait before it.
    pub(super) fn next(&mut self) -> Duration {
        self.left = self.left.saturating_sub(1);
        self.is_first = false;
        let wait = self.wait;
        self.wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute() {
        let mut retries = Retries { left: 8, wait: FIRST_WAIT, is_first: true };
        let waits: Vec<u64> = (0..8).map(|_| retries.next().as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(!retries.is_one_left());
    }
}
