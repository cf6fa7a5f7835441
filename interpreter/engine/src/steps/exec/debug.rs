//! `--debug`: a shell where a step has failed, in what it left.

use std::sync::Arc;

use pipe_store::{Refused, Stored, VolumeUse};

use super::super::blocking;
use super::flight::{self, Flight, Job};
use super::record::{self, Left};
use super::shell::{Shell, missing};
use super::volumes;
use crate::capture::Captured;
use crate::console::{Failed, Visit};
use crate::failure::Cause;
use crate::results::ExecResult;
use crate::{BackendError, Event, Exit, MountSource, ServiceLink, StepOutcome, StepSpec};

/// Whether a shell is opened at this end. Where secrets are in what the step left, nothing of that is there to look at.
pub(super) fn is_wanted(job: &Job, outcome: &StepOutcome) -> bool {
    job.is_debugged() && !job.is_success(&outcome.exit) && outcome.leaks.is_empty()
}

/// What comes of a failed command, as without a shell, and what it left.
///
/// # Errors
/// It cannot be taken into the store.
pub(super) async fn keep(
    job: &Job,
    outcome: StepOutcome,
    captured: Captured,
    refused: Refused,
) -> Result<(Result<Flight, Cause>, Left), Cause> {
    if let Exit::Code(code) = outcome.exit {
        let flight = flight::keep(job, code, outcome, captured, refused).await?;
        let Flight::Ran(result, _) = &flight else {
            return Err(Cause::machine("a command that ran has no result"));
        };
        let left = left_of(result);
        return Ok((Ok(flight), left));
    }
    let cause = flight::no_result(&job.step, &outcome.exit, captured.tail);
    let (store, step) = (job.session.context.engine.store.clone(), job.step.clone());
    let left = blocking(move || record::adopt(&store, &step, outcome)).await?;
    Ok((Err(cause), left))
}

fn left_of(result: &Arc<ExecResult>) -> Left {
    let mounts = result.mounts.iter().map(|value| value.as_ref().and_then(crate::Value::stored));
    Left { root: (*result.root.tree).clone(), mounts: mounts.collect() }
}

/// Opens a shell in what a command left, and waits until it ends. That there is none changes nothing of how the command failed.
pub(super) async fn open(
    job: &Job,
    left: Left,
    uses: &[VolumeUse],
    services: Vec<ServiceLink>,
    failed: Failed,
) {
    let hint = job.step.shell();
    let programs = pipe_ops::shells(hint);
    let opened = async {
        let work = job.session.work().await?;
        let spec = job.step.spec(work, volumes::specs(uses), &job.session, services).await?;
        let visit = Visit { name: job.step.name.clone(), origin: job.origin.clone(), failed: Some(failed) };
        let shell =
            Shell { session: &job.session, spec: in_what_is_left(spec, left), programs: programs.clone() };
        match shell.open(visit, &job.stop, &job.cancel).await {
            Err(BackendError::Cancelled) => Ok(()),
            Err(error) => Err(Cause::from(error)),
            Ok(exit) => missing(&exit, &programs).map_or(Ok(()), Err),
        }
    };
    if let Err(cause) = opened.await {
        let message = format!("`--debug` opens no shell where `{}` failed: {}", job.step.name, cause.reason);
        let message = job.session.context.engine.options.redactor.text(&message);
        job.session.context.engine.events.event(Event::Warning { message: message.into() });
    }
}

/// The same surroundings, over what the command made of its files.
fn in_what_is_left(spec: StepSpec, left: Left) -> StepSpec {
    let mut spec = StepSpec { root: left.root.layers, stdin: None, timeout: None, shell: None, ..spec };
    for (mount, left) in spec.mounts.iter_mut().zip(left.mounts) {
        match left {
            Some(Stored::Tree(tree)) => mount.source = MountSource::Tree(tree.layers),
            Some(Stored::File(file)) => mount.source = MountSource::File(file),
            None => {}
        }
    }
    spec
}
