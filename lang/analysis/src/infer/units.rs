//! Arithmetic with durations and sizes: what it gives, and why something gives nothing.

use pipe_syntax::ast::BinaryOp;

use super::text::article;
use crate::typed::Type;

/// The type of `a op b` where one of them is a duration or a size; `None` when there is none.
pub(super) fn result(op: BinaryOp, a: &Type, b: &Type) -> Option<Type> {
    use Type::{Duration, Int, Size};
    match (op, a, b) {
        (BinaryOp::Add | BinaryOp::Subtract, Duration, Duration) => Some(Duration),
        (BinaryOp::Add | BinaryOp::Subtract, Size, Size) => Some(Size),
        (BinaryOp::Multiply, Duration, Int) | (BinaryOp::Multiply, Int, Duration) => Some(Duration),
        (BinaryOp::Multiply, Size, Int) | (BinaryOp::Multiply, Int, Size) => Some(Size),
        (BinaryOp::Divide, Duration | Size, Int) => Some(a.clone()),
        (BinaryOp::Divide, Duration, Duration) | (BinaryOp::Divide, Size, Size) => Some(Int),
        _ => None,
    }
}

/// Why `a op b` gives nothing, and what to write instead.
pub(super) fn reason(op: BinaryOp, a: &Type, b: &Type) -> (String, String) {
    let unit = if has_unit(a) { a } else { b };
    let other = if has_unit(a) { b } else { a };
    let (one, many, example) = match unit {
        Type::Duration => ("a `Duration`", "durations", "10min"),
        _ => ("a `Size`", "sizes", "512MiB"),
    };
    let found = article(&other.to_string());
    let sign = sign(op);
    let message = match op {
        _ if has_unit(a) && has_unit(b) && a != b => {
            format!(
                "`{sign}` finds nothing in common in {} and {}",
                article(&a.to_string()),
                article(&b.to_string())
            )
        }
        BinaryOp::Multiply if a == b => format!("two {many} have no product"),
        BinaryOp::Multiply => format!("{one} is multiplied by a whole number; this is {found}"),
        BinaryOp::Divide if has_unit(a) => {
            format!("{one} is divided by a whole number or {one}; this is {found}")
        }
        BinaryOp::Divide => format!("nothing but {many} is divided by {one}; this is {found}"),
        _ => format!("`{sign}` takes two {many}; this is {found}"),
    };
    let help = match (op, other) {
        (BinaryOp::Add | BinaryOp::Subtract, Type::Int | Type::Float) => {
            format!("{one} has a unit: `{example}`")
        }
        (BinaryOp::Multiply | BinaryOp::Divide, Type::Float) => {
            format!("a half is `{example} / 2`, two and a half times as much `{example} * 5 / 2`")
        }
        (BinaryOp::Multiply, Type::Duration | Type::Size) if a == b => {
            format!("multiply by a number: `{example} * 3`")
        }
        (BinaryOp::Divide, Type::Int) => {
            format!("how often one goes into another is `{example} / {example}`")
        }
        (BinaryOp::Multiply | BinaryOp::Divide, Type::Checked(_)) => {
            format!("a percentage of it is `{example} * share.to_int() / 100`")
        }
        (_, Type::Optional(_)) => {
            "it may be none: give another value with `??`, or take it apart with `match`".to_owned()
        }
        _ => String::new(),
    };
    (message, help)
}

fn has_unit(ty: &Type) -> bool {
    matches!(ty, Type::Duration | Type::Size)
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        _ => "/",
    }
}
