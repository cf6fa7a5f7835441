//! The typed program: what the checker hands to the evaluator. Plain data without salsa.
//!
//! Names are resolved, arguments stand in parameter order, conversions are nodes of their own, every expression has its
//! type. An error in the source leaves [`ExprKind::Error`], and only items without errors are evaluated.

mod display;
mod expr;
mod global;
mod program;
#[cfg(test)]
mod sizes;
mod ty;
mod types;
mod walk;

pub use expr::*;
pub use global::*;
pub use pipe_literal::CheckedKind;
pub use program::*;
pub use ty::*;
pub use types::*;
