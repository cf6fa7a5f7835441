//! What of a graph is needed, with everything about it that is known before anything runs.

use std::sync::Arc;

use pipe_ops::{Graph, Node, NodeId, Op, Output, Slot};

use crate::edges::Edges;
use crate::{EngineError, Unsupported, describe};

/// The needed nodes of a graph, densely numbered: an input before what stands on it. It grows with the graph.
#[derive(Default)]
pub(crate) struct Reach {
    nodes: Vec<Needed>,
    edges: Edges,
    /// By node id: the number, or `u32::MAX` for a node that is not needed.
    numbers: Vec<u32>,
}

/// A needed node.
pub(crate) struct Needed {
    pub(crate) id: NodeId,
    pub(crate) node: Arc<Node>,
    /// Of an exec: the exit codes that every needed guard of it takes for success; `None` when none asks.
    pub(crate) success: Option<Vec<i32>>,
}

impl Needed {
    /// Its failure does not reach this one: it only waits for how that ends.
    pub(crate) fn survives(&self, reach: &Reach, input: u32) -> bool {
        match &self.node.op {
            Op::Settled { start, .. } => !start.iter().any(|output| reach.number(output.node) == Some(input)),
            _ => false,
        }
    }

    /// Whether it may come to its end without the value of a secret: by what is in the store, whose key that value is no part of.
    pub(crate) fn may_lack(&self, secret: NodeId) -> bool {
        match &self.node.op {
            Op::Http { .. } | Op::Checkout { .. } => true,
            Op::Exec(exec) => exec.secrets.iter().all(|given| given.by_name || given.secret.node != secret),
            _ => false,
        }
    }

    pub(crate) fn is_step(&self) -> bool {
        matches!(self.node.op, Op::Exec(_) | Op::Effect(_))
    }

    /// Whether a result with this exit code is one that all guards take.
    pub(crate) fn accepts(&self, exit_code: i32) -> bool {
        self.success.as_ref().is_none_or(|success| success.contains(&exit_code))
    }
}

impl Reach {
    /// What these outputs need.
    pub(crate) fn of(graph: &Graph, outputs: &[Output]) -> Result<Reach, EngineError> {
        let mut reach = Reach::default();
        reach.extend(graph, outputs)?;
        Ok(reach)
    }

    /// Adds what these outputs need, too; what is there keeps its number. The graph is the one of before, perhaps grown. Cost:
    /// linear in the nodes up to the last one that is needed, and their edges.
    pub(crate) fn extend(&mut self, graph: &Graph, outputs: &[Output]) -> Result<(), EngineError> {
        for output in outputs {
            check_slot(graph, *output)?;
        }
        let needed = graph.reachable(outputs);
        let ids = needed.last().map_or(0, |last| last.0 as usize + 1);
        self.numbers.resize(ids.max(self.numbers.len()), u32::MAX);
        let first = self.nodes.len();
        for id in needed {
            let node = graph.shared(id).ok_or_else(|| unknown(id))?;
            match self.number(id).and_then(|number| self.get(number)) {
                Some(known) if known.node.digest == node.digest => {}
                Some(_) => {
                    let reason = format!("node {} is another one than before", id.0);
                    return Err(EngineError::Graph(reason));
                }
                None => self.push(graph, id, node.clone())?,
            }
        }
        self.collect_guards(first)
    }

    fn push(&mut self, graph: &Graph, id: NodeId, node: Arc<Node>) -> Result<(), EngineError> {
        let number = self.nodes.len() as u32;
        let mut inputs = Vec::new();
        for output in node.op.inputs() {
            check_slot(graph, output)?;
            inputs.push(self.number(output.node).ok_or_else(|| unknown(output.node))?);
        }
        inputs.sort_unstable();
        inputs.dedup();
        self.edges.push(&inputs);
        if let Some(slot) = self.numbers.get_mut(id.0 as usize) {
            *slot = number;
        }
        self.nodes.push(Needed { id, node, success: None });
        Ok(())
    }

