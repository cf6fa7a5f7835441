//! Keeping what a command left.

use std::time::SystemTime;

use pipe_ops::BlobDigest;
use pipe_store::{Refused, StepRecord, Store, StoreError, Stored, Tree};

use super::{PreparedExec, Shown};
use crate::capture::Captured;
use crate::failure::Cause;
use crate::results::ExecResult;
use crate::{NewLayer, StepOutcome, Value};

/// Bytes that a step may have printed for its result to be recorded at once.
const QUICK_BYTES: usize = 64 << 10;

/// Whether recording takes well below a millisecond: little was printed, few files were changed, no layers are to be put together.
pub(super) fn is_quick(
    store: &Store,
    step: &PreparedExec,
    outcome: &StepOutcome,
    captured: &Captured,
) -> bool {
    let printed = captured.stdout.len() + captured.stderr.len() + captured.order.len();
    let left = |shown: &Shown, layer: &Option<NewLayer>| match (shown, layer) {
        (_, None) => true,
        (Shown::Value(Value::Tree(tree)), Some(layer)) => store.adopts_quickly(&tree.tree, &layer.scan),
        (_, Some(layer)) => store.adopts_quickly(&store.empty_tree(), &layer.scan),
    };
    let root = outcome.root.as_ref().is_none_or(|layer| store.adopts_quickly(&step.root.tree, &layer.scan));
    let mut mounts = step.mounts.iter().zip(&outcome.mounts);
    printed <= QUICK_BYTES && root && mounts.all(|(mount, layer)| left(&mount.shown, layer))
}

/// Adopts what a command left and records it under its key, whatever its exit code, with why an earlier result was not used. Blocks.
pub(super) fn record(
    store: &Store,
    step: &PreparedExec,
    exit_code: i32,
    outcome: StepOutcome,
    captured: &Captured,
    refused: Refused,
) -> Result<ExecResult, Cause> {
    let (stdout, stderr, log) = put_logs(store, captured)?;
    let duration = outcome.elapsed;
    let Left { root, mounts } = adopt(store, step, outcome)?;
    let record = StepRecord {
        name: step.name.to_string(),
        exit_code,
        root: Some(root),
        mounts,
        stdout,
        stderr,
        log,
        duration,
        created: SystemTime::now(),
    };
    store.record_step_over(step.key, &record, &step.preimage, refused)?;
    let result = ExecResult::from_record(step.key, record, &step.root, &step.mounts);
    result.ok_or_else(|| Cause::machine("the backend gave a folder back where it was shown a file"))
}

/// What a command left, as the store has it.
pub(super) struct Left {
    pub(super) root: Tree,
    /// In order; `None` for what holds nothing of its own.
    pub(super) mounts: Vec<Option<Stored>>,
}

/// Takes what a command left into the store, under no key. Blocks.
pub(super) fn adopt(store: &Store, step: &PreparedExec, outcome: StepOutcome) -> Result<Left, Cause> {
    let root = match outcome.root {
        Some(layer) => store.record_layer(&step.root.tree, &layer.staged, &layer.scan)?,
        None => (*step.root.tree).clone(),
    };
    if outcome.mounts.len() != step.mounts.len() {
        return Err(Cause::machine("the backend did not give back what it was to mount"));
    }
    let mounts =
        step.mounts.iter().zip(outcome.mounts).map(|(mount, left)| stored(store, &mount.shown, left));
    Ok(Left { root, mounts: mounts.collect::<Result<_, _>>()? })
}

fn put_logs(store: &Store, captured: &Captured) -> Result<(BlobDigest, BlobDigest, BlobDigest), StoreError> {
    Ok((
        store.put_blob(&captured.stdout)?,
        store.put_blob(&captured.stderr)?,
        store.put_blob(&captured.order)?,
    ))
}

/// What a mount holds of its own after the step.
fn stored(store: &Store, shown: &Shown, left: Option<NewLayer>) -> Result<Option<Stored>, Cause> {
    match shown {
        Shown::Value(shown) => changed(store, shown, left).map(Some),
        Shown::Cache(_) | Shown::Tmpfs(_) => Ok(None),
    }
}

fn changed(store: &Store, shown: &Value, left: Option<NewLayer>) -> Result<Stored, Cause> {
    match (shown, left) {
        (shown, None) => shown.stored().ok_or_else(|| Cause::machine("a plain value cannot be mounted")),
        (Value::Tree(tree), Some(layer)) => {
            Ok(Stored::Tree(store.record_layer(&tree.tree, &layer.staged, &layer.scan)?))
        }
        (_, Some(layer)) => {
            let folder = store.record_layer(&store.empty_tree(), &layer.staged, &layer.scan)?;
            Ok(Stored::File(store.subfile(&folder, "file")?))
        }
    }
}
