//! Nodes that need nothing but their parts.

use crate::ast::*;
use crate::{Nested, Span};

fn at(l: u32, r: u32) -> Span {
    Span { start: l, end: r.max(l) }
}

/// The parts of a function, before they are checked.
pub(crate) struct FunctionParts {
    pub(crate) action: bool,
    pub(crate) name: Name,
    pub(crate) type_params: Option<Vec<Name>>,
    /// The parameters, and whether one of them was no parameter.
    pub(crate) params: (Vec<Param>, bool),
    pub(crate) params_end: u32,
    pub(crate) ret: Option<TypeExpr>,
    pub(crate) body: Block,
    pub(crate) broken: bool,
}

pub(crate) fn expr(l: u32, r: u32, kind: ExprKind) -> Expr {
    Expr { kind, span: at(l, r) }
}

pub(crate) fn error_expr(l: u32, r: u32) -> Expr {
    expr(l, r, ExprKind::Error)
}

pub(crate) fn binary(l: u32, r: u32, op: BinaryOp, op_span: Span, left: Expr, right: Expr) -> Expr {
    expr(l, r, ExprKind::Binary { op, op_span, left: Nested::new(left), right: Nested::new(right) })
}

pub(crate) fn unary(l: u32, r: u32, op: UnaryOp, op_span: Span, operand: Expr) -> Expr {
    expr(l, r, ExprKind::Unary { op, op_span, operand: Nested::new(operand) })
}

pub(crate) fn lambda(l: u32, r: u32, params: Vec<LambdaParam>, body: LambdaBody) -> Expr {
    expr(l, r, ExprKind::Lambda { params: params.into(), body: Box::new(body) })
}

/// `()`, `(a)` or `(a, b)`.
pub(crate) fn group(l: u32, r: u32, mut list: Vec<Expr>) -> Expr {
    if list.len() == 1
        && let Some(inner) = list.pop()
    {
        return expr(l, r, ExprKind::Paren(Nested::new(inner)));
    }
    expr(l, r, ExprKind::Tuple(list.into()))
}

pub(crate) fn comprehension(
    l: u32,
    r: u32,
    clauses: Vec<Clause>,
    element: Expr,
    value: Option<Expr>,
) -> Expr {
    let (element, value) = (Nested::new(element), value.map(Nested::new));
    expr(l, r, ExprKind::Comprehension { clauses: clauses.into(), element, value })
}

pub(crate) fn error_arm(l: u32, r: u32) -> Arm {
    Arm {
        pattern: pattern(l, r, PatternKind::Error),
        guard: None,
        body: ArmBody::Expr(error_expr(l, r)),
        span: at(l, r),
    }
}

pub(crate) fn type_expr(l: u32, r: u32, kind: TypeKind) -> TypeExpr {
    TypeExpr { kind, span: at(l, r) }
}

pub(crate) fn error_type(l: u32, r: u32) -> TypeExpr {
    type_expr(l, r, TypeKind::Error)
}

/// `(A, B)`; `(A)` is `A`.
pub(crate) fn tuple_type(l: u32, r: u32, mut list: Vec<TypeExpr>) -> TypeExpr {
    if list.len() == 1
        && let Some(inner) = list.pop()
    {
        return inner;
    }
    type_expr(l, r, TypeKind::Tuple(list.into()))
}

pub(crate) fn binder(l: u32, r: u32, kind: BinderKind) -> Binder {
    Binder { kind, span: at(l, r) }
}

pub(crate) fn pattern(l: u32, r: u32, kind: PatternKind) -> Pattern {
    Pattern { kind, span: at(l, r) }
}

/// `(a, b)`; `(a)` is `a`.
pub(crate) fn tuple_pattern(l: u32, r: u32, mut list: Vec<Pattern>) -> Pattern {
    if list.len() == 1
        && let Some(inner) = list.pop()
    {
        return inner;
    }
    pattern(l, r, PatternKind::Tuple(list.into()))
}

pub(crate) fn variant_pattern(
    l: u32,
    r: u32,
    mut path: Vec<Name>,
    args: Option<(Vec<PatternArg>, bool)>,
) -> Pattern {
    let Some(name) = path.pop() else { return pattern(l, r, PatternKind::Error) };
    let rest = args.as_ref().is_some_and(|(_, rest)| *rest);
    pattern(
        l,
        r,
        PatternKind::Variant { path: path.into(), name, args: args.map(|(list, _)| list.into()), rest },
    )
}

pub(crate) fn param_item(name: Name, ty: TypeExpr, default: Option<Expr>) -> ItemKind {
    ItemKind::Param(ParamItem { name, ty, default })
}

pub(crate) fn record(
    opaque: bool,
    name: Name,
    type_params: Option<Vec<Name>>,
    fields: Vec<Option<Field>>,
    broken: bool,
) -> ItemKind {
    let broken = broken || fields.iter().any(Option::is_none);
    let fields = fields.into_iter().flatten().collect();
    ItemKind::Record(Record {
        opaque,
        name,
        type_params: type_params.unwrap_or_default().into(),
        fields,
        broken,
    })
}

pub(crate) fn enumeration(
    name: Name,
    type_params: Option<Vec<Name>>,
    variants: Vec<Option<Variant>>,
    broken: bool,
) -> ItemKind {
    let broken = broken || variants.iter().any(Option::is_none);
    let variants = variants.into_iter().flatten().collect();
    ItemKind::Enum(Enum { name, type_params: type_params.unwrap_or_default().into(), variants, broken })
}

/// The parameters that were understood, and whether others were not. `unclosed` when their bracket had to be closed.
pub(crate) fn params(list: Vec<Option<Param>>, unclosed: bool) -> (Vec<Param>, bool) {
    let broken = unclosed || list.iter().any(Option::is_none);
    (list.into_iter().flatten().collect(), broken)
}

/// A list that has room for its elements and no more: most have one or two, and there are many.
pub(crate) fn with_last<T>(mut list: Vec<T>, last: Option<T>) -> Vec<T> {
    list.reserve_exact(usize::from(last.is_some()));
    list.extend(last);
    list.shrink_to_fit();
    list
}

/// As [`with_last`], for lists whose first element is told apart.
pub(crate) fn with_first<T>(first: T, mut rest: Vec<T>) -> Vec<T> {
    rest.reserve_exact(1);
    rest.insert(0, first);
    rest.shrink_to_fit();
    rest
}
