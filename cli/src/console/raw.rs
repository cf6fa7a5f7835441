//! A terminal that passes on what is typed as it is.

use std::io;
use std::sync::{Mutex, PoisonError};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// How the terminal was, while it is not so.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// For as long as this lives: no line is edited or shown here, and no key makes a signal.
pub(super) struct Raw {
    before: Termios,
}

impl Raw {
    /// From now on.
    ///
    /// # Errors
    /// When there is no terminal.
    pub(super) fn begin() -> io::Result<Raw> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before.clone());
        // Made first, so that whatever happens from here on puts it back.
        let guard = Raw { before };
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(guard)
    }

    /// How the terminal is used otherwise.
    pub(super) fn usual(&self) -> &Termios {
        &self.before
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Makes the terminal what it was, if it is not. To be called by whoever ends the process without unwinding.
pub(crate) fn restore() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}
