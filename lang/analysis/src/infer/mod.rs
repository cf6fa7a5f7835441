//! From trees to typed expressions: bidirectional, one file a kind of expression.
//!
//! What is expected comes first: a literal takes the type it is checked against, a bare variant is looked up in the enum
//! that is wanted. Generic functions take their types from left to right, lambdas last; later branches follow the first.

mod arguments;
mod binder;
mod block;
mod branches;
mod call;
mod coerce;
mod comprehension;
mod construct;
mod context;
mod demand;
mod expected;
mod expr;
mod field;
mod finish;
mod item;
mod lambda;
mod literal;
mod member;
mod mismatch;
mod name;
mod operators;
mod optional;
mod parse;
mod path;
mod pattern;
mod pipe;
mod script;
mod sequence;
mod swapped;
mod table;
mod text;
mod trace;
mod units;

pub(crate) use call::own_name;
pub(crate) use context::{BodyKind, Infer, Local, Nest, References};
pub(crate) use demand::{DefaultOf, DemandKind, GenericUse};
pub(crate) use expected::Expected;
pub(crate) use item::{Bodies, Defaults, infer, traced};
pub(crate) use text::article;
pub(crate) use trace::{Meant, Part, Traced, TracedCall, trace_written_type};
