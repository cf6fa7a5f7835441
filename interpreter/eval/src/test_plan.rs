//! Tests: what they expect, which may be known only when steps have run.

use std::sync::Arc;

use pipe_diagnostics::FileSpan;
use pipe_ops::{Arg, Output};
use pipe_syntax::ast::BinaryOp;

/// A test that was evaluated.
#[derive(Clone, Debug)]
pub struct TestPlan {
    /// Its title.
    pub title: Arc<str>,
    /// What it expects, in order.
    pub expectations: Vec<Expectation>,
    /// Some of it is known only in a later round: it is to be evaluated again.
    pub waits: bool,
}

/// An `expect`.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The statement.
    pub place: FileSpan,
    /// Whether it holds: a truth value.
    pub holds: Arg,
    /// The two sides, when it is a comparison.
    pub sides: Option<Sides>,
    /// What an operation is asked of, when it is one of data.
    pub subject: Option<Arg>,
}

/// The sides of a comparison.
#[derive(Clone, Debug)]
pub struct Sides {
    /// How they are compared.
    pub operator: BinaryOp,
    /// The left one.
    pub left: Arg,
    /// The right one.
    pub right: Arg,
}

impl TestPlan {
    /// What the engine has to give before all expectations can be judged; nothing for a test that only looks at values.
    pub fn outputs(&self) -> Vec<Output> {
        let args = self.expectations.iter().flat_map(|expectation| {
            let sides = expectation.sides.iter().flat_map(|sides| [&sides.left, &sides.right]);
            std::iter::once(&expectation.holds).chain(sides).chain(&expectation.subject)
        });
        let mut outputs: Vec<Output> = args.filter_map(Arg::output).collect();
        outputs.sort_unstable();
        outputs.dedup();
        outputs
    }

    /// It starts containers, or reads files.
    pub fn needs_run(&self) -> bool {
        self.waits || !self.outputs().is_empty()
    }
}
