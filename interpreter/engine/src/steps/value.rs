//! Ops that give plain values.

use pipe_ops::{Arg, Datum, Output};
use pipe_store::FileRef;

use super::{Inputs, OpContext};
use crate::Value;
use crate::failure::Cause;
use crate::results::{TEXT_LIMIT, decode};

/// Bytes up to which a file is read by whoever schedules.
const SMALL: u64 = 64 << 10;

pub(super) fn apply(inputs: &Inputs, function: &str, args: &[Arg]) -> Result<Value, Cause> {
    let args: Vec<Datum> = args.iter().map(|arg| inputs.datum(arg).cloned()).collect::<Result<_, _>>()?;
    let value = pipe_ops::pure::apply(function, &args).map_err(|error| Cause::pipeline(error.to_string()))?;
    Ok(Value::Datum(value))
}

pub(super) fn small_contents(
    context: &OpContext,
    inputs: &Inputs,
    file: Output,
) -> Result<Option<Value>, Cause> {
    let file = inputs.file(file)?;
    if file.size > SMALL { Ok(None) } else { read(context, file).map(Some) }
}

pub(super) fn contents(context: &OpContext, inputs: &Inputs, file: Output) -> Result<Value, Cause> {
    read(context, inputs.file(file)?)
}

fn read(context: &OpContext, file: &FileRef) -> Result<Value, Cause> {
    let what = "content of the file";
    if file.size > TEXT_LIMIT as u64 {
        let limit = TEXT_LIMIT >> 20;
        return Err(Cause::pipeline(format!(
            "the {what} is larger than {limit} MiB, the most a text can be"
        ))
        .help("mount the file into a step instead of taking its text"));
    }
    let text = decode(context.engine.store.read_file(file)?, what)?;
    Ok(Value::Datum(Datum::Text(text)))
}
