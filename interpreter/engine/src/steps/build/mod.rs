//! What a Dockerfile's build needs beyond other ops: the context without what is ignored, and `COPY`.

mod context;
mod find;
mod gather;
mod owner;

use std::sync::Arc;

use pipe_dockerfile::Ignore;
use pipe_ops::{Op, Preimage, StepKey};
use pipe_store::{Filter, Rules, Stored};

use super::inspect::whole;
use super::{Inputs, OpContext};
use crate::Value;
use crate::failure::Cause;

/// What was made before of the same content.
pub(super) fn cached(context: &OpContext, op: &Op, inputs: &Inputs) -> Result<Option<Value>, Cause> {
    let found = context.engine.store.lookup_op(key(op, inputs)?)?;
    Ok(match found {
        Some(Stored::Tree(tree)) => Some(Value::Tree(onto(op, inputs)?.with_tree(tree))),
        Some(Stored::File(_)) | None => None,
    })
}

/// Makes it and records it.
pub(super) fn make(context: &OpContext, op: &Op, inputs: &Inputs) -> Result<Value, Cause> {
    let store = &context.engine.store;
    let tree = match op {
        Op::BuildContext { tree, dockerfile } => {
            context::without_ignored(store, &whole(inputs, *tree, "built")?.tree, dockerfile)?
        }
        Op::Gather(gather) => gather::gather(store, gather, inputs)?,
        _ => return Err(super::not_ours(op)),
    };
    store.record_op(key(op, inputs)?, &Stored::Tree(tree.clone()))?;
    Ok(Value::Tree(onto(op, inputs)?.with_tree(tree)))
}

/// The tree that the result stands on.
fn onto<'a>(op: &Op, inputs: &'a Inputs) -> Result<&'a crate::TreeValue, Cause> {
    match op {
        Op::BuildContext { tree, .. } => inputs.tree(*tree),
        Op::Gather(gather) => inputs.tree(gather.into),
        _ => Err(super::not_ours(op)),
    }
}

/// Everything that the result depends on.
fn key(op: &Op, inputs: &Inputs) -> Result<StepKey, Cause> {
    match op {
        Op::BuildContext { tree, dockerfile } => Ok(Preimage::new("context")
            .digest("tree", whole(inputs, *tree, "built")?.tree.digest.0)
            .text("dockerfile", dockerfile)
            .key()),
        Op::Gather(gather) => gather::key(gather, inputs),
        _ => Err(super::not_ours(op)),
    }
}

/// The rules of ignore files as the store asks them.
#[derive(Debug)]
struct Ignored(Ignore);

impl Rules for Ignored {
    fn excludes(&self, path: &[u8]) -> bool {
        self.0.excludes(&String::from_utf8_lossy(path))
    }

    fn has_exceptions(&self) -> bool {
        self.0.has_exceptions()
    }
}

/// A filter of rules; `texts` say them.
fn filter(ignore: Ignore, texts: &[String]) -> Filter {
    if ignore.is_empty() { Filter::default() } else { Filter::by(Arc::new(Ignored(ignore)), texts) }
}
