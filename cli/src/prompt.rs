//! Asking somebody at the terminal, and reading what is not to be shown. Bytes of secrets go past the buffer of standard input, which
//! would keep them.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::os::fd::AsFd;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::exit::{CliError, Exit};
use crate::output;

/// Longest text that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// What Ctrl-C sends.
const CTRL_C: u8 = 3;

/// Whether somebody says yes; anything else is a no.
pub(crate) fn confirmed(question: &str) -> bool {
    output::notice(question);
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

/// A line that is seen while it is typed.
///
/// # Errors
/// When there is none.
pub(crate) fn shown(question: &str) -> Result<Zeroizing<String>, CliError> {
    text(question, line(question)?)
}

/// A line that is not seen. Ctrl-C leaves the terminal as it was.
///
/// # Errors
/// When there is none, or the terminal cannot be made to hide it.
pub(crate) fn hidden(question: &str) -> Result<Zeroizing<String>, CliError> {
    let _mute = Mute::begin().map_err(|error| failed(&error))?;
    text(question, line(question)?)
}

/// All of standard input, without its line end. `what` is what is missing when it is empty.
///
/// # Errors
/// When it is empty, or has more than a line.
pub(crate) fn piped(what: &str) -> Result<Zeroizing<String>, CliError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let read = input.and_then(|input| input.take(LONGEST as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| failed(&error))?;
    text(what, bytes)
}

/// One line, as bytes.
fn line(question: &str) -> Result<Zeroizing<Vec<u8>>, CliError> {
    let mut error = io::stderr().lock();
    // Nobody sees the question where it cannot be written; the answer counts all the same.
    let _ = error.write_all(question.as_bytes()).and_then(|()| error.flush());
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let mut byte = [0];
    while line.len() <= LONGEST {
        let read = rustix::io::retry_on_intr(|| rustix::io::read(io::stdin(), &mut byte));
        match read.map_err(|error| failed(&error.into()))? {
            0 => break,
            _ if byte == [b'\n'] => break,
            _ if byte == [CTRL_C] => return Err(CliError::silent(Exit::Interrupted)),
            _ => line.extend(byte),
        }
    }
    Ok(line)
}

fn text(what: &str, mut bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, CliError> {
    let what = what.trim_end_matches([':', ' ']);
    for end in [b'\n', b'\r'] {
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
    }
    let wrong = |reason: &str| Err(CliError::usage(format!("{what}: {reason}")));
    let Ok(text) = std::str::from_utf8(&bytes) else { return wrong("it is not UTF-8") };
    if text.is_empty() {
        return wrong("there is none: standard input is empty");
    }
    if text.len() > LONGEST {
        return wrong("it is too long");
    }
    if text.contains(char::is_control) {
        return wrong("it has a line end or another control character in it");
    }
    Ok(Zeroizing::new(text.to_owned()))
}

fn failed(error: &io::Error) -> CliError {
    CliError::machine(format!("cannot read standard input: {error}"))
}

/// A terminal that does not show what is typed; as before when this is dropped.
struct Mute(Termios);

impl Mute {
    fn begin() -> io::Result<Mute> {
        let before = tcgetattr(io::stdin())?;
        let mut mute = before.clone();
        // Ctrl-C ends the line instead of the process, which would leave the terminal mute.
        mute.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        mute.local_modes.insert(LocalModes::ECHONL);
        mute.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        tcsetattr(io::stdin(), OptionalActions::Flush, &mute)?;
        Ok(Mute(before))
    }
}

impl Drop for Mute {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
