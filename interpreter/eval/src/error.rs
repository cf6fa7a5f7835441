//! Errors of an evaluation. Each is a diagnostic at the expression that could not be evaluated, with the calls that led there.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_diagnostics::{Diagnostic, FileSpan};
use pipe_ops::pure::PureError;

use crate::rounds::{Wait, Waiting};

/// What went wrong, and what the command line makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// Which kind of error it is.
    pub kind: ErrorKind,
    /// How it is shown.
    pub diagnostic: Diagnostic<FileSpan>,
    /// How many calls are named as labels already.
    calls: usize,
}

/// Kinds of errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The program has no value for these arguments: `fail(…)`, an overflow, a value that is too long for a script.
    Pipeline,
    /// A value that only the caller can give was not given.
    Usage,
    /// It needs an operation that this engine does not have yet.
    NotThereYet {
        /// The operation, as users write it.
        operation: Arc<str>,
    },
    /// The budget is used up.
    Limit,
    /// It waits for an output that is not known. Never leaves the evaluator: the expression has a value that waits.
    Waits(Wait),
    /// The typed program is not what the checker promises.
    Internal,
}

/// Results inside the evaluator. The error is boxed: it is large and rare.
pub(crate) type Result<T, E = Box<EvalError>> = std::result::Result<T, E>;

/// An error names at most so many calls.
const SHOWN_CALLS: usize = 6;

impl EvalError {
    fn new(kind: ErrorKind, diagnostic: Diagnostic<FileSpan>) -> Box<EvalError> {
        Box::new(EvalError { kind, diagnostic, calls: 0 })
    }

    /// Names a call that the error came through, from the inside out.
    pub(crate) fn called_at(mut self: Box<Self>, place: FileSpan, function: &str) -> Box<Self> {
        if self.calls < SHOWN_CALLS {
            let label = format!("in this call of `{function}`");
            self.diagnostic.labels.push(pipe_diagnostics::Label { place, text: label });
        }
        self.calls += 1;
        self
    }

    /// Says what to do.
    pub(crate) fn help(mut self: Box<Self>, text: impl Into<String>) -> Box<Self> {
        self.diagnostic.help = Some(text.into());
        self
    }
}

impl std::fmt::Display for EvalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for EvalError {}

/// `fail("…")` was reached.
pub(crate) fn failed(message: &str, place: FileSpan) -> Box<EvalError> {
    EvalError::new(ErrorKind::Pipeline, Diagnostic::error("evaluation-failed", message, place))
}

/// A command of a fake container fails, and nothing allows that.
pub(crate) fn fake_failed(exit_code: i64, place: FileSpan) -> Box<EvalError> {
    let message = format!("this command fails: the fake container's answer has exit code {exit_code}");
    failed(&message, place)
}

/// An argument whose value cannot be.
pub(crate) fn invalid(message: impl Into<String>, place: FileSpan) -> Box<EvalError> {
    EvalError::new(ErrorKind::Pipeline, Diagnostic::error("invalid-value", message, place))
}

/// A package names a command that would print a secret. No grant allows that.
pub(crate) fn command_in_package(place: FileSpan) -> Box<EvalError> {
    let message = "a package may not name a command that prints a secret";
    let diagnostic =
        Diagnostic::error("secret-command", message, place).role("this would run on your machine");
    EvalError::new(ErrorKind::Usage, diagnostic)
        .help("only the user can, on the command line: `--token 'cmd:COMMAND'`; write `env:NAME` or `file:PATH` here")
}

/// The caller gave no value for a `param`, and it has no default.
pub(crate) fn not_given(param: &str, ty: &Type, place: FileSpan) -> Box<EvalError> {
    let message = format!("the parameter `{param}` has no default and no value was given");
    let diagnostic = Diagnostic::error("invalid-value", message, place);
    EvalError::new(ErrorKind::Usage, diagnostic).help(flag_to_give(param, ty))
}

/// How a value is given on the command line: of a secret, where it comes from.
pub(crate) fn flag_to_give(param: &str, ty: &Type) -> String {
    let flag = param.replace('_', "-");
    if ty.to_string() == "Secret" {
        format!("say where it comes from with `--{flag} env:NAME` or `--{flag} file:PATH`")
    } else {
        format!("give one with `--{flag} VALUE`")
    }
}

