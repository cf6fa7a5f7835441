//! Functions as values: named ones and lambdas.

use std::sync::Arc;

use pipe_analysis::typed::{Binder, Expr, Function, Type};

use super::Value;
use crate::frame::Frame;

/// A named function with the types that its type parameters have.
#[derive(Clone, Debug)]
pub struct Callee {
    /// The function.
    pub function: Arc<Function>,
    /// For each of its type parameters, its type.
    pub type_args: Arc<[Type]>,
}

/// A lambda with the locals around it as they were.
#[derive(Debug)]
pub(crate) struct Closure {
    pub(crate) params: Vec<Binder>,
    pub(crate) body: Arc<Expr>,
    pub(crate) locals: Vec<Option<Value>>,
    /// The function it stands in: its spans are relative to that item.
    pub(crate) frame: Arc<Frame>,
    pub(crate) depth: u32,
    pub(crate) waits: bool,
}
