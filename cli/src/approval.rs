//! `approval(…)`: asking the person at the terminal, unless the command line has the answer.

use std::io::{BufRead, Write};

use async_trait::async_trait;
use pipe_engine::{Approver, Decision};

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
        let _seat = self.seat.take().await;
        // A thread of its own: it may wait for ever, and the run can be stopped meanwhile.
        match tokio::task::spawn_blocking(move || asked(&question)).await {
            Ok(Some(true)) => Decision::Yes,
            Ok(Some(false)) => Decision::No,
            Ok(None) | Err(_) => Decision::Unasked,
        }
    }
}

/// The answer; `None` when there is none: the terminal is gone, or at its end.
fn asked(question: &str) -> Option<bool> {
    let mut error = std::io::stderr().lock();
    write!(error, "{question} [y/N] ").ok()?;
    error.flush().ok()?;
    drop(error);
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(matches!(line.trim().to_lowercase().as_str(), "y" | "yes")),
    }
}
