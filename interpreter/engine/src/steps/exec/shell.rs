//! A shell for a person, in the stead of a command: at a breakpoint, and where a step has failed.

use std::sync::Arc;

use pipe_ops::{Breakpoint, Node, Origin};
use tokio_util::sync::CancellationToken;

use super::super::Inputs;
use super::{prepare, volumes};
use crate::console::{Failed, Visit};
use crate::failure::Cause;
use crate::services::{InUse, Lost};
use crate::session::SessionState;
use crate::{BackendError, Event, Exit, StepSpec};

/// A breakpoint that the run has come to.
pub(crate) struct Stop {
    pub(crate) session: Arc<SessionState>,
    pub(crate) node: Arc<Node>,
    pub(crate) inputs: Inputs,
    /// Nobody is waited for any more.
    pub(crate) stop: CancellationToken,
    /// Ends the person's shell, too: no failure of another step does that.
    pub(crate) cancel: CancellationToken,
}

/// Lets a person look around. Where nobody is it says so, and goes on.
///
/// # Errors
/// What the shell needs cannot be had: a service, a shell in the container.
pub(crate) async fn pause(at: Stop, breakpoint: &Breakpoint) -> Result<(), Cause> {
    let stop = at.stop.clone();
    match look_around(at, breakpoint).await {
        // What was waited for did not come: whoever stopped the run leaves the breakpoint undone.
        Err(_) if stop.is_cancelled() => Ok(()),
        ended => ended,
    }
}

async fn look_around(at: Stop, breakpoint: &Breakpoint) -> Result<(), Cause> {
    let (session, node) = (&at.session, &at.node);
    let engine = &session.context.engine;
    if !engine.options.console.is_there() {
        engine.events.event(Event::Warning { message: passed_over(&node.origins).into() });
        return Ok(());
    }
    let step = prepare(&engine.store, node, &breakpoint.exec, &at.inputs)?;
    let services = match InUse::start(session, &step.services, &at.stop).await {
        Ok(services) => services,
        Err(Lost::Failed(cause)) => return Err(cause),
        Err(_) => return Ok(()),
    };
    let taken = volumes::wait(session, &step, &at.stop).await?;
    let uses = volumes::begin(session, &step, taken).await?;
    let work = session.work().await?;
    let spec = step.spec(work, volumes::specs(&uses), session, services.links()).await?;
    let visit = Visit { name: step.name.clone(), origin: node.origins.first().cloned(), failed: None };
    let shell = Shell { session, spec, programs: breakpoint.shells.clone() };
    let ended = shell.open(visit, &at.stop, &at.cancel).await;
    drop(services);
    volumes::end(session, uses).await?;
    match ended {
        Err(BackendError::Cancelled) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(exit) => missing(&exit, &breakpoint.shells).map_or(Ok(()), Err),
    }
}

/// What is said where nobody can be given a shell.
fn passed_over(origins: &[Origin]) -> String {
    let place = origins.first().map(|origin| format!(" at {}:{}", origin.file, origin.line));
    format!(
        "the breakpoint{} is passed over: there is no terminal to open a shell on",
        place.unwrap_or_default()
    )
}

/// Why there was no shell. How it ended is nobody's business.
pub(super) fn missing(exit: &Exit, shells: &[String]) -> Option<Cause> {
    let reason = match exit {
        Exit::ProgramMissing { .. } if !shells.is_empty() => {
            format!("no shell can be opened: this container has none of {}", shells.join(", "))
        }
        Exit::ProgramMissing { program } | Exit::ShellMissing { shell: program } => {
            format!("the program `{program}` is not in this root")
        }
        _ => return None,
    };
    let help = "`terminal(command: [\"program\"])` runs something that is in it";
    Some(Cause::pipeline(reason).help(help))
}

/// A shell that is to be opened.
pub(super) struct Shell<'a> {
    pub(super) session: &'a SessionState,
    pub(super) spec: StepSpec,
    /// The first of them that is there is run; with none the step's own command.
    pub(super) programs: Vec<String>,
}

impl Shell<'_> {
    /// Waits for the person's attention, and then until they have ended the shell. `stop` ends only the first wait, `cancel` both.
    pub(super) async fn open(
        self,
        visit: Visit,
        stop: &CancellationToken,
        cancel: &CancellationToken,
    ) -> Result<Exit, BackendError> {
        let Shell { session, mut spec, programs } = self;
        let options = &session.context.engine.options;
        for (name, value) in options.console.variables() {
            spec.env.entry(name).or_insert(value);
        }
        let redactor = &options.redactor;
        let failed = visit.failed.map(|failed| Failed {
            reason: redactor.text(&failed.reason),
            log_tail: redactor.bytes(&failed.log_tail),
        });
        let visit = Visit { name: redactor.text(&visit.name).into(), failed, ..visit };
        let turn = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(BackendError::Cancelled),
            turn = options.console.turn(visit) => turn,
        };
        let attached = turn.clone();
        let attach = Box::new(move |terminal| attached.attach(terminal));
        let ended = session.context.engine.backend.shell(spec, programs, attach, cancel).await;
        drop(turn);
        ended
    }
}
