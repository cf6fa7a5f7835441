//! The person at the terminal, for shells: one thing speaks with them at a time.

mod greeting;
mod pump;
mod raw;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use pipe_engine::{Console, Turn, Visit};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;
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
    may_be_there: bool,
    variables: Vec<(String, String)>,
    progress: Arc<Progress>,
}

impl UserConsole {
    /// Nobody is there in CI, which may well give a terminal, and where events are written for a program to read, whatever it reads
    /// them from.
    pub(crate) fn new(environment: &Environment, progress: Arc<Progress>, seat: Seat) -> UserConsole {
        let may_be_there = environment.can_ask() && !environment.in_ci && progress.is_watched();
        UserConsole { seat, may_be_there, variables: environment.of_terminal.clone(), progress }
    }
}

impl std::fmt::Debug for UserConsole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserConsole").field("may_be_there", &self.may_be_there).finish_non_exhaustive()
    }
}

/// Whether the terminal is with this command now, rather than with the shell it was started from, as with `pipe run x &`: the kernel
/// would stop it as soon as it touched the terminal.
fn in_foreground() -> bool {
    match tcgetpgrp(io::stdin()) {
        Ok(group) => group == getpgrp(),
        // A terminal that is not the session's own has no foreground.
        Err(Errno::NOTTY) => true,
        Err(_) => false,
    }
}

#[async_trait]
impl Console for UserConsole {
    fn is_there(&self) -> bool {
        self.may_be_there && in_foreground()
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
            // With its other side gone a shell reads the end at once. Whatever else was to run there can be stopped with Ctrl-C.
            Err(error) => {
                restore();
                output::notice(&format!("the terminal cannot be given to a shell: {error}\n"));
            }
        }
    }
}
