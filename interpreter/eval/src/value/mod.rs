//! Values of the language while it is evaluated.

mod action;
mod check;
mod closure;
mod container;
mod data;
mod items;
mod script;
mod shared;
mod symbolic;

use std::sync::Arc;

use pipe_analysis::typed::{Enum, Record};
use pipe_ops::{Float, Output};

pub use action::{ActionValue, Effect};
pub(crate) use action::{Deed, Described, Gives};
pub use check::{CheckKind, CheckValue, Judged};
pub use closure::Callee;
pub(crate) use closure::Closure;
pub use container::{Base, Config, ContainerValue, LastExec};
pub(crate) use data::map_value;
pub use items::Items;
pub use script::ScriptValue;
pub use shared::Shared;
pub use symbolic::Symbolic;

use indexmap::IndexMap;
use pipe_ops::Datum;

use crate::rounds::Waiting;

/// A value. Cloning one is cheap: what is large is shared.
#[derive(Clone, Debug)]
pub enum Value {
    /// `()`.
    Unit,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a point.
    Float(Float),
    /// A text, also of a checked type.
    Text(Arc<str>),
    /// Nanoseconds.
    Duration(i64),
    /// Bytes.
    Size(u64),
    /// A list.
    List(Items),
    /// A tuple.
    Tuple(Items),
    /// A map; its keys are known.
    Map(Arc<MapValue>),
    /// `none`, `some(x)`.
    Optional(Option<Arc<Value>>),
    /// A record.
    Record(Arc<RecordValue>),
    /// A variant of an enum.
    Variant(Arc<VariantValue>),
    /// A script, with its holes filled.
    Script(Arc<ScriptValue>),
    /// A container.
    Container(Arc<ContainerValue>),
    /// A directory tree.
    Dir(Output),
    /// A file.
    File(Output),
    /// A check.
    Check(Arc<CheckValue>),
    /// A secret, by the node that stands for it; never its bytes.
    Secret(Output),
    /// A value of one of the engine's types that nothing but the engine looks into: `Service`, `Repo`, `Index`.
    Opaque {
        /// The type's name.
        ty: Arc<str>,
        /// The node that gives it.
        output: Output,
    },
    /// What an action will do.
    Action(Arc<ActionValue>),
    /// A named function.
    Function(Callee),
    /// A lambda.
    Closure(ClosureValue),
    /// Data that is known only when a step has run.
    Symbolic(Arc<Symbolic>),
    /// Whatever it is, control flow needs an output for it that is not known in this round.
    Waiting(Arc<Waiting>),
}

/// A lambda with what it saw.
#[derive(Clone, Debug)]
pub struct ClosureValue(pub(crate) Arc<Closure>);

/// A map in insertion order.
#[derive(Clone, Debug)]
pub struct MapValue {
    /// Its pairs.
    pub entries: IndexMap<Datum, Value>,
    pub(crate) depth: u32,
    pub(crate) waits: bool,
}

/// A record.
#[derive(Clone, Debug)]
pub struct RecordValue {
    /// Its declaration.
    pub decl: Arc<Record>,
    /// Its fields in declaration order.
    pub fields: Items,
}

/// A variant.
#[derive(Clone, Debug)]
pub struct VariantValue {
    /// The declaration of its enum.
    pub decl: Arc<Enum>,
    /// Which variant, by index.
    pub index: usize,
    /// Its payload in declaration order.
    pub payload: Items,
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// `some(value)`, or `none`.
    pub fn optional(value: Option<Value>) -> Value {
        Value::Optional(value.map(Arc::new))
    }

    /// How deep it nests: 0 for what holds nothing.
    pub(crate) fn depth(&self) -> u32 {
        match self {
            Value::List(items) | Value::Tuple(items) => items.depth(),
            Value::Map(map) => map.depth,
            Value::Optional(Some(value)) => value.depth() + 1,
            Value::Record(record) => record.fields.depth(),
            Value::Variant(variant) => variant.payload.depth(),
            Value::Check(check) => check.depth,
            Value::Action(action) => action.depth,
            Value::Closure(closure) => closure.0.depth,
            _ => 0,
        }
    }

    /// Whether it is or holds a value that waits for a later round.
    pub(crate) fn waits(&self) -> bool {
        match self {
            Value::Waiting(_) => true,
            Value::List(items) | Value::Tuple(items) => items.waits(),
            Value::Map(map) => map.waits,
            Value::Optional(Some(value)) => value.waits(),
            Value::Record(record) => record.fields.waits(),
            Value::Variant(variant) => variant.payload.waits(),
            Value::Check(check) => check.waits,
            Value::Action(action) => action.waits,
            Value::Closure(closure) => closure.0.waits,
            _ => false,
        }
    }

    /// Its kind for people, with its article.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Unit => "`()`",
            Value::Bool(_) => "a `Bool`",
            Value::Int(_) => "an `Int`",
            Value::Float(_) => "a `Float`",
            Value::Text(_) => "a `String`",
            Value::Duration(_) => "a `Duration`",
            Value::Size(_) => "a `Size`",
            Value::List(_) => "a list",
            Value::Tuple(_) => "a tuple",
            Value::Map(_) => "a map",
            Value::Optional(_) => "an optional value",
            Value::Record(_) => "a record",
            Value::Variant(_) => "a variant",
            Value::Script(_) => "a script",
            Value::Container(_) => "a `Container`",
            Value::Dir(_) => "a `Dir`",
            Value::File(_) => "a `File`",
            Value::Check(_) => "a `Check`",
            Value::Secret(_) => "a `Secret`",
            Value::Opaque { .. } => "a value of the engine",
            Value::Action(_) => "an action",
            Value::Function(_) | Value::Closure(_) => "a function",
            Value::Symbolic(_) | Value::Waiting(_) => "a value that is known only when a step has run",
        }
    }
}
