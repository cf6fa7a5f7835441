//! Images leave: to a registry, with files that belong to them, and to the container engine of this machine.

use std::sync::Arc;

use pipe_ops::{Account, Arg, Datum, Output};
use pipe_registry::{Login, Reference};
use zeroize::Zeroizing;

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
    auth: Option<&Account>,
) -> Result<Value, Cause> {
    let digests = digests(&inputs, image)?;
    let to = named(&inputs, reference)?;
    let login = auth.map(|auth| login(&inputs, auth)).transpose()?;
    check_online(&context, || format!("{to} would be pushed"))?;
    let pushed = on_thread(move |cancel| {
        let images = context.images.images();
        let pushed = images.push(digests.whole, &to, login.as_ref(), cancel);
        pushed.map(|pushed| pushed.of(&to, digests.whole)).map_err(cause)
    });
    Ok(Value::Datum(Datum::text(pushed.await??)))
}

/// Attaches a file to an image; gives the reference of what is attached.
pub(super) async fn attach(
    context: Arc<OpContext>,
    inputs: Inputs,
    image: &Arg,
    media_type: &Arg,
    file: Output,
) -> Result<Value, Cause> {
    let image = named(&inputs, image)?;
    let (media_type, file) = (inputs.text(media_type)?.to_owned(), inputs.file(file)?.clone());
    check_online(&context, || format!("a file would be attached to {image}"))?;
    let attached = on_thread(move |cancel| {
        context.images.images().attach(&image, &media_type, &file, cancel).map_err(cause)
    });
    Ok(Value::Datum(Datum::text(attached.await??)))
}

/// # Errors
/// When nobody is to be asked.
fn check_online(context: &OpContext, what: impl Fn() -> String) -> Result<(), Cause> {
    if !context.engine.options.images.offline {
        return Ok(());
    }
    let message = format!("{}, and `--offline` asks nobody", what());
    Err(Cause::usage(message).help("run without `--offline`"))
}

/// A user and a password, which is a text without the line end that a file of it has.
fn login(inputs: &Inputs, auth: &Account) -> Result<Login, Cause> {
    let secret = inputs.secret(auth.password)?;
    let password = secret.bytes().without_line_end();
    let password = std::str::from_utf8(password.expose()).map_err(|_| {
        Cause::usage(format!("the secret `{}` is no text, as a password has to be", secret.name()))
    })?;
    let username = inputs.text(&auth.username)?.to_owned();
    Ok(Login::Password { username, password: Zeroizing::new(password.to_owned()) })
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
