//! A graph that grows while it runs.

use std::collections::HashMap;

use pipe_ops::{Datum, Graph, Output};

use crate::Demand;

/// Whoever knows what to run, as far as the known outputs allow: an evaluator.
pub trait Rounds {
    /// The next round. `known` has every output that an earlier round waited for and that is settled. Called once at the
    /// beginning, and then as soon as any awaited output is settled, while everything already asked for goes on.
    fn next(&mut self, known: &HashMap<Output, Answer>) -> Round;

    /// The graph so far. It only grows: a node keeps its id.
    fn graph(&self) -> &Graph;
}

/// What is asked for in a round, everything of earlier rounds that still counts included.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// What is to be there in the end.
    pub demands: Vec<Demand>,
    /// What decides how it goes on: data. With none, this is the last round.
    pub awaited: Vec<Output>,
}

/// What became of an awaited output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its value.
    Value(Datum),
    /// It failed, or something that it depends on did.
    Lost,
}

/// A graph that is known from the beginning.
pub(crate) struct Whole<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) demands: &'g [Demand],
}

impl Rounds for Whole<'_> {
    fn next(&mut self, _: &HashMap<Output, Answer>) -> Round {
        Round { demands: self.demands.to_vec(), awaited: Vec::new() }
    }

    fn graph(&self) -> &Graph {
        self.graph
    }
}
