//! What of a graph is needed, with everything about it that is known before anything runs.

use pipe_ops::{Graph, Node, NodeId, Op, Output, Slot};

use crate::{EngineError, Unsupported, describe, session::SessionNetwork};

/// The needed nodes of a graph, densely numbered in topological order.
pub(crate) struct Reach<'g> {
    nodes: Vec<Needed<'g>>,
    /// By node id: the number, or `u32::MAX` for a node that is not needed.
    numbers: Vec<u32>,
}

/// A needed node.
pub(crate) struct Needed<'g> {
    pub(crate) id: NodeId,
    pub(crate) node: &'g Node,
    /// Numbers of the nodes it depends on, each once.
    pub(crate) inputs: Vec<u32>,
    /// Numbers of the nodes that depend on it, each once.
    pub(crate) consumers: Vec<u32>,
    /// Of an exec: the exit codes that every needed guard of it takes for success; `None` when none asks.
    pub(crate) success: Option<Vec<i32>>,
}

impl Needed<'_> {
    pub(crate) fn is_step(&self) -> bool {
        matches!(self.node.op, Op::Exec(_))
    }

    /// Whether a result with this exit code is one that all guards take.
    pub(crate) fn accepts(&self, exit_code: i32) -> bool {
        self.success.as_ref().is_none_or(|success| success.contains(&exit_code))
    }
}

impl<'g> Reach<'g> {
    /// What these outputs need. Cost: linear in the nodes up to the last one that is needed, and their edges.
    pub(crate) fn of(graph: &'g Graph, outputs: &[Output]) -> Result<Reach<'g>, EngineError> {
        for output in outputs {
            check_slot(graph, *output)?;
        }
        let needed = graph.reachable(outputs);
        let mut numbers = vec![u32::MAX; needed.last().map_or(0, |last| last.0 as usize + 1)];
        let mut nodes: Vec<Needed<'g>> = Vec::with_capacity(needed.len());
        for id in needed {
            let number = nodes.len() as u32;
            let node = graph.get(id).ok_or_else(|| unknown(id))?;
            let mut inputs = Vec::new();
            for output in node.op.inputs() {
                check_slot(graph, output)?;
                inputs.push(numbers.get(output.node.0 as usize).copied().unwrap_or(u32::MAX));
            }
            inputs.sort_unstable();
            inputs.dedup();
            for &input in &inputs {
                let input = nodes.get_mut(input as usize).ok_or_else(|| unknown(id))?;
                input.consumers.push(number);
            }
            if let Some(slot) = numbers.get_mut(id.0 as usize) {
                *slot = number;
            }
            nodes.push(Needed { id, node, inputs, consumers: Vec::new(), success: None });
        }
        let mut reach = Reach { nodes, numbers };
        reach.collect_guards()?;
        Ok(reach)
    }

    /// Tells each exec what its guards take for success. A guard may stand on a guard.
    fn collect_guards(&mut self) -> Result<(), EngineError> {
        let mut guarded: Vec<u32> = vec![u32::MAX; self.nodes.len()];
        for number in 0..self.nodes.len() {
            let Some(Needed { node, .. }) = self.nodes.get(number) else { continue };
            let exec = match &node.op {
                Op::Exec(_) => number as u32,
                Op::Guard { exec, success } => {
                    let exec = self.number(exec.node).and_then(|input| guarded.get(input as usize)).copied();
                    let target = exec.and_then(|exec| self.nodes.get_mut(exec as usize));
                    let (Some(exec), Some(target)) = (exec, target) else {
                        return Err(EngineError::Graph(
                            "a guard stands on something that is no command".into(),
                        ));
                    };
                    match &mut target.success {
                        Some(known) => known.retain(|code| success.contains(code)),
                        none => *none = Some(success.clone()),
                    }
                    exec
                }
                _ => continue,
            };
            if let Some(entry) = guarded.get_mut(number) {
                *entry = exec;
            }
        }
        Ok(())
    }

    pub(crate) fn nodes(&self) -> &[Needed<'g>] {
        &self.nodes
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Needed<'g>> {
        self.nodes.get(number as usize)
    }

    /// The number of a needed node.
    pub(crate) fn number(&self, id: NodeId) -> Option<u32> {
        self.numbers.get(id.0 as usize).copied().filter(|number| *number != u32::MAX)
    }

    /// Refuses what this version cannot do, before anything runs: every such node is named.
    pub(crate) fn check_supported(
        &self,
        network: &SessionNetwork,
        platform: &str,
    ) -> Result<(), EngineError> {
        let refused = self.nodes.iter().filter_map(|needed| {
            let operation = match &needed.node.op {
                Op::Declared { operation, .. } => operation.clone(),
                Op::Exec(exec) if !network.offers(exec.network) => {
                    format!("network: {}", exec.network.name()).into()
                }
                Op::Exec(exec) if !same_platform(&exec.platform, platform) => {
                    format!("platform: {}", exec.platform).into()
                }
                _ => return None,
            };
            Some(Unsupported { node: needed.id, operation, origins: needed.node.origins.clone() })
        });
        let refused: Vec<Unsupported> = refused.collect();
        if refused.is_empty() { Ok(()) } else { Err(EngineError::Unsupported(refused)) }
    }
}

/// By system and architecture; a variant is taken to run where its architecture does.
fn same_platform(a: &str, b: &str) -> bool {
    a.split('/').take(2).eq(b.split('/').take(2))
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
    let exists = match (output.slot, &node.op) {
        (Slot::Main, _) => true,
        (Slot::Mount(index), Op::Exec(exec)) => (index as usize) < exec.mounts.len(),
        (_, Op::Exec(_)) => true,
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
