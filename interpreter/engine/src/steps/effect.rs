//! Effects: what is done to the world. Commands among them are run as steps are.

use pipe_ops::{Act, Datum, Effect, NodeId, Op, Output};
use pipe_store::{HostPath, StoreError};
use tokio_util::sync::CancellationToken;

use super::{Inputs, OpContext, blocking, push};
use crate::failure::{Cause, FailureClass};
use crate::session::SessionState;
use crate::{Decision, Event, Value, services};

use std::sync::Arc;
use std::time::Duration;

/// Does an effect that is no command. `None` when it was stopped.
pub(crate) async fn act(
    session: Arc<SessionState>,
    node: NodeId,
    effect: Effect,
    inputs: Inputs,
    stop: CancellationToken,
) -> Result<Option<Value>, Cause> {
    let context = session.context.clone();
    match &effect.act {
        Act::Export { source, is_file, path } => {
            let (source, is_file, path) = (*source, *is_file, path.clone());
            let op = Op::Effect(Box::new(effect));
            blocking(move || export(&context, &op, &inputs, source, is_file, &path)).await?;
            return Ok(Some(Value::Datum(Datum::Unit)));
        }
        Act::Sleep(duration) => {
            let Datum::Duration(nanoseconds) = inputs.datum(duration)? else {
                return Err(Cause::machine("a wait without a duration"));
            };
            let wait = Duration::from_nanos(nanoseconds.max(&0).unsigned_abs());
            tokio::select! {
                () = stop.cancelled() => return Ok(None),
                () = tokio::time::sleep(wait) => {}
            }
        }
        Act::Approve(question) => {
            let question = &context.engine.options.redactor.text(inputs.text(question)?);
            let asked = context.engine.options.approver.ask(&effect.name, question);
            let decision = tokio::select! {
                () = stop.cancelled() => return Ok(None),
                decision = asked => decision,
            };
            approved(decision, &effect.name, question)?;
        }
        Act::Notify(message) => {
            let message = context.engine.options.redactor.text(inputs.text(message)?);
            context.engine.events.event(Event::Notice { message: message.into() });
        }
        Act::Up { service, ports } => {
            let Value::Service(service) = inputs.get(*service)? else {
                return Err(Cause::machine("something else stands where a service is to be run"));
            };
            return services::up(session, node, service.clone(), ports.clone(), stop).await;
        }
        Act::Push { image, reference, auth } => {
            return push::push(context, inputs, *image, reference, auth.as_ref()).await.map(Some);
        }
        Act::Load { image, reference } => {
            return push::load(context, inputs, *image, reference).await.map(Some);
        }
        Act::Attach { image, media_type, file } => {
            return push::attach(context, inputs, image, media_type, *file).await.map(Some);
        }
        Act::Perform(_) => return Err(Cause::machine("a command is no effect of the engine's own")),
    }
    Ok(Some(Value::Datum(Datum::Unit)))
}

fn approved(decision: Decision, name: &str, question: &str) -> Result<(), Cause> {
    match decision {
        Decision::Yes => Ok(()),
        Decision::No => Err(Cause::pipeline("somebody said no")),
        Decision::Unasked => Err(Cause::approval(format!("waits for an answer: {question}"))
            .help(format!("to go on, run it again with `--approve {name}`"))),
    }
}

fn export(
    context: &OpContext,
    op: &Op,
    inputs: &Inputs,
    source: Output,
    is_file: bool,
    path: &str,
) -> Result<(), Cause> {
    let to =
        context.host.access.destination(op, path).map_err(|missing| Cause::usage(missing.to_string()))?;
    // Between the answer and the write another action may put a link on the way.
    let to = HostPath::resolved(&to);
    let (store, time) = (&context.engine.store, context.engine.options.source_date);
    let written = if is_file {
        store.export_file(inputs.file(source)?, to, time)
    } else {
        store.export_tree(&inputs.tree(source)?.tree, to, time).map(|exported| {
            if let Some(message) = exported.warning(path.as_ref()) {
                context.engine.events.event(Event::Warning { message: message.into() });
            }
        })
    };
    written.map_err(|error| {
        let class = match &error {
            StoreError::Export(error) if error.is_of_the_request() => FailureClass::Usage,
            _ => FailureClass::Machine,
        };
        Cause::new(class, error.to_string())
    })
}
