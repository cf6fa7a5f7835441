//! `approval(…)`: asking the person at the terminal, unless the command line has the answer.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use async_trait::async_trait;
use pipe_engine::{Approver, Decision};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, read, retry_on_intr};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::console::Seat;
use crate::progress::printable;

/// Answers to what actions ask.
#[derive(Debug)]
pub(crate) struct Answering {
    /// Names of `--approve`; `all` stands for every one.
    pub(crate) approved: Vec<String>,
    /// Somebody sits there.
    pub(crate) terminal: bool,
    pub(crate) seat: Seat,
}

#[async_trait]
impl Approver for Answering {
    async fn ask(&self, name: &str, question: &str) -> Decision {
        if self.approved.iter().any(|approved| approved == name || approved == "all") {
            return Decision::Yes;
        }
        if !self.terminal {
            return Decision::Unasked;
        }
        let question = printable(question, false);
        let seat = self.seat.take().await;
        // Closed when the question is given up: whoever is at the terminal next is to have every key.
        let Ok((given_up, _asking)) = pipe_with(PipeFlags::CLOEXEC) else { return Decision::Unasked };
        // A thread of its own: it may wait long, and the run can be stopped meanwhile. The terminal is free when it has ended.
        let answer = move || {
            let _seat = seat;
            asked(&question, &given_up)
        };
        match tokio::task::spawn_blocking(answer).await {
            Ok(Some(true)) => Decision::Yes,
            Ok(Some(false)) => Decision::No,
            Ok(None) | Err(_) => Decision::Unasked,
        }
    }
}

/// The answer; `None` when there is none: the question was given up, the terminal is gone, or at its end.
fn asked(question: &str, given_up: &OwnedFd) -> Option<bool> {
    let mut error = io::stderr().lock();
    write!(error, "{question} [y/N] ").ok()?;
    error.flush().ok()?;
    drop(error);
    let line = line(io::stdin().as_fd(), given_up.as_fd())?;
    Some(matches!(String::from_utf8_lossy(&line).trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The next line, which ends with the input, too; `None` when there is none, or `given_up` was closed on its other side before it came.
/// Nothing is read ahead.
fn line(input: BorrowedFd<'_>, given_up: BorrowedFd<'_>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(input, PollFlags::IN),
            PollFd::from_borrowed_fd(given_up, PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Err(Errno::INTR) => continue,
            Err(_) => return None,
            Ok(_) => {}
        }
        let [_, given_up] = &fds;
        if !given_up.revents().is_empty() {
            return None;
        }
        match retry_on_intr(|| read(input, &mut byte)) {
            Ok(0) if line.is_empty() => return None,
            Ok(0) => return Some(line),
            Ok(_) if byte == [b'\n'] => return Some(line),
            Ok(_) => line.extend(byte),
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rustix::io::write;

    #[test]
    fn a_line_is_read_and_nothing_behind_it() {
        let (input, typed) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let (given_up, _asking) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        write(&typed, b"yes\nls").unwrap();
        let next = || line(input.as_fd(), given_up.as_fd());
        assert_eq!(next().as_deref(), Some(&b"yes"[..]));
        drop(typed);
        assert_eq!(next().as_deref(), Some(&b"ls"[..]));
        assert_eq!(next(), None);
    }

    #[test]
    fn a_question_that_was_given_up_takes_no_key() {
        let (input, typed) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let (given_up, asking) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        std::thread::scope(|scope| {
            let question = scope.spawn(|| line(input.as_fd(), given_up.as_fd()));
            drop(asking);
            assert_eq!(question.join().unwrap(), None);
        });
        write(&typed, b"k").unwrap();
        let mut keys = [0; 2];
        assert_eq!(read(&input, &mut keys).unwrap(), 1);
    }
}
