//! Ending programs that nobody waits for any more.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::FetchError;

/// Ends the program that runs now, with all that it started, and lets no other begin. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    /// The group of processes that runs.
    group: Option<Pid>,
}

impl Stop {
    /// Nobody waits any more.
    pub fn stop(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.stopped = true;
        if let Some(group) = state.group.take() {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Starts a program in a group of its own.
    pub(crate) fn spawn(&self, command: &mut Command) -> Result<io::Result<Child>, FetchError> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.stopped {
            return Err(FetchError::Stopped);
        }
        let child = command.process_group(0).spawn();
        state.group = child.as_ref().ok().map(Pid::from_child);
        Ok(child)
    }

    /// What ran has ended.
    pub(crate) fn ended(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).group = None;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_runs_is_ended_and_nothing_begins_after() {
        let stop = Stop::default();
        let mut child = stop.spawn(Command::new("sleep").arg("1000")).unwrap().unwrap();
        stop.stop();
        assert!(!child.wait().unwrap().success());
        assert!(matches!(stop.spawn(&mut Command::new("true")), Err(FetchError::Stopped)));
    }
}
