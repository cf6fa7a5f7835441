//! Modules and items of a typed program.

use std::sync::Arc;

use indexmap::IndexMap;
use pipe_diagnostics::FileSpan;
use pipe_syntax::{Cuts, Span};

use super::{Body, Expr, Global, LocalId, ModuleId, Type};
use crate::package::Edition;

/// A checked program: the root package with all that it uses.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Program {
    /// Every module by name, the standard library's too.
    pub modules: IndexMap<ModuleId, Arc<Module>>,
    /// The root package's entry module.
    pub root: Option<ModuleId>,
}

/// A checked module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name.
    pub id: ModuleId,
    /// Its file, as it is shown to people.
    pub file: Arc<str>,
    /// The `##` lines at the top.
    pub docs: Vec<String>,
    /// It belongs to the root package: only its defaults may read the host.
    pub in_root_package: bool,
    /// The language that its package is written in.
    pub edition: Edition,
    /// It belongs to a dependency whose steps get no network: its package says so.
    pub offline: bool,
    /// `fn` and `action` items, also operations of the standard library (by `Type.name`).
    pub functions: IndexMap<Arc<str>, Arc<Function>>,
    /// `param` items.
    pub params: IndexMap<Arc<str>, Arc<Param>>,
    /// `let` items.
    pub lets: IndexMap<Arc<str>, Arc<Let>>,
    /// Records, and opaque types of the standard library.
    pub records: IndexMap<Arc<str>, Arc<Record>>,
    /// Enums.
    pub enums: IndexMap<Arc<str>, Arc<Enum>>,
    /// Tests in source order.
    pub tests: Vec<Arc<Test>>,
}

/// Where an item stands in its file. Spans of its expressions are relative to `offset` and do not count comments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The file, as it is shown to people.
    pub file: Arc<str>,
    /// Absolute offset of the item's first byte.
    pub offset: u32,
    /// The comments inside it.
    pub cuts: Arc<Cuts>,
    /// The item's name, relative span.
    pub name: Span,
}

impl Origin {
    /// Of a text that is one expression: places count from its first byte.
    pub fn expression(file: Arc<str>) -> Origin {
        Origin { file, offset: 0, cuts: Arc::default(), name: Span::default() }
    }

    /// Where a span of the item stands in its file.
    pub fn place(&self, span: Span) -> FileSpan {
        let Span { start, end } = self.cuts.written(span);
        let at = |place: u32| place.saturating_add(self.offset);
        FileSpan { file: self.file.clone(), start: at(start), end: at(end) }
    }
}

/// A `fn` or an `action`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub global: Global,
    /// Where it stands.
    pub origin: Origin,
    /// `##` lines.
    pub docs: Vec<String>,
    /// `pub`.
    pub public: bool,
    /// An `action`: its call has type `Action[ret]`.
    pub action: bool,
    /// Type parameters.
    pub type_params: Vec<Arc<str>>,
    /// Parameters; their locals are the body's first, in order.
    pub params: Vec<FunctionParam>,
    /// What it gives; for an action, what running it gives.
    pub ret: Type,
    /// What it does.
    pub body: FunctionBody,
    /// It, its signature or its body has an error: it is not evaluated.
    pub has_errors: bool,
}

/// The two kinds of bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionBody {
    /// Written in the language.
    Source(Arc<Body>),
    /// `{ intrinsic }`: the evaluator knows it by [`Function::global`]'s module and name.
    Intrinsic,
}

/// A parameter of a function, or a payload of a variant, or a field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionParam {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// Its default. Its expression sees no local.
    pub default: Option<Arc<Body>>,
    /// From name to the last token, relative to the item.
    pub span: Span,
    /// `##` lines above it, for fields.
    pub docs: Vec<String>,
}

/// A `param` item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub global: Global,
    /// Where it stands.
    pub origin: Origin,
    /// `##` lines.
    pub docs: Vec<String>,
    /// `pub`.
    pub public: bool,
    /// Its type.
    pub ty: Type,
    /// Its default.
    pub default: Option<Arc<Body>>,
    /// It has an error.
    pub has_errors: bool,
}

/// A `let` item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Let {
    /// Its name.
    pub global: Global,
    /// Where it stands.
    pub origin: Origin,
    /// `##` lines.
    pub docs: Vec<String>,
    /// `pub`.
    pub public: bool,
    /// Its type.
    pub ty: Type,
    /// Its value; `None` for `intrinsic` in the standard library (`host.platform`).
    pub value: Option<Arc<Body>>,
    /// It has an error.
    pub has_errors: bool,
}

/// A record, or an opaque type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub global: Global,
    /// Where it stands.
    pub origin: Origin,
    /// `##` lines.
    pub docs: Vec<String>,
    /// `pub`.
    pub public: bool,
    /// A type of the engine: fields are intrinsics `Type.field`.
    pub opaque: bool,
    /// Type parameters.
    pub type_params: Vec<Arc<str>>,
    /// Fields in order.
    pub fields: Vec<FunctionParam>,
    /// It has an error.
    pub has_errors: bool,
}

/// An enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum {
    /// Its name.
    pub global: Global,
    /// Where it stands.
    pub origin: Origin,
    /// `##` lines.
    pub docs: Vec<String>,
    /// `pub`.
    pub public: bool,
    /// Type parameters.
    pub type_params: Vec<Arc<str>>,
    /// Variants in order.
    pub variants: Vec<Variant>,
    /// It has an error.
    pub has_errors: bool,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub name: Arc<str>,
    /// `##` lines.
    pub docs: Vec<String>,
    /// Its payload.
    pub payload: Vec<FunctionParam>,
}

/// A `test`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its title.
    pub title: Arc<str>,
    /// Where it stands.
    pub origin: Origin,
    /// `with (name: value)`: values for params of the root module.
    pub with: Vec<(Global, Expr)>,
    /// The body; `with` values share its locals.
    pub body: Arc<Body>,
    /// It has an error.
    pub has_errors: bool,
}

/// A local of a body, for messages and for the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalDecl {
    /// Its name; `_` for a generated one.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// Where it is bound.
    pub span: Span,
    /// Its id: the index in [`Body::locals`].
    pub id: LocalId,
}
