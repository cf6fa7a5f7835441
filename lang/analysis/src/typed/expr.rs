//! Typed expressions.

use std::sync::Arc;

use pipe_syntax::ast::{BinaryOp, HolePosition, Shell, UnaryOp};
use pipe_syntax::{Nested, NestedList, Span};

use super::{CheckedKind, Global, LocalDecl, Type, Types};

/// An expression with the locals that it and its parts bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Every local, by [`LocalId`]. A function's parameters come first.
    pub locals: Box<[LocalDecl]>,
    /// The expression.
    pub expr: Expr,
}

/// A local of a [`Body`]: the index in [`Body::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// A typed expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// Which form it has.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Where it stands, relative to its item.
    pub span: Span,
}

impl Default for Expr {
    fn default() -> Expr {
        Expr { kind: ExprKind::Error, ty: Type::Error, span: Span::default() }
    }
}

/// Forms of [`Expr`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// `()`, and the value of a block that ends in a statement.
    Unit,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// The bits of an `f64`.
    Float(u64),
    /// Nanoseconds.
    Duration(i64),
    /// Bytes.
    Size(u64),
    /// A string, also one whose type is [`Type::Checked`]: a checked literal is its text.
    Text(Box<[TextPiece]>),
    /// A script.
    Script {
        /// Which shell runs it.
        shell: Shell,
        /// Text and holes.
        parts: Box<[ScriptPiece]>,
    },
    /// A local.
    Local(LocalId),
    /// A `param` of the root module.
    Param(Global),
    /// A `let` of a module.
    Let(Global),
    /// A named function used as a value.
    FunctionValue {
        /// The function.
        function: Global,
        /// For each of its type parameters, the type it has here.
        type_args: Types,
    },
    /// A call of a named function, an operation or an intrinsic. `args` are in parameter order, an operation's receiver first;
    /// `None` takes the default.
    Call {
        /// The function.
        function: Global,
        /// For each of its type parameters, the type it has here.
        type_args: Types,
        /// Arguments in parameter order.
        args: NestedList<Option<Expr>>,
    },
    /// A call of a function value.
    CallValue {
        /// The function.
        callee: Nested<Expr>,
        /// Arguments.
        args: Box<[Expr]>,
    },
    /// A record value; fields in declaration order, `None` takes the default.
    Record {
        /// The record.
        record: Global,
        /// Its fields.
        fields: NestedList<Option<Expr>>,
    },
    /// `r.with(a: x)`: the record with some fields replaced, by index.
    Update {
        /// The record value.
        base: Nested<Expr>,
        /// New fields.
        fields: Box<[(usize, Expr)]>,
    },
    /// A variant; payload in declaration order, `None` takes the default.
    Variant {
        /// The enum.
        r#enum: Global,
        /// Which variant, by index.
        variant: usize,
        /// Its payload.
        payload: NestedList<Option<Expr>>,
    },
    /// `Enum.all`.
    AllVariants(Global),
    /// A field of a record, by index.
    Field {
        /// The record value.
        base: Nested<Expr>,
        /// Which field.
        index: usize,
    },
    /// A field of an opaque type or of a checked literal (`platform.os`, `container.user`): the intrinsic `Type.field`.
    IntrinsicField {
        /// The value.
        base: Nested<Expr>,
        /// `Type.field`, in the module that declares it.
        field: Global,
    },
    /// `x?.…`: if `base` is some value, binds it to `local` and gives some `body` (flattened when `body` is optional), else none.
    OptionalChain {
        /// The optional value.
        base: Nested<Expr>,
        /// Where it is bound.
        local: LocalId,
        /// What follows.
        body: Nested<Expr>,
    },
    /// `none`.
    None,
    /// `some(x)`.
    Some(Nested<Expr>),
    /// A tuple.
    Tuple(Box<[Expr]>),
    /// A list.
    List(Box<[ListElement]>),
    /// A map.
    Map(Box<[(Expr, Expr)]>),
    /// A comprehension.
    Comprehension {
        /// Clauses in order.
        clauses: Box<[Clause]>,
        /// The element, or the key of a map.
        element: Nested<Expr>,
        /// The value, when it builds a map.
        value: Option<Nested<Expr>>,
    },
    /// `-x`, `!x`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        operand: Nested<Expr>,
    },
    /// `a + b`; `&&`, `||`, `??` evaluate the right side only when needed.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: Nested<Expr>,
        /// Right operand.
        right: Nested<Expr>,
    },
    /// A lambda.
    Lambda {
        /// A binder for each parameter.
        params: Box<[Binder]>,
        /// Its body; it sees the locals around it.
        body: Arc<Expr>,
    },
    /// `if`; without `else` its type is `Unit`.
    If {
        /// The condition.
        condition: Nested<Expr>,
        /// When it holds.
        then: Nested<Expr>,
        /// When it does not.
        otherwise: Option<Nested<Expr>>,
    },
    /// `match`; exhaustive.
    Match {
        /// What is looked at.
        scrutinee: Nested<Expr>,
        /// Arms in order.
        arms: Box<[Arm]>,
    },
    /// A block.
    Block(Box<[Statement]>),
    /// `do action`.
    Do(Nested<Expr>),
    /// `T.parse(text)`, a `Result` of `T` or why the text is none.
    Parse {
        /// `T`: a checked type, `Bool`, a number, a duration, a size, or an enum without payloads.
        target: Type,
        /// The text.
        text: Nested<Expr>,
    },
    /// A conversion that the checker inserted.
    Convert {
        /// Which.
        conversion: Conversion,
        /// What is converted.
        expr: Nested<Expr>,
    },
    /// Wrong and reported.
    Error,
}

