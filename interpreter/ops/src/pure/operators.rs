//! Arithmetic and logical operators, `??`.

use super::args::Args;
use super::{MAX_TEXT, PureError, PureFn};
use crate::{Datum, Float};

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("not", not),
    ("and", and),
    ("or", or),
    ("negate", negate),
    ("add", add),
    ("subtract", subtract),
    ("multiply", multiply),
    ("divide", divide),
    ("default", default),
    ("default_optional", default_optional),
    ("or_fail", or_fail),
];

fn not(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(Datum::Bool(!args.bool(0)?))
}

fn and(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(Datum::Bool(args.bool(0)? && args.bool(1)?))
}

fn or(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(Datum::Bool(args.bool(0)? || args.bool(1)?))
}

const INT: &str = "an `Int`";
const DURATION: &str = "a `Duration`";
const SIZE: &str = "a `Size`";

fn fits<T>(value: Option<T>, operation: &'static str, ty: &'static str) -> Result<T, PureError> {
    value.ok_or(PureError::Overflow { operation, ty })
}

fn negate(args: &Args<'_>) -> Result<Datum, PureError> {
    match args.get(0)? {
        Datum::Int(a) => Ok(Datum::Int(fits(a.checked_neg(), "-", INT)?)),
        Datum::Duration(a) => Ok(Datum::Duration(fits(a.checked_neg(), "-", DURATION)?)),
        Datum::Float(a) => Ok(Datum::Float(Float::new(-a.get()))),
        _ => Err(args.wrong(0, "a number")),
    }
}

/// `+`: numbers, durations and sizes; texts and lists are joined; of two maps, the later one's values count.
fn add(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(match (args.get(0)?, args.get(1)?) {
        (Datum::Int(a), Datum::Int(b)) => Datum::Int(fits(a.checked_add(*b), "+", INT)?),
        (Datum::Float(a), Datum::Float(b)) => Datum::Float(Float::new(a.get() + b.get())),
        (Datum::Duration(a), Datum::Duration(b)) => Datum::Duration(fits(a.checked_add(*b), "+", DURATION)?),
        (Datum::Size(a), Datum::Size(b)) => Datum::Size(fits(a.checked_add(*b), "+", SIZE)?),
        (Datum::Text(a), Datum::Text(b)) if a.len() + b.len() <= MAX_TEXT => Datum::text(format!("{a}{b}")),
        (Datum::Text(_), Datum::Text(_)) => return Err(PureError::TooLarge { limit: MAX_TEXT }),
        (Datum::List(a), Datum::List(b)) => Datum::List([a.as_slice(), b].concat()),
        (Datum::Map(a), Datum::Map(b)) => {
            let entries: indexmap::IndexMap<_, _> = a.iter().chain(b).cloned().collect();
            Datum::Map(entries.into_iter().collect())
        }
        _ => return Err(args.wrong(1, "a value that can be added to the first")),
    })
}

fn subtract(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(match (args.get(0)?, args.get(1)?) {
        (Datum::Int(a), Datum::Int(b)) => Datum::Int(fits(a.checked_sub(*b), "-", INT)?),
        (Datum::Float(a), Datum::Float(b)) => Datum::Float(Float::new(a.get() - b.get())),
        (Datum::Duration(a), Datum::Duration(b)) => Datum::Duration(fits(a.checked_sub(*b), "-", DURATION)?),
        (Datum::Size(a), Datum::Size(b)) => Datum::Size(fits(a.checked_sub(*b), "-", SIZE)?),
        _ => return Err(args.wrong(1, "a value that can be subtracted from the first")),
    })
}

/// `*`: two numbers, or a duration or size and a whole number, in either order.
fn multiply(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(match (args.get(0)?, args.get(1)?) {
        (Datum::Int(a), Datum::Int(b)) => Datum::Int(fits(a.checked_mul(*b), "*", INT)?),
        (Datum::Float(a), Datum::Float(b)) => Datum::Float(Float::new(a.get() * b.get())),
        (Datum::Duration(a), Datum::Int(b)) | (Datum::Int(b), Datum::Duration(a)) => {
            Datum::Duration(fits(a.checked_mul(*b), "*", DURATION)?)
        }
        (Datum::Size(a), Datum::Int(b)) | (Datum::Int(b), Datum::Size(a)) => {
            let times = fits(u64::try_from(*b).ok(), "*", SIZE)?;
            Datum::Size(fits(a.checked_mul(times), "*", SIZE)?)
        }
        _ => return Err(args.wrong(1, "a value that the first can be multiplied with")),
    })
}

/// `/`: whole numbers, durations and sizes are cut off toward zero; a duration or size by another is a whole number.
fn divide(args: &Args<'_>) -> Result<Datum, PureError> {
    let (a, b) = (args.get(0)?, args.get(1)?);
    if matches!(b, Datum::Int(0) | Datum::Duration(0) | Datum::Size(0)) || *b == Datum::Float(Float::new(0.0))
    {
        return Err(PureError::DivisionByZero);
    }
    Ok(match (a, b) {
        (Datum::Int(a), Datum::Int(b)) => Datum::Int(fits(a.checked_div(*b), "/", INT)?),
        (Datum::Float(a), Datum::Float(b)) => Datum::Float(Float::new(a.get() / b.get())),
        (Datum::Duration(a), Datum::Int(b)) => Datum::Duration(fits(a.checked_div(*b), "/", DURATION)?),
        (Datum::Duration(a), Datum::Duration(b)) => Datum::Int(fits(a.checked_div(*b), "/", INT)?),
        (Datum::Size(a), Datum::Int(b)) => {
            Datum::Size(a / fits(u64::try_from(*b).ok().filter(|b| *b > 0), "/", SIZE)?)
        }
        (Datum::Size(a), Datum::Size(b)) => Datum::Int(fits(i64::try_from(a / b).ok(), "/", INT)?),
        _ => return Err(args.wrong(1, "a value that the first can be divided by")),
    })
}

/// `a ?? b` with `b` of the type inside `a`.
fn default(args: &Args<'_>) -> Result<Datum, PureError> {
    match args.optional(0)? {
        Some(value) => Ok(value.clone()),
        None => Ok(args.get(1)?.clone()),
    }
}

/// `a ?? fail(message)`.
fn or_fail(args: &Args<'_>) -> Result<Datum, PureError> {
    match args.optional(0)? {
        Some(value) => Ok(value.clone()),
        None => Err(PureError::Failed { message: args.text(1)?.to_string() }),
    }
}

/// `a ?? b` with `b` of the optional type that `a` has.
fn default_optional(args: &Args<'_>) -> Result<Datum, PureError> {
    let chosen = if args.optional(0)?.is_some() { 0 } else { 1 };
    args.optional(chosen)?;
    Ok(args.get(chosen)?.clone())
}
