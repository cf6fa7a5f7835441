//! Operations of `String`. Positions and lengths count characters (Unicode scalar values).

use super::args::Args;
use super::{MAX_TEXT, PureError, PureFn, slice_range};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("String.len", |a| Ok(Datum::Int(a.text(0)?.chars().count() as i64))),
    ("String.trim", |a| Ok(Datum::text(a.text(0)?.trim()))),
    ("String.trim_prefix", trim_prefix),
    ("String.trim_suffix", trim_suffix),
    ("String.split", split),
    ("String.slice", slice),
    ("String.replace", replace),
    ("String.lower", |a| Ok(Datum::text(a.text(0)?.to_lowercase()))),
    ("String.upper", |a| Ok(Datum::text(a.text(0)?.to_uppercase()))),
    ("String.contains", |a| Ok(Datum::Bool(a.text(0)?.contains(a.text(1)?.as_ref())))),
    ("String.starts_with", |a| Ok(Datum::Bool(a.text(0)?.starts_with(a.text(1)?.as_ref())))),
    ("String.ends_with", |a| Ok(Datum::Bool(a.text(0)?.ends_with(a.text(1)?.as_ref())))),
    ("String.lines", |a| Ok(Datum::List(a.text(0)?.lines().map(Datum::text).collect()))),
];

fn trim_prefix(args: &Args<'_>) -> Result<Datum, PureError> {
    let text = args.text(0)?;
    Ok(Datum::text(text.strip_prefix(args.text(1)?.as_ref()).unwrap_or(text)))
}

fn trim_suffix(args: &Args<'_>) -> Result<Datum, PureError> {
    let text = args.text(0)?;
    Ok(Datum::text(text.strip_suffix(args.text(1)?.as_ref()).unwrap_or(text)))
}

/// An empty separator splits into characters.
fn split(args: &Args<'_>) -> Result<Datum, PureError> {
    let (text, separator) = (args.text(0)?, args.text(1)?);
    let parts = if separator.is_empty() {
        text.chars().map(|c| Datum::text(c.to_string())).collect()
    } else {
        text.split(separator.as_ref()).map(Datum::text).collect()
    };
    Ok(Datum::List(parts))
}

fn slice(args: &Args<'_>) -> Result<Datum, PureError> {
    let text = args.text(0)?;
    let range = slice_range(text.chars().count(), args.int(1)?, args.optional_int(2)?);
    Ok(Datum::text(text.chars().skip(range.start).take(range.len()).collect::<String>()))
}

/// An empty `from` stands before every character and at the end.
fn replace(args: &Args<'_>) -> Result<Datum, PureError> {
    let (text, from, to) = (args.text(0)?, args.text(1)?, args.text(2)?);
    let count = text.matches(from.as_ref()).count();
    let length = count.checked_mul(to.len()).and_then(|added| added.checked_add(text.len()));
    if length.is_none_or(|length| length > MAX_TEXT) {
        return Err(PureError::TooLarge { limit: MAX_TEXT });
    }
    Ok(Datum::text(text.replace(from.as_ref(), to)))
}
