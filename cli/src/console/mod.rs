//! The person at the terminal, for shells: one thing speaks with them at a time.

mod greeting;
mod pump;
mod raw;

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use pipe_engine::{Console, Turn, Visit};
use tokio::sync::OwnedMutexGuard;

use crate::environment::Environment;
use crate::output;
use crate::progress::{Hold, Progress};

pub(crate) use raw::restore;

use pump::Pump;
use raw::Raw;

/// Whose turn it is to speak with the person at the terminal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seat(Arc<tokio::sync::Mutex<()>>);

impl Seat {
    /// Waits until it is free. Whoever came first has it first.
    pub(crate) async fn take(&self) -> OwnedMutexGuard<()> {
        self.0.clone().lock_owned().await
    }
}

/// The person at the terminal of this command.
pub(crate) struct UserConsole {
    seat: Seat,
    is_there: bool,
    variables: Vec<(String, String)>,
    progress: Arc<Progress>,
}

impl UserConsole {
    /// Nobody is there where events are written for a program to read, whatever it reads them from.
    pub(crate) fn new(environment: &Environment, progress: Arc<Progress>, seat: Seat) -> UserConsole {
        let is_there = environment.can_ask() && progress.is_for_people();
        UserConsole { seat, is_there, variables: environment.of_terminal.clone(), progress }
    }
}

impl std::fmt::Debug for UserConsole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserConsole").field("is_there", &self.is_there).finish_non_exhaustive()
    }
}

#[async_trait]
impl Console for UserConsole {
    fn is_there(&self) -> bool {
        self.is_there
    }

    fn variables(&self) -> Vec<(String, String)> {
        self.variables.clone()
    }

    async fn turn(&self, why: Visit) -> Arc<dyn Turn> {
        let seat = self.seat.take().await;
        let hold = self.progress.hold();
        // First, so that what somebody types when they have read the greeting is the shell's from the first key on. A terminal that is gone
        // shows when a shell is to have it.
        let raw = Raw::begin().ok();
        // Nothing makes a carriage return of a line end any more.
        output::notice(&greeting::text(&why).replace('\n', "\r\n"));
        Arc::new(UserTurn { pump: Mutex::default(), raw, _hold: hold, _seat: seat })
    }
}

/// A shell has the terminal.
struct UserTurn {
    // In this order: the terminal is as it was before anybody else writes to it.
    pump: Mutex<Option<Pump>>,
    raw: Option<Raw>,
    _hold: Hold,
    _seat: OwnedMutexGuard<()>,
}

impl Turn for UserTurn {
    fn attach(&self, terminal: OwnedFd) {
        let mut pump = self.pump.lock().unwrap_or_else(PoisonError::into_inner);
        match Pump::start(terminal, self.raw.as_ref()) {
            Ok(started) => *pump = Some(started),
            // Without its other side the shell ends at once.
            Err(error) => output::notice(&format!("the terminal cannot be given to a shell: {error}\n")),
        }
    }
}
