//! How a service ended, as a command that used it tells it.

use std::time::Duration;

use crate::failure::Cause;
use crate::humane::humane;
use crate::{Exit, ServiceEnd};

/// The end of a service.
#[derive(Clone, Debug)]
pub(crate) struct Death {
    pub(super) how: Result<ServiceEnd, Cause>,
    /// So long it could take until it could be used.
    pub(super) patience: Duration,
    /// The end of what it printed, masked.
    pub(super) log_tail: Vec<u8>,
}

impl Death {
    /// It ended by itself, as programs do that have nothing more to do.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self.how, Ok(ServiceEnd::Exited(Exit::Code(0))))
    }

    /// What a command fails with that used it under this name; before it could be used, if it never came so far.
    pub(super) fn cause(&self, alias: &str, was_ready: bool) -> Cause {
        let before = if was_ready { "" } else { " before it was ready" };
        let service = format!("its service `{alias}`");
        let (reason, help) = match &self.how {
            Err(cause) => {
                let reason = format!("{service} could not be run: {}", cause.reason);
                return Cause { reason, log_tail: self.tail(alias, &[]), ..cause.clone() };
            }
            Ok(ServiceEnd::Exited(Exit::Code(code))) => {
                (format!("{service} ended with exit code {code}{before}"), None)
            }
            Ok(ServiceEnd::Exited(Exit::ProgramMissing { program })) => {
                let help = "`service(command: …)` names what is started; without it that is the entrypoint and command of the container";
                (format!("{service} cannot start: the program `{program}` is not in its root"), Some(help))
            }
            Ok(ServiceEnd::Exited(Exit::ShellMissing { shell })) => {
                let help = "start a program directly, as a list: `service(command: [\"program\"])`";
                (
                    format!("{service} cannot start: its script needs {shell}, which is not in its root"),
                    Some(help),
                )
            }
            Ok(ServiceEnd::Exited(Exit::OutOfMemory)) => {
                (format!("{service} was killed{before}: out of memory"), None)
            }
            Ok(ServiceEnd::Exited(Exit::TimedOut)) => (format!("{service} was killed{before}"), None),
            Ok(ServiceEnd::CommandFailed { printed }) => {
                let help = "what `ready:` names has to succeed once the service can be used; `ready_timeout:` says how long that may take";
                let waited = humane(self.patience);
                let reason =
                    format!("{service} was not ready after {waited}: its `ready:` command did not succeed");
                return Cause { log_tail: self.tail(alias, printed), ..Cause::pipeline(reason).help(help) };
            }
            Ok(ServiceEnd::NobodyListens { port }) => {
                let help = "it has to listen at all addresses (0.0.0.0), not only at its own loopback; `expose` names its ports, `ready:` a command that tells when it can be used, `ready_timeout:` how long that may take";
                let waited = humane(self.patience);
                (format!("{service} was not ready after {waited}: nobody listens at port {port}"), Some(help))
            }
        };
        let cause = Cause { log_tail: self.tail(alias, &[]), ..Cause::pipeline(reason) };
        match help {
            Some(help) => cause.help(help),
            None => cause,
        }
    }

    /// What it printed, and what its `ready:` command printed last.
    fn tail(&self, alias: &str, probed: &[u8]) -> Vec<u8> {
        let mut tail = Vec::new();
        for (what, text) in
            [("the service", &*self.log_tail), ("the `ready:` command of the service", probed)]
        {
            if !text.is_empty() {
                tail.extend(format!("--- {what} `{alias}` printed:\n").into_bytes());
                tail.extend(text);
            }
        }
        tail
    }
}
