//! Evaluates a typed program to a graph of operations.
//!
//! **Invariant.** The same program, arguments and host facts give the same values and the same graph: nothing here reads a clock,
//! the environment, a file or a random number, and nothing is run. What only running gives stays symbolic: an edge of the graph
//! that operators and functions on texts and lists carry on. Only `if`, `match` and `for` need to know: they wait for a later
//! round.
//!
//! [`Evaluator`] is the entry. [`Value`] is what expressions have while they are evaluated, [`Demand`] what a value asks of the
//! engine, [`EvalError`] a diagnostic at the expression that has no value.

mod arguments;
mod budget;
mod course;
mod coverage;
mod demand;
mod environment;
mod error;
mod evaluator;
mod expr;
mod facts;
mod frame;
mod intrinsic;
mod judge;
mod label;
mod lines;
mod machine;
mod memo;
mod rounds;
mod simulation;
mod test_plan;
mod value;
mod words;

pub use arguments::{Argument, ArgumentError, Parsed, parse_argument};
pub use budget::Budget;
pub use coverage::{Coverage, Covered};
pub use demand::{ActionPlan, Demand, Part};
pub use error::{ErrorKind, EvalError};
pub use evaluator::{Evaluated, Evaluator, Target};
pub use facts::{CiEvent, CiFacts, HostFacts, NetworkRule};
pub use lines::Lines;
pub use rounds::{Awaited, Known, KnownOutputs, Wait, Waiting};
pub use test_plan::{Expectation, Sides, TestPlan};
pub use value::*;