    /// Tells each exec what its guards take for success, from the node of this number on. A guard may stand on a guard.
    fn collect_guards(&mut self, first: usize) -> Result<(), EngineError> {
        for number in first..self.nodes.len() {
            let Some(Op::Guard { success, .. }) = self.nodes.get(number).map(|needed| &needed.node.op) else {
                continue;
            };
            let success = success.clone();
            let exec = self.guarded(number as u32);
            let Some(exec) = exec.and_then(|exec| self.nodes.get_mut(exec as usize)) else {
                return Err(EngineError::Graph("a guard stands on something that is no command".into()));
            };
            match &mut exec.success {
                Some(known) => known.retain(|code| success.contains(code)),
                none => *none = Some(success),
            }
        }
        Ok(())
    }

    /// The command that a guard stands on, through other guards.
    pub(crate) fn guarded(&self, number: u32) -> Option<u32> {
        let mut number = number;
        loop {
            match &self.get(number)?.node.op {
                Op::Exec(_) => return Some(number),
                Op::Guard { exec, .. } => number = self.number(exec.node)?,
                _ => return None,
            }
        }
    }

    pub(crate) fn nodes(&self) -> &[Needed] {
        &self.nodes
    }

    /// Numbers of the nodes that one depends on, each once.
    pub(crate) fn inputs(&self, number: u32) -> &[u32] {
        self.edges.inputs(number)
    }

    /// Numbers of the nodes that depend on one, each once.
    pub(crate) fn consumers(&self, number: u32) -> impl Iterator<Item = u32> {
        self.edges.consumers(number)
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Needed> {
        self.nodes.get(number as usize)
    }

    /// The number of a needed node.
    pub(crate) fn number(&self, id: NodeId) -> Option<u32> {
        self.numbers.get(id.0 as usize).copied().filter(|number| *number != u32::MAX)
    }

    /// Refuses what this version cannot do, before anything runs: every such node from this number on is named.
    pub(crate) fn check_supported(&self, first: usize) -> Result<(), EngineError> {
        let refused = self.nodes.iter().skip(first).filter_map(|needed| {
            let Op::Declared { operation, .. } = &needed.node.op else { return None };
            let operation = operation.clone();
            Some(Unsupported { node: needed.id, operation, origins: needed.node.origins.clone() })
        });
        let refused: Vec<Unsupported> = refused.collect();
        if refused.is_empty() { Ok(()) } else { Err(EngineError::Unsupported(refused)) }
    }
}

fn unknown(id: NodeId) -> EngineError {
    EngineError::Graph(format!("node {} is not part of it", id.0))
}

/// Whether a node has an output. Every node has `Main`; of a command it says only that it ran.
fn check_slot(graph: &Graph, output: Output) -> Result<(), EngineError> {
    let mut node = graph.get(output.node).ok_or_else(|| unknown(output.node))?;
    while let Op::Guard { exec, .. } = &node.op {
        node = graph.get(exec.node).ok_or_else(|| unknown(exec.node))?;
    }
    let exists = match (output.slot, node.op.command()) {
        (Slot::Main, _) => true,
        (_, Some(_)) if matches!(node.op, Op::Service(_)) => false,
        (Slot::Config | Slot::Digests, _) => {
            matches!(node.op, Op::Image { .. } | Op::Archive { .. } | Op::Declared { .. })
        }
        (Slot::Mount(index), Some(exec)) => {
            exec.mounts.get(index as usize).is_some_and(|mount| mount.shown.source().is_some())
        }
        (_, Some(_)) => true,
        _ => false,
    };
    if exists {
        return Ok(());
    }
    Err(EngineError::Graph(format!(
        "node {} ({}) has no output {:?}",
        output.node.0,
        describe::operation(&node.op),
        output.slot
    )))
}
