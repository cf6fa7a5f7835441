//! Keeping what a command left.

use std::time::SystemTime;

use pipe_ops::BlobDigest;
use pipe_store::{StepRecord, Store, StoreError, Stored, Tree};

use super::PreparedExec;
use crate::capture::Captured;
use crate::failure::Cause;
use crate::results::ExecResult;
use crate::{NewLayer, StepOutcome, Value};

/// Layers that a stack may have before it is made one: mounting many costs, and some kernels take no more than 500.
const STACK_LIMIT: usize = 64;

/// Adopts what a command left and records it under its key, whatever its exit code. Blocks.
pub(super) fn record(
    store: &Store,
    step: &PreparedExec,
    exit_code: i32,
    outcome: StepOutcome,
    captured: &Captured,
) -> Result<ExecResult, Cause> {
    let (stdout, stderr, log) = put_logs(store, captured)?;
    let root = match outcome.root {
        Some(layer) => adopt(store, &step.root.tree, &layer)?,
        None => (*step.root.tree).clone(),
    };
    if outcome.mounts.len() != step.mounts.len() {
        return Err(Cause::machine("the backend did not give back what it was to mount"));
    }
    let mounts =
        step.mounts.iter().zip(outcome.mounts).map(|((_, shown), left)| mount(store, shown, left).map(Some));
    let record = StepRecord {
        name: step.name.to_string(),
        exit_code,
        root: Some(root),
        mounts: mounts.collect::<Result<_, _>>()?,
        stdout,
        stderr,
        log,
        duration: outcome.elapsed,
        created: SystemTime::now(),
    };
    store.record_step(step.key, &record, &step.preimage)?;
    let result = ExecResult::from_record(step.key, record, &step.root, &step.mounts);
    result.ok_or_else(|| Cause::machine("the backend gave a folder back where it was shown a file"))
}

fn put_logs(store: &Store, captured: &Captured) -> Result<(BlobDigest, BlobDigest, BlobDigest), StoreError> {
    Ok((
        store.put_blob(&captured.stdout)?,
        store.put_blob(&captured.stderr)?,
        store.put_blob(&captured.order)?,
    ))
}

fn adopt(store: &Store, parent: &Tree, layer: &NewLayer) -> Result<Tree, StoreError> {
    let tree = store.record_layer(parent, &layer.staged, &layer.scan)?;
    if tree.layers.len() > STACK_LIMIT { store.flatten(&tree) } else { Ok(tree) }
}

fn mount(store: &Store, shown: &Value, left: Option<NewLayer>) -> Result<Stored, Cause> {
    match (shown, left) {
        (shown, None) => shown.stored().ok_or_else(|| Cause::machine("a plain value cannot be mounted")),
        (Value::Tree(tree), Some(layer)) => Ok(Stored::Tree(adopt(store, &tree.tree, &layer)?)),
        (_, Some(layer)) => {
            let folder = store.record_layer(&store.empty_tree(), &layer.staged, &layer.scan)?;
            Ok(Stored::File(store.subfile(&folder, "file")?))
        }
    }
}
