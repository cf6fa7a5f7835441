//! Archives as trees, once for each content.

use std::sync::Arc;

use pipe_archive::{UnpackFailure, Unpacking, unpack};
use pipe_ops::{Output, Preimage, StepKey};
use pipe_store::{FileRef, Stored};

use super::{Inputs, OpContext};
use crate::failure::Cause;
use crate::session::on_thread;
use crate::{TreeValue, Value};

/// What was unpacked before of the same content.
pub(super) fn cached(
    context: &OpContext,
    inputs: &Inputs,
    file: Output,
    root: bool,
) -> Result<Option<Value>, Cause> {
    let (store, file) = (&context.engine.store, inputs.file(file)?);
    let mut found = store.lookup_op(key(file, root, Owners::Kept))?;
    if found.is_none() {
        found = store.lookup_op(key(file, root, Owners::Lost))?;
        // Only then, for to know it may cost a process.
        found = found.filter(|_| store.step_ids().is_ok_and(|ids| ids == 1));
    }
    Ok(found.and_then(|stored| match stored {
        Stored::Tree(tree) => Some(Value::Tree(TreeValue::whole(tree))),
        Stored::File(_) => None,
    }))
}

/// Unpacks it and records that. It may take long, so it stops when nobody waits any more.
pub(super) async fn make(
    context: Arc<OpContext>,
    inputs: Inputs,
    file: Output,
    root: bool,
) -> Result<Value, Cause> {
    let file = inputs.file(file)?.clone();
    let made = on_thread(move |cancel| {
        let store = &context.engine.store;
        let how = Unpacking { root, ..Unpacking::default() };
        let tree = unpack(store, &file, &how, &|| cancel.is_cancelled())?;
        let owners = if store.step_ids()? > 1 { Owners::Kept } else { Owners::Lost };
        store.record_op(key(&file, root, owners), &Stored::Tree(tree.clone()))?;
        Ok(Value::Tree(TreeValue::whole(tree)))
    });
    made.await?
}

/// Where steps have a single id, everything belongs to it.
#[derive(Clone, Copy)]
enum Owners {
    Kept,
    Lost,
}

/// Everything that the result depends on.
fn key(file: &FileRef, root: bool, owners: Owners) -> StepKey {
    let preimage = Preimage::new("unpack").digest("file", file.digest.0);
    let preimage = preimage.text("root", root.to_string());
    let owners = match owners {
        Owners::Kept => "kept",
        Owners::Lost => "lost",
    };
    preimage.text("owners", owners).key()
}

impl From<UnpackFailure> for Cause {
    fn from(failure: UnpackFailure) -> Cause {
        match failure {
            UnpackFailure::Content(reason) => Cause::pipeline(format!("the archive is refused: {reason}")),
            UnpackFailure::Read(error) => Cause::machine(format!("the archive cannot be read: {error}")),
            UnpackFailure::Store(error) => Cause::from(error),
        }
    }
}
