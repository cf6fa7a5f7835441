//! Operations of numbers.

use super::args::Args;
use super::{MAX_ITEMS, PureError, PureFn};
use crate::{Datum, Float};

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("Int.abs", |a| a.int(0)?.checked_abs().map(Datum::Int).ok_or_else(too_large)),
    ("Int.min", |a| Ok(Datum::Int(a.int(0)?.min(a.int(1)?)))),
    ("Int.max", |a| Ok(Datum::Int(a.int(0)?.max(a.int(1)?)))),
    ("Int.remainder", remainder),
    ("Int.to_float", |a| Ok(Datum::Float(Float::new(a.int(0)? as f64)))),
    ("Port.to_int", of_text),
    ("Percent.to_int", of_text),
    ("Float.abs", |a| Ok(Datum::Float(Float::new(float(a)?.abs())))),
    ("Float.round", |a| whole(float(a)?.round())),
    ("Float.floor", |a| whole(float(a)?.floor())),
    ("Float.ceil", |a| whole(float(a)?.ceil())),
    ("range", range),
];

fn too_large() -> PureError {
    PureError::Overflow { operation: "abs", ty: "an `Int`" }
}

/// Ports and percentages are kept as texts.
fn of_text(args: &Args<'_>) -> Result<Datum, PureError> {
    args.text(0)?.parse().map(Datum::Int).map_err(|_| args.wrong(0, "a number as text"))
}

fn float(args: &Args<'_>) -> Result<f64, PureError> {
    match args.get(0)? {
        Datum::Float(number) => Ok(number.get()),
        _ => Err(args.wrong(0, "a number with a point")),
    }
}

/// A number without a fraction as an `Int`.
fn whole(number: f64) -> Result<Datum, PureError> {
    // Both bounds are exact as `f64`; the upper one is the first that does not fit.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number) {
        Ok(Datum::Int(number as i64))
    } else {
        Err(PureError::Overflow { operation: "rounding", ty: "an `Int`" })
    }
}

/// What a division leaves, with the sign of the dividend: `a == a / b * b + a.remainder(b)`.
fn remainder(args: &Args<'_>) -> Result<Datum, PureError> {
    match (args.int(0)?, args.int(1)?) {
        (_, 0) => Err(PureError::DivisionByZero),
        (a, b) => Ok(Datum::Int(a.wrapping_rem(b))),
    }
}

/// From the first number to before the second; none when that is not larger.
fn range(args: &Args<'_>) -> Result<Datum, PureError> {
    let (start, end) = (args.int(0)?, args.int(1)?);
    if start < end && end.checked_sub(start).is_none_or(|count| count > MAX_ITEMS as i64) {
        return Err(PureError::TooMany { limit: MAX_ITEMS });
    }
    Ok(Datum::List((start..end).map(Datum::Int).collect()))
}
