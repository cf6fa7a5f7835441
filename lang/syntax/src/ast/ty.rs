//! Types as written.

use super::Name;
use crate::Span;

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeExpr {
    /// Which form it has.
    pub kind: TypeKind,
    /// Where it stands.
    pub span: Span,
}

/// Forms of [`TypeExpr`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// `Int`, `List[T]`, `go.Go`, `Map[String, Int]`.
    Named {
        /// Module names before the type's own name.
        modules: Box<[Name]>,
        /// The type's name.
        name: Name,
        /// Type arguments.
        args: Box<[TypeExpr]>,
    },
    /// `T?`.
    Optional(Box<TypeExpr>),
    /// `(A, B)`.
    Tuple(Box<[TypeExpr]>),
    /// `fn(A, B) -> C`.
    Function {
        /// Parameter types.
        params: Box<[TypeExpr]>,
        /// Result type.
        ret: Box<TypeExpr>,
    },
    /// Broken and reported.
    Error,
}
