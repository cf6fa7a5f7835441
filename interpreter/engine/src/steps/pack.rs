//! Files and trees made of trees, once for each content.

use pipe_archive::{ArchiveError, pack};
use pipe_ops::{Op, PackForm, Preimage, StepKey};
use pipe_store::Stored;

use super::inspect::whole;
use super::{Inputs, OpContext};
use crate::failure::Cause;
use crate::{TreeValue, Value};

/// Permission bits of a made file.
const MODE: u32 = 0o644;

/// What was made before of the same content.
pub(super) fn cached(context: &OpContext, op: &Op, inputs: &Inputs) -> Result<Option<Value>, Cause> {
    let found = context.engine.store.lookup_op(key(context, op, inputs)?)?;
    Ok(found.map(value))
}

/// Makes it and records it.
pub(super) fn make(context: &OpContext, op: &Op, inputs: &Inputs) -> Result<Value, Cause> {
    let store = &context.engine.store;
    let made = match op {
        Op::Difference { from, to } => {
            let (from, to) = (whole(inputs, *from, "compared")?, whole(inputs, *to, "compared")?);
            Stored::Tree(store.difference(&from.tree, &to.tree)?)
        }
        Op::Pack { tree, form } => {
            let content = store.content(&whole(inputs, *tree, "packed")?.tree)?;
            let time = context.engine.options.source_date;
            Stored::File(store.make_file(MODE, |to| pack(*form, &content, time, to))?)
        }
        _ => return Err(super::not_ours(op)),
    };
    store.record_op(key(context, op, inputs)?, &made)?;
    Ok(value(made))
}

fn value(stored: Stored) -> Value {
    match stored {
        Stored::Tree(tree) => Value::Tree(TreeValue::whole(tree)),
        Stored::File(file) => Value::File(file),
    }
}

/// Everything that the result depends on.
fn key(context: &OpContext, op: &Op, inputs: &Inputs) -> Result<StepKey, Cause> {
    let preimage = Preimage::new(crate::describe::operation(op));
    let preimage = match op {
        Op::Difference { from, to } => preimage
            .digest("from", whole(inputs, *from, "compared")?.tree.digest.0)
            .digest("to", whole(inputs, *to, "compared")?.tree.digest.0),
        Op::Pack { tree, form } => {
            let preimage = preimage.digest("tree", whole(inputs, *tree, "packed")?.tree.digest.0);
            match form {
                PackForm::Checksums => preimage,
                PackForm::Tar | PackForm::Zip => {
                    preimage.text("time", context.engine.options.source_date.to_string())
                }
            }
        }
        _ => return Err(super::not_ours(op)),
    };
    Ok(preimage.key())
}

impl From<ArchiveError> for Cause {
    fn from(error: ArchiveError) -> Cause {
        match error {
            ArchiveError::Entry { .. } => Cause::pipeline(error.to_string()),
            ArchiveError::Store(error) => Cause::from(error),
            ArchiveError::Write(_) => Cause::machine(error.to_string()),
        }
    }
}
