//! `T.parse(text)`: a text as a value of a type, or why it is none.

use super::args::Args;
use super::checked::shortened;
use super::results::{err, ok};
use super::{EnumShape, PureError, PureFn, Shape, check_text, kebab_case, parse_duration, parse_size};
use crate::{Datum, Float};

pub(super) const TABLE: &[(&str, PureFn)] = &[("parse", parse)];

/// The type as [`super::Shapes`], then the text. Gives a `Result`.
fn parse(args: &Args<'_>) -> Result<Datum, PureError> {
    let shapes = args.shapes(0)?;
    let text = args.text(1)?;
    let (kind, read): (&'static str, Result<Datum, String>) = match &shapes.root {
        Shape::Checked(kind) => {
            return Ok(match check_text(kind, text) {
                Ok(()) => ok(Datum::Text(text.clone())),
                Err(error) => err(error.to_string()),
            });
        }
        Shape::Bool => ("a `Bool`", bool(text)),
        Shape::Int => ("an `Int`", int(text)),
        Shape::Float => ("a `Float`", float(text)),
        Shape::Duration => ("a `Duration`", duration(text)),
        Shape::Size => ("a `Size`", size(text)),
        Shape::Enum(key) => match shapes.enums.get(key) {
            Some(shape) => return Ok(variant(shape, text)),
            None => return Err(args.wrong(0, "a type")),
        },
        _ => return Err(args.wrong(0, "a type that is read from a text")),
    };
    Ok(match read {
        Ok(value) => ok(value),
        Err(reason) => {
            err(PureError::Form { kind: kind.to_owned(), text: shortened(text), reason }.to_string())
        }
    })
}

fn bool(text: &str) -> Result<Datum, String> {
    match text {
        "true" => Ok(Datum::Bool(true)),
        "false" => Ok(Datum::Bool(false)),
        _ => Err("it is neither true nor false".to_owned()),
    }
}

/// Digits, with `-` before them; nothing around them.
fn int(text: &str) -> Result<Datum, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("it is not of digits alone".to_owned());
    }
    text.parse().map(Datum::Int).map_err(|_| "it is too large".to_owned())
}

fn float(text: &str) -> Result<Datum, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let begins = digits.bytes().next().is_some_and(|b| b.is_ascii_digit());
    match text.parse::<f64>() {
        Ok(number) if begins && number.is_finite() => Ok(Datum::Float(Float::new(number))),
        _ => Err("it is not a number, as in 0.5".to_owned()),
    }
}

fn duration(text: &str) -> Result<Datum, String> {
    let read = parse_duration(text).map(Datum::Duration);
    read.ok_or_else(|| "it is not numbers with units, as in 1h30min".to_owned())
}

fn size(text: &str) -> Result<Datum, String> {
    let read = parse_size(text).map(Datum::Size);
    read.ok_or_else(|| "it is not a number with a unit, as in 512MiB".to_owned())
}

/// A variant without payload, as it is printed or as it is written.
fn variant(shape: &EnumShape, text: &str) -> Datum {
    let found = shape.variants.iter().find(|v| v.name.as_ref() == text || kebab_case(&v.name) == text);
    match found {
        Some(variant) => ok(Datum::Variant {
            name: shape.name.clone(),
            variant: variant.name.clone(),
            payload: Vec::new(),
        }),
        None => {
            let names: Vec<_> = shape.variants.iter().map(|v| format!("`{}`", kebab_case(&v.name))).collect();
            err(format!("`{}` is none of {}", shortened(text), names.join(", ")))
        }
    }
}
