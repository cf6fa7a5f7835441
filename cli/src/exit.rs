//! How the process ends: the one place that maps errors to exit codes.

use std::process::ExitCode;
use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, Sources};

/// Exit codes, as documented in `docs/reference/cli.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All went well.
    Success = 0,
    /// The pipeline, a test or a check failed.
    Failed = 1,
    /// The command line, the configuration or the package is wrong, or a grant was refused.
    Usage = 2,
    /// The engine or the machine failed.
    Machine = 3,
    /// An action waits for a person.
    Approval = 4,
    /// The user stopped it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// An error that ends a command.
#[derive(Clone, Debug)]
pub(crate) struct CliError {
    /// How the process ends.
    pub(crate) exit: Exit,
    /// What to say.
    pub(crate) report: Report,
}

/// What an error says.
#[derive(Clone, Debug)]
pub(crate) enum Report {
    /// A line, and what to do.
    Message {
        /// What happened.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// Problems with places in the source.
    Diagnostics {
        /// The problems.
        diagnostics: Vec<Diagnostic>,
        /// The texts they are in.
        sources: Arc<Sources>,
    },
    /// Several, each said by itself.
    Several(Vec<CliError>),
    /// It was said already.
    Silent,
}

impl CliError {
    /// An error of this class.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> CliError {
        CliError { exit, report: Report::Message { message: message.into(), help: None } }
    }

    /// The caller's mistake.
    pub(crate) fn usage(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Usage, message)
    }

    /// The machine's or the engine's failure.
    pub(crate) fn machine(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Machine, message)
    }

    /// Problems in the source.
    pub(crate) fn diagnostics(exit: Exit, diagnostics: Vec<Diagnostic>, sources: Arc<Sources>) -> CliError {
        CliError { exit, report: Report::Diagnostics { diagnostics, sources } }
    }

    /// All that failed, in one: it ends as the worst of them does. `None`: nothing did.
    pub(crate) fn together(mut failures: Vec<CliError>) -> Option<CliError> {
        if failures.len() < 2 {
            return failures.pop();
        }
        let exit = failures.iter().map(|failure| failure.exit).max()?;
        Some(CliError { exit, report: Report::Several(failures) })
    }

    /// An end of which all has been said.
    pub(crate) fn silent(exit: Exit) -> CliError {
        CliError { exit, report: Report::Silent }
    }

    /// Says what to do.
    pub(crate) fn help(mut self, text: impl Into<String>) -> CliError {
        if let Report::Message { help, .. } = &mut self.report {
            *help = Some(text.into());
        }
        self
    }
}
