//! Operations of `List` that take no function.

use std::collections::BTreeSet;
use std::ops::Range;

use super::args::{Args, optional};
use super::{MAX_TEXT, PureError, PureFn, same};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("List.len", |a| Ok(Datum::Int(a.list(0)?.len() as i64))),
    ("List.contains", contains),
    ("List.first", |a| Ok(optional(a.list(0)?.first().cloned()))),
    ("List.last", |a| Ok(optional(a.list(0)?.last().cloned()))),
    ("List.get", get),
    ("List.zip", zip),
    ("List.sort", sort),
    ("List.unique", unique),
    ("List.flatten", flatten),
    ("List.reverse", |a| Ok(Datum::List(a.list(0)?.iter().rev().cloned().collect()))),
    ("List.slice", slice),
    ("List.join", join),
];

/// The indices that `slice(start, end)` takes of `len` elements: negative ones count from the end, those out of range are cut.
pub fn slice_range(len: usize, start: i64, end: Option<i64>) -> Range<usize> {
    let at = |index: i64| -> usize {
        let from_end = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
        if index < 0 { len.saturating_sub(from_end) } else { from_end.min(len) }
    };
    let (start, end) = (at(start), end.map_or(len, at));
    start..end.max(start)
}

fn contains(args: &Args<'_>) -> Result<Datum, PureError> {
    let element = args.get(1)?;
    Ok(Datum::Bool(args.list(0)?.iter().any(|item| same(item, element))))
}

/// A negative index has no element.
fn get(args: &Args<'_>) -> Result<Datum, PureError> {
    let items = args.list(0)?;
    Ok(optional(usize::try_from(args.int(1)?).ok().and_then(|index| items.get(index)).cloned()))
}

fn zip(args: &Args<'_>) -> Result<Datum, PureError> {
    let pairs = args.list(0)?.iter().zip(args.list(1)?);
    Ok(Datum::List(pairs.map(|(a, b)| Datum::Tuple(vec![a.clone(), b.clone()])).collect()))
}

fn sort(args: &Args<'_>) -> Result<Datum, PureError> {
    let mut items = args.list(0)?.to_vec();
    items.sort();
    Ok(Datum::List(items))
}

fn unique(args: &Args<'_>) -> Result<Datum, PureError> {
    let mut seen = BTreeSet::new();
    Ok(Datum::List(args.list(0)?.iter().filter(|item| seen.insert(*item)).cloned().collect()))
}

fn flatten(args: &Args<'_>) -> Result<Datum, PureError> {
    let mut items = Vec::new();
    for list in args.list(0)? {
        match list {
            Datum::List(list) => items.extend_from_slice(list),
            _ => return Err(args.wrong(0, "a list of lists")),
        }
    }
    Ok(Datum::List(items))
}

fn slice(args: &Args<'_>) -> Result<Datum, PureError> {
    let items = args.list(0)?;
    let range = slice_range(items.len(), args.int(1)?, args.optional_int(2)?);
    Ok(Datum::List(items.get(range).unwrap_or_default().to_vec()))
}

fn join(args: &Args<'_>) -> Result<Datum, PureError> {
    let separator = args.text(1)?;
    let mut out = String::new();
    for (i, item) in args.list(0)?.iter().enumerate() {
        if i > 0 {
            out.push_str(separator);
        }
        out.push_str(item.as_text().ok_or_else(|| args.wrong(0, "a list of texts"))?);
        if out.len() > MAX_TEXT {
            return Err(PureError::TooLarge { limit: MAX_TEXT });
        }
    }
    Ok(Datum::text(out))
}
