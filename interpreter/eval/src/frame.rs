//! Where evaluation stands: the function a body belongs to, and its locals.

use std::sync::{Arc, OnceLock};

use pipe_analysis::typed::{Function, Origin};
use pipe_diagnostics::FileSpan;
use pipe_syntax::Span;

use crate::value::Value;

/// A call of a function that is being evaluated, or another item's body.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Where the item stands; spans of its expressions are relative to it.
    pub(crate) origin: Origin,
    /// What people call the item.
    pub(crate) title: Arc<str>,
    /// The function, with the arguments that were given.
    pub(crate) call: Option<(Arc<Function>, Vec<Option<Value>>)>,
    /// The title with the arguments that differ from their defaults; made when it is asked for.
    pub(crate) label: OnceLock<Arc<str>>,
}

impl Frame {
    /// Of an item that is not a function.
    pub(crate) fn item(origin: Origin, title: Arc<str>) -> Arc<Frame> {
        Arc::new(Frame { origin, title, call: None, label: OnceLock::new() })
    }

    /// Of a function's call.
    pub(crate) fn function(function: Arc<Function>, given: Vec<Option<Value>>) -> Arc<Frame> {
        let (origin, title) = (function.origin.clone(), function.global.name.clone());
        Arc::new(Frame { origin, title, call: Some((function, given)), label: OnceLock::new() })
    }

    /// A span of the item, in its file.
    pub(crate) fn place(&self, span: Span) -> FileSpan {
        let start = span.start.saturating_add(self.origin.offset);
        let end = span.end.saturating_add(self.origin.offset);
        FileSpan { file: self.origin.file.clone(), start, end }
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
