//! What was evaluated already: pure results that are asked for again.

use std::collections::HashMap;
use std::sync::Arc;

use pipe_analysis::typed::{Global, Type};
use pipe_ops::{Float, Output};

use crate::value::{Callee, Value};

/// Results by what they depend on. Everything in here depends on the values of `param`s, so a test that sets some begins with an
/// empty one.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    pub(crate) params: HashMap<Global, Value>,
    pub(crate) lets: HashMap<Global, Value>,
    /// Defaults of parameters, payloads and fields, by item and index.
    pub(crate) defaults: HashMap<(Global, usize, usize), Value>,
    pub(crate) calls: HashMap<CallKey, Value>,
}

impl Memo {
    /// Forgets what waits for something: in another round it may be known.
    pub(crate) fn forget_waiting(&mut self) {
        self.params.retain(|_, value| !value.waits());
        self.lets.retain(|_, value| !value.waits());
        self.defaults.retain(|_, value| !value.waits());
        self.calls.retain(|_, value| !value.waits());
    }
}

/// A call whose arguments are cheap to compare.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct CallKey {
    function: Global,
    type_args: Arc<[Type]>,
    args: Vec<Scalar>,
}

/// Arguments that are cheap to compare.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Scalar {
    Unit,
    None,
    Bool(bool),
    Int(i64),
    Float(Float),
    Text(Arc<str>),
    Duration(i64),
    Size(u64),
    Tree(Output),
    Symbolic(Output),
    Waiting(u64),
    /// A variant without payload.
    Variant(Global, usize),
}

/// Longer texts are not worth hashing.
const LONGEST_TEXT: usize = 256;

impl CallKey {
    /// `None` when an argument is not cheap to compare.
    pub(crate) fn new(callee: &Callee, args: &[Value]) -> Option<CallKey> {
        let args = args.iter().map(scalar).collect::<Option<_>>()?;
        let Callee { function, type_args } = callee;
        Some(CallKey { function: function.global.clone(), type_args: type_args.clone(), args })
    }
}

fn scalar(value: &Value) -> Option<Scalar> {
    Some(match value {
        Value::Unit => Scalar::Unit,
        Value::Optional(None) => Scalar::None,
        Value::Bool(value) => Scalar::Bool(*value),
        Value::Int(number) => Scalar::Int(*number),
        Value::Float(number) => Scalar::Float(*number),
        Value::Text(text) if text.len() <= LONGEST_TEXT => Scalar::Text(text.clone()),
        Value::Duration(nanoseconds) => Scalar::Duration(*nanoseconds),
        Value::Size(bytes) => Scalar::Size(*bytes),
        Value::Dir(output) | Value::File(output) => Scalar::Tree(*output),
        Value::Symbolic(symbolic) => Scalar::Symbolic(symbolic.output),
        Value::Waiting(waiting) => Scalar::Waiting(waiting.id),
        Value::Variant(variant) if variant.payload.is_empty() => {
            Scalar::Variant(variant.decl.global.clone(), variant.index)
        }
        _ => return None,
    })
}
