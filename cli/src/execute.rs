//! Running what was evaluated, until it is done or the user stops it.

use pipe_engine::{Ending, Engine, EngineError, FailureClass, Rounds, RunReport};
use pipe_ops::Origin;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::grants;
use crate::lock;
use crate::package::Package;
use crate::progress::Progress;
use crate::signals::Signals;

/// The runtime of a command that runs steps. The threads that block are the engine's; this one only waits.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn runtime() -> Result<Runtime, CliError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| CliError::machine(format!("cannot start: {error}")))
}

/// Runs what the rounds demand. A signal stops it; then the report says that it was cancelled.
///
/// # Errors
/// When nothing could be run: an operation that is not there, a missing grant, a broken store.
pub(crate) fn run(
    engine: &Engine,
    rounds: &mut impl Rounds,
    package: &Package,
    environment: &Environment,
    progress: &Progress,
) -> Result<RunReport, CliError> {
    let runtime = runtime()?;
    let report = runtime.block_on(async {
        let cancel = CancellationToken::new();
        Signals::listen()?.cancel(cancel.clone());
        let session = engine.session().await.map_err(|error| refused(&error, package))?;
        let report = session.run_rounds(rounds, &cancel).await;
        lock::add(package.folder(), &session.new_pins(), environment, |message| progress.warning(message));
        session.shutdown(&cancel).await;
        report.map_err(|error| refused(&error, package))
    });
    // A thread that blocks in a system call must not hold up the end.
    runtime.shutdown_background();
    report
}

/// What pins a tag.
const PIN: &str = "run once without `--locked` and keep the pipe.lock that it writes with the sources";

/// The exit code of a run.
pub(crate) fn exit_of(ending: Ending) -> Exit {
    match ending {
        Ending::Done => Exit::Success,
        Ending::Cancelled => Exit::Interrupted,
        Ending::Failed(class) => exit_of_class(class),
    }
}

/// The exit code of a failure.
pub(crate) fn exit_of_class(class: FailureClass) -> Exit {
    match class {
        FailureClass::Approval => Exit::Approval,
        FailureClass::Pipeline => Exit::Failed,
        FailureClass::Usage => Exit::Usage,
        FailureClass::Machine => Exit::Machine,
    }
}

/// Why the engine would not even begin, at the places that ask for what it refuses.
pub(crate) fn refused(error: &EngineError, package: &Package) -> CliError {
    let exit = exit_of_class(error.class());
    match error {
        EngineError::Unsupported(all) => {
            let mut found: Vec<pipe_diagnostics::Diagnostic> = Vec::new();
            for one in all {
                let message = format!("`{}` is not available in this version", one.operation);
                let more = at("not-there-yet", message, &one.origins, "asked for here");
                // One place may ask for it with many values.
                let is_new = |more: &pipe_diagnostics::Diagnostic| {
                    let same = |known: &pipe_diagnostics::Diagnostic| {
                        known.primary.place == more.primary.place && known.message == more.message
                    };
                    !found.iter().any(same)
                };
                found.extend(more.filter(is_new));
            }
            diagnostics(exit, found, error, package)
        }
        EngineError::Unpinned(all) => {
            let found = all.iter().filter_map(|one| {
                let message =
                    format!("{} is not pinned in pipe.lock, and `--locked` takes nothing else", one.name);
                at("not-pinned", message, &one.origins, "named here").map(|found| found.help(PIN))
            });
            diagnostics(exit, found.collect(), error, package)
        }
        EngineError::Refused(missing) => grants::refused(missing, package),
        EngineError::Backend(pipe_engine::BackendError::Unsupported { what, help }) => {
            CliError::new(exit, what).help(help)
        }
        other => CliError::new(exit, other.to_string()),
    }
}

fn at(
    code: &'static str,
    message: String,
    origins: &[Origin],
    role: &str,
) -> Option<pipe_diagnostics::Diagnostic> {
    let place = |origin: &Origin| pipe_diagnostics::FileSpan {
        file: origin.file.clone(),
        start: origin.start,
        end: origin.end,
    };
    let (first, others) = origins.split_first()?;
    let diagnostic = pipe_diagnostics::Diagnostic::error(code, message, place(first)).role(role);
    Some(others.iter().fold(diagnostic, |diagnostic, other| diagnostic.label(place(other), role)))
}

/// Without a place in the source the message stands alone.
fn diagnostics(
    exit: Exit,
    found: Vec<pipe_diagnostics::Diagnostic>,
    error: &EngineError,
    package: &Package,
) -> CliError {
    if found.is_empty() {
        return CliError::new(exit, error.to_string());
    }
    CliError::diagnostics(exit, found, package.sources())
}
