//! Expressions, statements and blocks.

use super::{Binder, Name, NumLit, Pattern, ScriptLit, StrLit, TypeExpr};
use crate::{Nested, Span};

/// An expression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expr {
    /// Which form it has.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// Forms of [`Expr`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExprKind {
    /// A lower-case name.
    Name(Name),
    /// An upper-case name standing alone or before `.` or `(`: a type, an enum, a record, a variant.
    TypeName(Name),
    /// A number.
    Number(NumLit),
    /// A string.
    String(StrLit),
    /// A script.
    Script(ScriptLit),
    /// `true`, `false`.
    Bool(bool),
    /// `none`.
    None,
    /// `(a)`: kept for the formatter.
    Paren(Nested<Expr>),
    /// `(a, b)`; `()` is the unit value.
    Tuple(Box<[Expr]>),
    /// `[1, ..xs]`.
    List {
        /// Elements in order.
        elements: Box<[Element]>,
        /// The author broke the line after the first element (or the bracket): the formatter keeps it broken.
        broken: bool,
    },
    /// `["GOOS": "linux"]`, `[:]`.
    Map {
        /// Pairs in order.
        entries: Box<[(Expr, Expr)]>,
        /// As for lists.
        broken: bool,
    },
    /// `[for p in ps if c => e]`, `[for p in ps => k: v]`.
    Comprehension {
        /// `for` and `if` clauses in order; the first is a `for`.
        clauses: Box<[Clause]>,
        /// The element, or the key of a map.
        element: Nested<Expr>,
        /// The value, when it builds a map.
        value: Option<Nested<Expr>>,
    },
    /// `f(a, b: c)`. What is called is a name, a field (`x.f(a)` is an operation of x's type) or a type name.
    Call {
        /// What is called.
        callee: Nested<Expr>,
        /// Arguments in source order.
        args: Box<[Arg]>,
        /// The author broke the line after `(` or after the first argument.
        broken: bool,
    },
    /// `x.f`, `x?.f`.
    Field {
        /// What stands before the point.
        base: Nested<Expr>,
        /// `?.` instead of `.`.
        optional: bool,
        /// The name; `None` when nothing follows the point (reported): completion starts here.
        name: Option<Name>,
        /// A line break stands before the point.
        broken: bool,
    },
    /// `x |> m.f(a)`.
    Pipe(Nested<Pipe>),
    /// `-x`, `!x`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its place.
        op_span: Span,
        /// Its operand.
        operand: Nested<Expr>,
    },
    /// `do x`.
    Do {
        /// The place of `do`.
        do_span: Span,
        /// The action.
        action: Nested<Expr>,
    },
    /// `a + b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Its place.
        op_span: Span,
        /// Left operand.
        left: Nested<Expr>,
        /// Right operand.
        right: Nested<Expr>,
    },
    /// `fn(x, y: Int) => e`.
    Lambda {
        /// Parameters.
        params: Box<[LambdaParam]>,
        /// The body; an expression stands as a block of one.
        body: Box<LambdaBody>,
    },
    /// `if c { a } else { b }`.
    If {
        /// The place of `if`.
        if_span: Span,
        /// The condition.
        condition: Nested<Expr>,
        /// What is taken when it holds.
        then: Box<Block>,
        /// The other block, or another `if`.
        otherwise: Option<Box<Else>>,
    },
    /// `match x { A => e }`.
    Match {
        /// The place of `match`.
        match_span: Span,
        /// What is looked at.
        scrutinee: Nested<Expr>,
        /// Arms in order.
        arms: Box<[Arm]>,
    },
    /// Broken and reported: no further error comes from here.
    #[default]
    Error,
}

/// `x |> m.f(a)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipe {
    /// The function with its modules; empty when nothing follows (reported).
    pub function: Box<[Name]>,
    /// Its arguments: what stands before `|>`, then those in parentheses. Never empty.
    pub args: Box<[Arg]>,
    /// A line break stands before `|>`.
    pub broken: bool,
}

impl Pipe {
    /// What stands before `|>`.
    pub fn base(&self) -> &Expr {
        const NOTHING: &Expr = &Expr { kind: ExprKind::Error, span: Span { start: 0, end: 0 } };
        self.args.first().map_or(NOTHING, |first| &first.value)
    }

    /// The arguments in parentheses.
    pub fn written_args(&self) -> &[Arg] {
        self.args.get(1..).unwrap_or_default()
    }
}

/// The body of a lambda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LambdaBody {
    /// `=> e`.
    Expr(Expr),
    /// `=> { … }`.
    Block(Block),
}

/// What follows `else`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Else {
    /// `else { … }`.
    Block(Block),
    /// `else if …`: an expression of kind `If`.
    If(Expr),
}

/// An element of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// One value.
    Item(Expr),
    /// `..xs`: all values of another list.
    Spread(Expr),
}

/// A clause of a comprehension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// `for p in ps`.
    For(Binder, Expr),
    /// `if c`.
    If(Expr),
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// The parameter's name, when it is written.
    pub name: Option<Name>,
    /// The value; of kind `Error` when none follows `name:`.
    pub value: Expr,
}

/// A parameter of a lambda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaParam {
    /// What it binds.
    pub binder: Binder,
    /// Its type, when it is written.
    pub ty: Option<Box<TypeExpr>>,
}

/// An arm of a `match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// What it covers.
    pub pattern: Pattern,
    /// `if c`.
    pub guard: Option<Expr>,
    /// What it gives.
    pub body: ArmBody,
    /// The whole arm.
    pub span: Span,
}

/// The body of an arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmBody {
    /// An expression.
    Expr(Expr),
    /// A block.
    Block(Block),
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`.
    Negate,
    /// `!`.
    Not,
}

/// Infix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `??`.
    Default,
}

/// `{ … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Statements in order; the last, when it is an expression, is the value.
    pub statements: Box<[Statement]>,
    /// With the braces.
    pub span: Span,
}

/// A statement of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Which form it has.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
}

/// Forms of [`Statement`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// `let x: T = e`.
    Let {
        /// What it binds.
        binder: Binder,
        /// Its type, when it is written.
        ty: Option<Box<TypeExpr>>,
        /// Its value.
        value: Expr,
    },
    /// `expect e`.
    Expect(Expr),
    /// `gate e`.
    Gate(Expr),
    /// An expression.
    Expr(Expr),
    /// Broken and reported.
    Error,
}
