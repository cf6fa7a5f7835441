//! Patterns of `match`, and binders of `let`, `for` and lambdas.

use super::{Name, NumLit, StrLit};
use crate::Span;

/// A pattern of a `match` arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Which form it has.
    pub kind: PatternKind,
    /// Where it stands.
    pub span: Span,
}

/// Forms of [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// `_`.
    Wildcard,
    /// A lower-case name: binds.
    Bind(Name),
    /// A number, with an optional minus.
    Number {
        /// `-` stands before it.
        negative: bool,
        /// The number.
        value: NumLit,
    },
    /// A string without holes.
    String(StrLit),
    /// `true`, `false`.
    Bool(bool),
    /// `none`.
    None,
    /// `some(p)`.
    Some(Box<Pattern>),
    /// `Staging`, `Production(canary, ..)`, `deploy.Env.Staging`.
    Variant {
        /// Modules and the enum before the variant's name.
        path: Box<[Name]>,
        /// The variant.
        name: Name,
        /// Payload patterns, positional or named; `None` when there are no parentheses.
        args: Option<Box<[PatternArg]>>,
        /// `..` stands at the end of the payload.
        rest: bool,
    },
    /// `(a, b)`.
    Tuple(Box<[Pattern]>),
    /// `[a, b]`.
    List(Box<[Pattern]>),
    /// `A | B`.
    Or(Box<[Pattern]>),
    /// Broken and reported.
    Error,
}

/// One payload pattern: `p` or `canary: p`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternArg {
    /// The payload's name.
    pub name: Option<Name>,
    /// The pattern.
    pub pattern: Pattern,
}

/// What a `let`, a `for` or a lambda parameter binds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binder {
    /// Which form it has.
    pub kind: BinderKind,
    /// Where it stands.
    pub span: Span,
}

/// Forms of [`Binder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BinderKind {
    /// A name.
    Name(Name),
    /// `_`.
    Wildcard,
    /// `(a, _, b)`.
    Tuple(Box<[Binder]>),
    /// Broken and reported.
    Error,
}
