//! Types after checking.

use std::sync::Arc;

use super::{CheckedKind, Global, Types};
use crate::signature::substitute;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `Bool`.
    Bool,
    /// `Int`, 64 bits.
    Int,
    /// `Float`, 64 bits.
    Float,
    /// `String`.
    String,
    /// `Duration`, nanoseconds.
    Duration,
    /// `Size`, bytes.
    Size,
    /// `Unit`.
    Unit,
    /// The type of `fail(…)`: fits everywhere.
    Never,
    /// A text with a form that is checked.
    Checked(CheckedKind),
    /// `List[T]`.
    List(Arc<Type>),
    /// `Map[K, V]`.
    Map(Arc<Type>, Arc<Type>),
    /// `T?`.
    Optional(Arc<Type>),
    /// `(A, B)`.
    Tuple(Types),
    /// A record, with its type arguments.
    Record(Global, Types),
    /// An enum, with its type arguments.
    Enum(Global, Types),
    /// A type of the engine, declared `opaque` in the standard library: `Container`, `Dir`, `Secret`, …
    Opaque(Global, Types),
    /// `fn(A, B) -> C`.
    Function {
        /// Parameter types.
        params: Types,
        /// Result type.
        ret: Arc<Type>,
    },
    /// `Action[T]`.
    Action(Arc<Type>),
    /// The named union of `Dir` and `File`.
    Tree,
    /// The named union of `List[String]` and a script.
    Command,
    /// A type parameter of the function or record it stands in.
    Parameter(Arc<str>),
    /// A variable of inference. Never in a finished typed program.
    Variable(u32),
    /// Wrong and reported; silences followers.
    Error,
}

impl Type {
    /// The type with its type parameters replaced by arguments.
    pub fn substituted(&self, params: &[Arc<str>], args: &[Type]) -> Type {
        substitute(self, params, args)
    }
}
