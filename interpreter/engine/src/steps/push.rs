//! Images leave: to a registry, and to the container engine of this machine.

use std::sync::Arc;

use pipe_ops::{Arg, Datum, Output, PushAuth};
use pipe_registry::Reference;

use super::assemble::digests;
use super::{Inputs, OpContext};
use crate::Value;
use crate::failure::Cause;
use crate::session::{cause, on_thread};

/// Sends an image; gives its reference with its digest.
pub(super) async fn push(
    context: Arc<OpContext>,
    inputs: Inputs,
    image: Output,
    reference: &Arg,
    auth: Option<&PushAuth>,
) -> Result<Value, Cause> {
    let digests = digests(&inputs, image)?;
    let to = named(&inputs, reference)?;
    if let Some(auth) = auth {
        return Err(inputs.get(auth.password).map_or_else(
            |cause| cause,
            |_| Cause::machine("a password that is no secret stands where one is needed"),
        ));
    }
    if context.engine.options.images.offline {
        let message = format!("{to} would be pushed, and `--offline` asks nobody");
        return Err(Cause::usage(message).help("run without `--offline`"));
    }
    let pushed = on_thread(move |cancel| {
        let images = context.images.images();
        let pushed = images.push(digests.whole, &to, None, cancel);
        pushed.map(|pushed| pushed.of(&to, digests.whole)).map_err(cause)
    });
    Ok(Value::Datum(Datum::text(pushed.await??)))
}

/// Puts an image into the container engine of this machine; gives its name there.
pub(super) async fn load(
    context: Arc<OpContext>,
    inputs: Inputs,
    image: Output,
    reference: &Arg,
) -> Result<Value, Cause> {
    let digests = digests(&inputs, image)?;
    let name = named(&inputs, reference)?;
    let given = inputs.text(reference)?.to_owned();
    let time = context.engine.options.source_date;
    let loaded = on_thread(move |cancel| {
        context.images.images().load(digests.manifest, &name, time, cancel).map_err(cause)
    });
    loaded.await??;
    Ok(Value::Datum(Datum::text(given)))
}

fn named(inputs: &Inputs, reference: &Arg) -> Result<Reference, Cause> {
    Reference::parse(inputs.text(reference)?).map_err(|error| Cause::pipeline(error.to_string()))
}
