//! Failures of checks that only warn.

use std::collections::HashSet;
use std::sync::Arc;

use pipe_engine::{Failure, RunReport};
use pipe_ops::{NodeId, Output};

use crate::evaluate::Evaluation;

/// What failed and was asked for by nothing but checks that are `warn_only`.
pub(crate) fn failures(evaluation: &Evaluation<'_>, report: &RunReport) -> Vec<Arc<Failure>> {
    let parts = evaluation.targets.iter().flat_map(|target| target.demand.parts());
    let judged: Vec<Output> =
        parts.filter(|part| part.lenient).flat_map(|part| part.judged.iter().copied()).collect();
    let nodes: HashSet<NodeId> = evaluation.graph().reachable(&judged).into_iter().collect();
    report.forgiven.iter().filter(|failure| nodes.contains(&failure.node)).cloned().collect()
}
