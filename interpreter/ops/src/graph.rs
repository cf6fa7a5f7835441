//! The graph: nodes in an arena, equal definitions once, places in the source beside them.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::encoding::digest_op;
use crate::{Hints, Op, OpDigest};

/// A node of a [`Graph`]: the index in its arena. Inputs always have smaller ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeId(pub u32);

/// One of the things a node gives: an edge of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Output {
    /// The node.
    pub node: NodeId,
    /// Which of its results.
    pub slot: Slot,
}

/// Which result of a node. All ops but `Exec`, `Breakpoint`, `Guard`, `Image` and `Archive` have only `Main`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Slot {
    /// The only result.
    Main,
    /// The root file system as an exec left it.
    Root,
    /// A mount, by index, as an exec left it.
    Mount(u32),
    /// Standard output, a text.
    Stdout,
    /// Standard error, a text.
    Stderr,
    /// The exit code, a number.
    ExitCode,
    /// The configuration of an image.
    Config,
    /// Which image it is.
    Digests,
}

/// Where in the source a node was made. Never part of a digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The file, as it is shown to people.
    pub file: Arc<str>,
    /// First byte of the expression.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// The line, from 1: events and logs name it without the source at hand.
    pub line: u32,
    /// The named function it belongs to, for people: `build`, `unit 8.4`.
    pub name: Arc<str>,
}

/// A node remembers at most so many places: ten thousand functions may all begin with `scratch()`, and nobody reads a longer list.
pub const MAX_ORIGINS: usize = 8;

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it does.
    pub op: Op,
    /// Its definition's digest.
    pub digest: OpDigest,
    /// Where it was made; more than one place when equal ops were written twice. At most [`MAX_ORIGINS`].
    pub origins: Vec<Origin>,
    /// How to run it.
    pub hints: Arc<Hints>,
}

/// A graph of ops, in topological order. It only grows: a node keeps its id.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Shared with whoever runs them while the graph grows.
    nodes: Vec<Arc<Node>>,
    by_digest: HashMap<OpDigest, NodeId>,
    /// Hints that nodes share: those of most are none, or those of the step before.
    none: Arc<Hints>,
    last: Arc<Hints>,
}

/// A node cannot be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// It names an input that is not in the graph.
    UnknownInput(NodeId),
    /// The graph has as many nodes as ids go.
    Full,
}

impl std::fmt::Display for GraphError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GraphError::UnknownInput(id) => write!(f, "an op names node {} before it exists", id.0),
            GraphError::Full => f.write_str("the graph has too many nodes"),
        }
    }
}

impl std::error::Error for GraphError {}

impl Graph {
    /// Adds a node, or finds the one that is equal: origins and hints are merged then.
    pub fn add(&mut self, op: Op, origin: Option<Origin>, hints: Hints) -> Result<NodeId, GraphError> {
        for input in op.inputs() {
            self.get(input.node).ok_or(GraphError::UnknownInput(input.node))?;
        }
        let digest = digest_op(&op, |id| self.get(id).map(|node| node.digest));
        if let Some(&id) = self.by_digest.get(&digest) {
            if let Some(node) = self.nodes.get_mut(id.0 as usize) {
                Arc::make_mut(node).merge(origin, hints);
            }
            return Ok(id);
        }
        let id = u32::try_from(self.nodes.len()).map(NodeId).map_err(|_| GraphError::Full)?;
        let hints = self.share(hints);
        self.nodes.push(Arc::new(Node { op, digest, origins: origin.into_iter().collect(), hints }));
        self.by_digest.insert(digest, id);
        Ok(id)
    }

    fn share(&mut self, hints: Hints) -> Arc<Hints> {
        if hints == *self.none {
            return self.none.clone();
        }
        if hints != *self.last {
            self.last = Arc::new(hints);
        }
        self.last.clone()
    }

    /// A node; `None` when it is of another graph.
    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize).map(Arc::as_ref)
    }

    /// A node, to be kept while the graph grows.
    pub fn shared(&self, id: NodeId) -> Option<&Arc<Node>> {
        self.nodes.get(id.0 as usize)
    }

    /// The node of a definition.
    pub fn find(&self, digest: OpDigest) -> Option<NodeId> {
        self.by_digest.get(&digest).copied()
    }

    /// All nodes in topological order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0..).map(NodeId).zip(self.nodes.iter().map(Arc::as_ref))
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The nodes that these outputs need, in topological order. Outputs of nodes that the graph lacks are passed over.
    pub fn reachable(&self, outputs: &[Output]) -> Vec<NodeId> {
        let mut needed = vec![false; self.nodes.len()];
        let mut pending: Vec<NodeId> = outputs.iter().map(|output| output.node).collect();
        while let Some(id) = pending.pop() {
            let Some(seen) = needed.get_mut(id.0 as usize) else { continue };
            if !std::mem::replace(seen, true) {
                pending.extend(
                    self.get(id).into_iter().flat_map(|node| node.op.inputs()).map(|input| input.node),
                );
            }
        }
        // Inputs have smaller ids, so the order of ids is topological.
        (0..).map(NodeId).zip(needed).filter_map(|(id, needed)| needed.then_some(id)).collect()
    }
}

impl Node {
    fn merge(&mut self, origin: Option<Origin>, hints: Hints) {
        if let Some(origin) = origin
            && self.origins.len() < MAX_ORIGINS
            && !self.origins.contains(&origin)
        {
            self.origins.push(origin);
        }
        if *self.hints != hints {
            Arc::make_mut(&mut self.hints).merge(hints);
        }
    }
}