/// The only conversions of the language, besides a literal to its checked type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// `T` to `T?`.
    ToOptional,
    /// `Dir` or `File` to `Tree`.
    ToTree,
    /// `List[String]` to `Command`.
    ToCommand,
    /// A `String` that is not a literal to `Path`, `Glob` or `EnvName`: checked when known.
    Check(CheckedKind),
}

/// A piece of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPiece {
    /// Fixed text.
    Fixed(Arc<str>),
    /// `${expr}` of a type that has a text form.
    Hole(Expr),
}

/// A piece of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptPiece {
    /// Fixed text.
    Fixed(Arc<str>),
    /// `${{ expr }}`; never in a refused position. Its type has a text form, or is a list of such (then in an unglued word).
    Hole {
        /// The expression.
        expr: Expr,
        /// Where the shell's quoting puts it.
        position: HolePosition,
        /// From `$` to the last `}`.
        span: Span,
    },
}

/// An element of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListElement {
    /// One value.
    Item(Expr),
    /// All values of another list.
    Spread(Expr),
}

/// A clause of a comprehension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// `for p in ps`; over a map it binds pairs.
    For(Binder, Expr),
    /// `if c`.
    If(Expr),
}

/// What a `let`, a `for` or a lambda parameter binds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binder {
    /// A local.
    Local(LocalId),
    /// `_`.
    Wildcard,
    /// The parts of a tuple.
    Tuple(Box<[Binder]>),
}

/// An arm of a `match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// What it covers.
    pub pattern: Pattern,
    /// `if c`.
    pub guard: Option<Expr>,
    /// What it gives.
    pub body: Expr,
}

/// A typed pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `_`.
    Wildcard,
    /// Binds.
    Bind(LocalId),
    /// A whole number.
    Int(i64),
    /// The bits of an `f64`.
    Float(u64),
    /// Nanoseconds.
    Duration(i64),
    /// Bytes.
    Size(u64),
    /// A text, also of a checked type.
    Text(Arc<str>),
    /// `true`, `false`.
    Bool(bool),
    /// `none`.
    None,
    /// `some(p)`.
    Some(Box<Pattern>),
    /// A variant, by index; payload patterns in declaration order.
    Variant {
        /// Which variant.
        variant: usize,
        /// A pattern for each payload.
        payload: Box<[Pattern]>,
    },
    /// `App(name: p, ..)`: a pattern for each field of a record.
    Record(Box<[Pattern]>),
    /// `(a, b)`.
    Tuple(Box<[Pattern]>),
    /// `[a, b]`.
    List(Box<[Pattern]>),
    /// `A | B`; both bind the same locals.
    Or(Box<[Pattern]>),
}

/// A statement of a block. The last one, when it is [`Statement::Value`], is the block's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `let`.
    Let(Binder, Expr),
    /// `expect e`: in tests. Span of the statement.
    Expect(Expr, Span),
    /// `gate e`: in actions. Span of the statement.
    Gate(Expr, Span),
    /// An expression: the value when last, else one that may be dropped (`do …`).
    Value(Expr),
}
