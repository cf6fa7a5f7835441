//! Operations of `String`. Positions and lengths count characters (Unicode scalar values).

use super::args::{Args, optional};
use super::{MAX_ITEMS, MAX_TEXT, PureError, PureFn, slice_range};
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
    ("String.lines", |a| listed(a.text(0)?.lines().map(str::to_owned))),
    ("String.is_empty", |a| Ok(Datum::Bool(a.text(0)?.is_empty()))),
    ("String.trim_start", |a| Ok(Datum::text(a.text(0)?.trim_start()))),
    ("String.trim_end", |a| Ok(Datum::text(a.text(0)?.trim_end()))),
    ("String.capitalize", capitalize),
    ("String.chars", |a| listed(a.text(0)?.chars().map(String::from))),
    ("String.words", |a| listed(a.text(0)?.split_whitespace().map(str::to_owned))),
    ("String.split_once", split_once),
    ("String.index_of", index_of),
    ("String.repeat", repeat),
    ("String.pad_start", |a| pad(a, true)),
    ("String.pad_end", |a| pad(a, false)),
];

/// A list of texts, of so many that it can be held.
pub(super) fn listed(parts: impl Iterator<Item = String>) -> Result<Datum, PureError> {
    let mut items = Vec::new();
    for part in parts {
        if items.len() == MAX_ITEMS {
            return Err(PureError::TooMany { limit: MAX_ITEMS });
        }
        items.push(Datum::text(part));
    }
    Ok(Datum::List(items))
}

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
    if separator.is_empty() {
        listed(text.chars().map(String::from))
    } else {
        listed(text.split(separator.as_ref()).map(str::to_owned))
    }
}

/// What stands before and behind the first separator.
fn split_once(args: &Args<'_>) -> Result<Datum, PureError> {
    let parts = args.text(0)?.split_once(args.text(1)?.as_ref());
    Ok(optional(parts.map(|(before, after)| Datum::Tuple(vec![Datum::text(before), Datum::text(after)]))))
}

fn index_of(args: &Args<'_>) -> Result<Datum, PureError> {
    let text = args.text(0)?;
    let before = text.find(args.text(1)?.as_ref()).and_then(|at| text.get(..at));
    Ok(optional(before.map(|before| Datum::Int(before.chars().count() as i64))))
}

/// The first character in upper case, the rest as it is.
fn capitalize(args: &Args<'_>) -> Result<Datum, PureError> {
    let mut chars = args.text(0)?.chars();
    let first = chars.next().map(|first| first.to_uppercase().collect::<String>());
    Ok(Datum::text(first.unwrap_or_default() + chars.as_str()))
}

fn repeat(args: &Args<'_>) -> Result<Datum, PureError> {
    let (text, times) = (args.text(0)?, args.int(1)?);
    let wrong = PureError::OutOfRange { function: "repeat", expected: "a number of times", found: times };
    let times = usize::try_from(times).map_err(|_| wrong)?;
    if text.len().checked_mul(times).is_none_or(|length| length > MAX_TEXT) {
        return Err(PureError::TooLarge { limit: MAX_TEXT });
    }
    Ok(Datum::text(text.repeat(times)))
}

/// Filled up with `fill` to so many characters; a longer text is as it is.
fn pad(args: &Args<'_>, at_start: bool) -> Result<Datum, PureError> {
    let (text, width, fill) = (args.text(0)?, args.int(1)?, args.text(2)?);
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(text.chars().count());
    if fill.is_empty() || missing == 0 {
        return Ok(Datum::Text(text.clone()));
    }
    if missing > MAX_TEXT / 4 {
        return Err(PureError::TooLarge { limit: MAX_TEXT });
    }
    let filled: String = fill.chars().cycle().take(missing).collect();
    Ok(Datum::text(if at_start { filled + text } else { format!("{text}{filled}") }))
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