/// A pure function has no value for its arguments.
pub(crate) fn pure(error: &PureError, place: FileSpan) -> Box<EvalError> {
    match error {
        PureError::Unknown { .. } | PureError::Argument { .. } => internal(&error.to_string(), place),
        PureError::ScriptValue { reason } => script_value(reason, place),
        PureError::Failed { message } => failed(message, place),
        _ => invalid(capitalised(&error.to_string()), place),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// A value that cannot travel in a step's environment.
pub(crate) fn script_value(reason: &str, place: FileSpan) -> Box<EvalError> {
    let (message, help) = reason.split_once(": ").unwrap_or((reason, ""));
    let diagnostic = Diagnostic::error("script-value", capitalised(message), place).role("this value");
    let error = EvalError::new(ErrorKind::Pipeline, diagnostic);
    if help.is_empty() { error } else { error.help(help) }
}

/// Control flow needs a value that is not known in this round: this one, or one that waits itself.
pub(crate) fn waits(wait: Wait, place: FileSpan) -> Box<EvalError> {
    let diagnostic = Diagnostic::error("internal-error", "this waits for a step", place);
    EvalError::new(ErrorKind::Waits(wait), diagnostic)
}

/// As [`waits`], for what this value waits for.
pub(crate) fn along(waiting: &Waiting, place: FileSpan) -> Box<EvalError> {
    waits(Wait::Along(waiting.lost.clone()), place)
}

/// The plan of an action depends on what an effect gives. `what`: `if`, `match`, …; `effect`: what it is called; `simulated`: the test could
/// say what it gives.
pub(crate) fn known_later(what: &str, effect: &str, simulated: bool, place: FileSpan) -> Box<EvalError> {
    let message = format!("{what} needs a value that is known only after `{effect}` was done");
    let help = match simulated {
        true => format!("say what it gives, in its place among the answers: `Output(\"{effect}\", stdout: \"…\")`"),
        false => "put what follows from it into an action of its own, and plan that; or `simulate` it, and say what the effect gives"
            .to_owned(),
    };
    let diagnostic =
        Diagnostic::error("known-later", message, place).role("known only when the action runs").help(help);
    EvalError::new(ErrorKind::Pipeline, diagnostic)
}

/// There is no result to read: `stdout` of a container in which nothing ran.
pub(crate) fn no_result(field: &str, place: FileSpan) -> Box<EvalError> {
    let message = format!("`{field}` needs a command that ran, and none did here");
    let diagnostic =
        Diagnostic::error("no-result", message, place).help("call `.run(…)` or `.check(…)` before it");
    EvalError::new(ErrorKind::Pipeline, diagnostic)
}

/// Something is wrong in a Dockerfile.
pub(crate) fn dockerfile(message: impl Into<String>, place: FileSpan) -> Box<EvalError> {
    EvalError::new(ErrorKind::Pipeline, Diagnostic::error("bad-dockerfile", message, place))
}

/// An operation that is declared and not there yet.
pub(crate) fn not_there_yet(operation: &str, place: FileSpan) -> Box<EvalError> {
    let message = format!("`{operation}` is not available in this version");
    let kind = ErrorKind::NotThereYet { operation: operation.into() };
    EvalError::new(kind, Diagnostic::error("not-there-yet", message, place))
}

/// The budget is used up.
pub(crate) fn limit(what: &str, place: FileSpan) -> Box<EvalError> {
    let message = format!("the evaluation takes more than {what}");
    let diagnostic =
        Diagnostic::error("evaluation-limit", message, place).role("it was here when it was stopped");
    EvalError::new(ErrorKind::Limit, diagnostic)
}

/// The typed program breaks a promise of the checker.
pub(crate) fn internal(what: &str, place: FileSpan) -> Box<EvalError> {
    let message = format!("internal error in the evaluator: {what}");
    let diagnostic =
        Diagnostic::error("internal-error", message, place).help("please report this with the program");
    EvalError::new(ErrorKind::Internal, diagnostic)
}
