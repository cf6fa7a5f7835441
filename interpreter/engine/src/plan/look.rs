//! What a plan finds out over a store that is only looked at: keys, and nothing that would have to be made for them.

use std::sync::Arc;

use pipe_ops::{GitQuery, HostDir, Inspection, Op};
use pipe_store::{Filter, HostPath, ImportOptions, Known};

use super::PlanStatus;
use super::walk::Found;
use crate::failure::Cause;
use crate::results::NodeResult;
use crate::steps::{Inputs, OpContext, blocking, perform};
use crate::{FailureClass, TreeValue, Value};

/// What is known of an op whose inputs are known and whose result is not in the store.
pub(super) async fn look(context: &Arc<OpContext>, op: &Op, inputs: Inputs) -> Result<Found, Cause> {
    let unknown = |what: &str| Ok(Found::Not(PlanStatus::Unknown { waits_for: vec![what.into()] }));
    match op {
        // Nothing of it waits, and whoever looks may give up meanwhile.
        Op::HostDir(dir) => {
            let (context, dir) = (context.clone(), dir.clone());
            blocking(move || Ok(of_host(&dir.path, known_dir(&context, &dir)?))).await
        }
        Op::HostFile { path } => {
            let (context, path) = (context.clone(), path.clone());
            blocking(move || Ok(of_host(&path, known_file(&context, &path)?))).await
        }
        // They read, and what they would write is refused.
        Op::Toolchain
        | Op::Repo { .. }
        | Op::Git {
            query: GitQuery::Commit | GitQuery::Branch | GitQuery::Tags | GitQuery::Describe, ..
        }
        | Op::Git { query: GitQuery::Time | GitQuery::MergeBase(..) | GitQuery::Tree, .. }
        | Op::Inspect { what: Inspection::Glob(_), .. } => {
            perform(context.clone(), op.clone(), inputs).await.map(Found::Known)
        }
        _ if is_made(op) => Ok(Found::Not(PlanStatus::WillRun { reason: None })),
        Op::RandomSecret { .. } => unknown("a secret that is made when it is first needed"),
        _ => unknown(&format!("`{}`, which only a run can tell", crate::describe::operation(op))),
    }
}

/// What it means that something failed over a store that is only looked at: what is wrong with the pipeline is wrong in a run, too.
pub(super) fn failed(cause: Cause) -> PlanStatus {
    match cause.class {
        FailureClass::Pipeline | FailureClass::Usage => PlanStatus::Fails { reason: cause.reason },
        FailureClass::Machine | FailureClass::Approval => {
            PlanStatus::Unknown { waits_for: vec![cause.reason.into()] }
        }
    }
}

/// The engine makes its result from its inputs alone, once for each content: a result that is not there was never made, so nothing that
/// stands on it has run, unless the same bytes came about in another way.
pub(super) fn is_made(op: &Op) -> bool {
    matches!(
        op,
        Op::HostDir(_)
            | Op::HostFile { .. }
            | Op::Copy(_)
            | Op::Write { .. }
            | Op::Remove { .. }
            | Op::Gather(_)
            | Op::BuildContext { .. }
            | Op::Difference { .. }
            | Op::Pack { .. }
            | Op::Unpack { .. }
            | Op::Assemble(_)
            | Op::Index { .. }
            | Op::Tarball { .. }
    )
}

/// What is known of a path of the host.
fn of_host(path: &str, known: Known<Value>) -> Found {
    match known {
        Known::Taken(value) => Found::Known(NodeResult::Value(value)),
        Known::New => Found::Not(PlanStatus::WillRun { reason: None }),
        Known::Unread => {
            let waits_for = vec![format!("`{path}`, of which much has to be read first").into()];
            Found::Not(PlanStatus::Unknown { waits_for })
        }
    }
}

fn known_dir(context: &OpContext, dir: &HostDir) -> Result<Known<Value>, Cause> {
    let access = &context.host.access;
    let real = access.resolve(&dir.path).map_err(|missing| Cause::usage(missing.to_string()))?;
    let filter = Filter::new(&dir.include, &dir.exclude)?;
    let stop = context.engine.options.stop.clone();
    let options = ImportOptions { stop, ..access.import_options(&real) };
    let tree = context.engine.store.known_dir(HostPath::resolved(&real), &filter, &options);
    let tree = tree.map_err(|error| crate::session::import_cause(&dir.path, &real, error))?;
    Ok(tree.map(|tree| Value::Tree(TreeValue::whole(tree))))
}

fn known_file(context: &OpContext, path: &str) -> Result<Known<Value>, Cause> {
    let real = context.host.access.resolve(path).map_err(|missing| Cause::usage(missing.to_string()))?;
    let file = context.engine.store.known_file(HostPath::resolved(&real));
    let file = file.map_err(|error| crate::session::import_cause(path, &real, error))?;
    Ok(file.map(Value::File))
}
