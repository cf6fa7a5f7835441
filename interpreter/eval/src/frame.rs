//! Where evaluation stands: the function a body belongs to, and its locals.

use std::sync::{Arc, OnceLock};

use pipe_analysis::typed::{Function, Origin, Type};
use pipe_diagnostics::FileSpan;
use pipe_syntax::Span;

use crate::value::{Callee, Value};

/// A call of a function that is being evaluated, or another item's body.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Where the item stands; spans of its expressions are relative to it.
    pub(crate) origin: Origin,
    /// What people call the item.
    pub(crate) title: Arc<str>,
    /// The function, with the arguments that were given.
    pub(crate) call: Option<(Arc<Function>, Vec<Option<Value>>)>,
    /// For each type parameter of the function, the type it has in this call.
    type_args: Arc<[Type]>,
    /// The title with the arguments that differ from their defaults; made when it is asked for.
    pub(crate) label: OnceLock<Arc<str>>,
}

impl Frame {
    /// Of an item that is not a function.
    pub(crate) fn item(origin: Origin, title: Arc<str>) -> Arc<Frame> {
        Arc::new(Frame { origin, title, call: None, type_args: Arc::default(), label: OnceLock::new() })
    }

    /// Of a function's call.
    pub(crate) fn function(callee: Callee, given: Vec<Option<Value>>) -> Arc<Frame> {
        let Callee { function, type_args } = callee;
        let (origin, title) = (function.origin.clone(), function.global.name.clone());
        Arc::new(Frame { origin, title, call: Some((function, given)), type_args, label: OnceLock::new() })
    }

    /// A type of the function's body as it is in this call.
    pub(crate) fn settled(&self, ty: &Type) -> Type {
        match &self.call {
            Some((function, _)) => ty.substituted(&function.type_params, &self.type_args),
            None => ty.clone(),
        }
    }

    /// A span of the item, in its file.
    pub(crate) fn place(&self, span: Span) -> FileSpan {
        self.origin.place(span)
    }
}

/// A frame with the locals of its body.
#[derive(Debug)]
pub(crate) struct Env {
    pub(crate) frame: Arc<Frame>,
    pub(crate) locals: Vec<Option<Value>>,
}

impl Env {
    pub(crate) fn new(frame: Arc<Frame>, locals: usize) -> Env {
        Env { frame, locals: vec![None; locals] }
    }

    pub(crate) fn place(&self, span: Span) -> FileSpan {
        self.frame.place(span)
    }
}
