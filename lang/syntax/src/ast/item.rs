//! Items: what a file is made of.

use std::sync::Arc;

use super::{Arg, Block, Expr, Name, StrLit, TypeExpr};
use crate::Span;

/// One declaration of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Absolute offset of the item's first byte (its first keyword, not its docs). Excluded from equality of meaning:
    /// the incremental layer stores it apart from the rest.
    pub offset: u32,
    /// Length in bytes, from the first keyword to the last token.
    pub len: u32,
    /// The `##` lines directly above, without the marks and one leading space.
    pub docs: Vec<String>,
    /// `pub` stands before it.
    pub public: bool,
    /// Which declaration it is.
    pub kind: Arc<ItemKind>,
}

/// Kinds of [`Item`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `use go_ci`, `use a.b as c`, `use "./deploy.pipe" as deploy`.
    Use(Use),
    /// `param src: Dir = workspace.dir()`.
    Param(ParamItem),
    /// `let platforms: List[Platform] = […]`.
    Let(LetItem),
    /// `fn` and `action`.
    Function(Function),
    /// `record App { name: String }`; in the standard library also `opaque Container { … }`.
    Record(Record),
    /// `enum Env { Staging, Production(canary: Percent = 10) }`.
    Enum(Enum),
    /// `test "…" with (src: …) { … }`.
    Test(Test),
    /// Text that is no item; the parser has reported it.
    Error,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// What is imported.
    pub path: UsePath,
    /// The local name after `as`. A path in quotes always has one (its absence is reported).
    pub alias: Option<Name>,
}

/// The target of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsePath {
    /// A dependency and modules inside it: `go_ci`, `go_ci.checks`.
    Package(Box<[Name]>),
    /// A file of this package, relative to this file: `"./deploy.pipe"`.
    File {
        /// The path as written.
        path: String,
        /// The literal with its quotes.
        span: Span,
    },
}

/// A top-level `param`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamItem {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// Its default, if any.
    pub default: Option<Expr>,
}

/// A top-level `let`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetItem {
    /// Its name.
    pub name: Name,
    /// Its type; required on `pub let`.
    pub ty: Option<TypeExpr>,
    /// Its value.
    pub value: Expr,
}

/// A `fn` or an `action`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// `action` instead of `fn`.
    pub action: bool,
    /// Its name.
    pub name: Name,
    /// `[T, U]`.
    pub type_params: Box<[Name]>,
    /// `(a: Int, b: Int = 1)`.
    pub params: Box<[Param]>,
    /// `-> T`. A `fn` always has one (its absence is reported); an `action` without one is `Action[Unit]`.
    pub ret: Option<TypeExpr>,
    /// The body.
    pub body: Block,
    /// The header was broken; the parser has reported it, and followers are silenced.
    pub broken: bool,
}

/// A parameter of a function or a variant's payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type. Only `self` in the standard library's operations writes one too: `self: Container`.
    pub ty: TypeExpr,
    /// Its default, if any.
    pub default: Option<Expr>,
    /// From the name to the last token.
    pub span: Span,
}

/// A `record`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `opaque` instead of `record`: a type of the engine, which only the standard library declares. Its fields are
    /// read-only and computed by intrinsics; it has no constructor.
    pub opaque: bool,
    /// Its name.
    pub name: Name,
    /// `[T]`.
    pub type_params: Box<[Name]>,
    /// Fields in source order.
    pub fields: Box<[Field]>,
    /// The declaration was broken and reported.
    pub broken: bool,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// `##` lines above it.
    pub docs: Vec<String>,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// Its default, if any.
    pub default: Option<Expr>,
    /// From the name to the last token.
    pub span: Span,
}

/// An `enum`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// `[T]`.
    pub type_params: Box<[Name]>,
    /// Variants in source order.
    pub variants: Box<[Variant]>,
    /// The declaration was broken and reported.
    pub broken: bool,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// `##` lines above it.
    pub docs: Vec<String>,
    /// Its name.
    pub name: Name,
    /// Its payload, empty when it has none.
    pub payload: Box<[Param]>,
    /// From the name to the last token.
    pub span: Span,
}

/// A `test`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its title.
    pub title: StrLit,
    /// `with (src: fixture("…"))`: values for params.
    pub with: Box<[Arg]>,
    /// The body.
    pub body: Block,
    /// The header was broken and reported.
    pub broken: bool,
}
