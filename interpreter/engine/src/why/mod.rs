//! Why a step runs, or ran: the first thing in which its key differs from the nearest earlier one.

mod replaced;
mod trace;

use std::collections::HashSet;
use std::sync::Arc;

use pipe_ops::{
    Difference, Exec, FieldValue, Graph, Mounted, NodeId, Op, Origin, Preimage, StepKey, TreeDigest,
};
use pipe_store::{PathChangeKind, Store};

use crate::{Engine, EngineError, Plan, PlanNode, PlanStatus};

/// Earlier results of a name that are looked at.
pub(crate) const LOOKED_AT: u32 = 200;

/// What is known of the reason of a step.
#[derive(Clone, Debug)]
pub struct Why {
    /// Its node.
    pub node: NodeId,
    /// What people call it.
    pub name: Arc<str>,
    /// What would become of it.
    pub status: PlanStatus,
    /// Its key, where that is known.
    pub key: Option<StepKey>,
    /// What it was compared with, and what came of it.
    pub reason: Reason,
    /// Where it was made.
    pub origin: Option<Origin>,
}

/// Why a step runs, or ran when its result was made.
#[derive(Clone, Debug)]
pub enum Reason {
    /// Nothing of its name ran before.
    First,
    /// Its key is not known yet.
    Open,
    /// The same step ran before; its result failed, is not used, or is gone.
    Again,
    /// The same step had run before when its result was made, and that earlier result was not used.
    Replaced {
        /// Why not, as a sentence about it.
        because: String,
    },
    /// Something is other than it was.
    Changed {
        /// The nearest earlier key.
        earlier: StepKey,
        /// The first field that differs.
        difference: Difference,
        /// For content, what of it changed.
        content: Option<ContentChange>,
    },
}

/// What of a tree or a file changed, and where that comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentChange {
    /// `src/lib.rs` of the host, `/out/app` of a step; its bytes need not have been UTF-8.
    pub path: String,
    /// The step that made it; of a file of the host, none.
    pub made_by: Option<Arc<str>>,
    /// What became of it.
    pub kind: PathChangeKind,
    /// Where it is brought in.
    pub origin: Option<Origin>,
}

impl Engine {
    /// Why each step of a plan runs or ran, in the order of the plan.
    ///
    /// # Errors
    /// When the store fails.
    pub fn why(&self, graph: &Graph, plan: &Plan) -> Result<Vec<Why>, EngineError> {
        // Other steps of the same run are no earlier versions of a step, though they may have its name.
        let beside: HashSet<StepKey> = plan.nodes.iter().filter_map(|node| node.key).collect();
        let steps = plan.nodes.iter().filter(|node| node.is_step);
        steps.map(|node| self.why_step(graph, node, &beside)).collect()
    }

    fn why_step(
        &self,
        graph: &Graph,
        node: &PlanNode,
        beside: &HashSet<StepKey>,
    ) -> Result<Why, EngineError> {
        let reason = match (&node.preimage, node.key) {
            (Some(preimage), Some(key)) => self.reason(graph, node, preimage, key, beside)?,
            _ => Reason::Open,
        };
        Ok(Why {
            node: node.node,
            name: node.name.clone(),
            status: node.status.clone(),
            key: node.key,
            reason,
            origin: node.origins.first().cloned(),
        })
    }

    fn reason(
        &self,
        graph: &Graph,
        node: &PlanNode,
        preimage: &Preimage,
        key: StepKey,
        beside: &HashSet<StepKey>,
    ) -> Result<Reason, EngineError> {
        let named = self.store.steps_named(&node.name, LOOKED_AT)?;
        if named.iter().any(|(known, _)| *known == key) && node.status != PlanStatus::Cached {
            return Ok(Reason::Again);
        }
        if node.status == PlanStatus::Cached
            && let Some(replaced) = self.store.replaced(key)?
        {
            return Ok(Reason::Replaced { because: replaced::because(&replaced) });
        }
        let nearest = match nearest(named, preimage, key, beside) {
            Some(found) => Some(found),
            // Arguments are part of a step's name: one that was never given is nearest to another call of its function.
            None => {
                let function = node.name.split(' ').next().unwrap_or(&node.name);
                nearest(self.store.steps_of(function, LOOKED_AT)?, preimage, key, beside)
            }
        };
        let Some((earlier, difference)) = nearest else { return Ok(Reason::First) };
        let content = match graph.get(node.node).map(|node| &node.op) {
            Some(Op::Exec(exec)) => content(&self.store, graph, exec, &difference)?,
            _ => None,
        };
        Ok(Reason::Changed { earlier, difference, content })
    }
}

/// Of results, newest first, the one nearest to a key among those that are older than its own.
pub(crate) fn nearest(
    results: Vec<(StepKey, Preimage)>,
    preimage: &Preimage,
    key: StepKey,
    beside: &HashSet<StepKey>,
) -> Option<(StepKey, Difference)> {
    let own = results.iter().position(|(known, _)| *known == key);
    let earlier = results.into_iter().skip(own.map_or(0, |at| at + 1));
    let earlier = earlier.filter(|(known, _)| !beside.contains(known));
    let (key, other) = earlier.min_by_key(|(_, other)| distance(other, preimage))?;
    Some((key, other.first_difference(preimage)?))
}

/// In how many fields two pre-images differ.
fn distance(a: &Preimage, b: &Preimage) -> usize {
    let lacks = |of: &Preimage, other: &Preimage| {
        of.fields().iter().filter(|field| !other.fields().contains(field)).count()
    };
    lacks(a, b).max(lacks(b, a))
}

/// What changed in the tree or file that a field stands for.
fn content(
    store: &Store,
    graph: &Graph,
    exec: &Exec,
    difference: &Difference,
) -> Result<Option<ContentChange>, EngineError> {
    let (Some(FieldValue::Digest(before)), Some(FieldValue::Digest(after))) =
        (&difference.before, &difference.after)
    else {
        return Ok(None);
    };
    let mount = exec.mounts.iter().find(|mount| mount.path == difference.label);
    let (source, is_file) = match (mount.map(|mount| &mount.shown), difference.label.as_str()) {
        (Some(Mounted::Tree(source)), _) => (*source, false),
        (Some(Mounted::File(source)), _) => (*source, true),
        (None, "root file system") => (exec.root, false),
        _ => return Ok(None),
    };
    let (path, kind) = if is_file {
        (Vec::new(), PathChangeKind::Content)
    } else {
        match store.first_change(TreeDigest(*before), TreeDigest(*after))? {
            Some(change) => (change.path, change.kind),
            None => (Vec::new(), PathChangeKind::Content),
        }
    };
    Ok(Some(trace::back(graph, source, &String::from_utf8_lossy(&path), kind)))
}
