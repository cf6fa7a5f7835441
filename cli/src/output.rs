//! Standard output and standard error, both of which may be closed or full.

use std::io::{ErrorKind, Write};

use crate::args::GlobalArgs;
use crate::environment::Environment;
use crate::exit::{CliError, Exit};

/// Whether results are coloured.
pub(crate) fn in_color(global: &GlobalArgs, environment: &Environment) -> bool {
    global.color.or(environment.stdout_is_terminal && !environment.no_color)
}

/// How wide the terminal is that results go to; `None` when they go elsewhere or it does not say.
pub(crate) fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(size.ws_col.into()).filter(|columns| *columns > 0)
}

/// Writes results to standard output. A reader that went away (`| head`) has had enough: the command ends quietly.
///
/// # Errors
/// Silent success when the reader is gone, a machine error when it cannot be written (a full disk).
pub(crate) fn result(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(CliError::silent(Exit::Success)),
        Err(error) => Err(CliError::machine(format!("cannot write to standard output: {error}"))),
    }
}

/// Bytes that are written at a time.
const PIECE: usize = 64 << 10;

/// Results of which there may be a million lines: they are written piece by piece.
#[derive(Default)]
pub(crate) struct Lines(String);

impl Lines {
    /// Adds a line, with its end.
    ///
    /// # Errors
    /// As [`result`].
    pub(crate) fn push(&mut self, line: &str) -> Result<(), CliError> {
        self.0.push_str(line);
        if self.0.len() < PIECE {
            return Ok(());
        }
        let written = result(self.0.as_bytes());
        self.0.clear();
        written
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// As [`result`].
    pub(crate) fn finish(self) -> Result<(), CliError> {
        result(self.0.as_bytes())
    }
}

/// Writes a text as result, with a line end.
///
/// # Errors
/// As [`result`].
pub(crate) fn result_line(text: &str) -> Result<(), CliError> {
    result(format!("{text}\n").as_bytes())
}

/// Writes to standard error at once, so that lines of parallel steps stay whole. That it cannot be written must not
/// change what the command does.
pub(crate) fn notice(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
}
