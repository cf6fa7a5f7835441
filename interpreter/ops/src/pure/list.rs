//! Operations of `List` that take no function.

use std::collections::BTreeSet;
use std::ops::Range;

use super::args::{Args, optional};
use super::equality::{equals, with_sorted_maps};
use super::order::{order, shapes};
use super::{MAX_ITEMS, MAX_TEXT, PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("List.len", |a| Ok(Datum::Int(a.list(0)?.len() as i64))),
    ("List.contains", contains),
    ("List.first", |a| Ok(optional(a.list(0)?.first().cloned()))),
    ("List.last", |a| Ok(optional(a.list(0)?.last().cloned()))),
    ("List.get", get),
    ("List.zip", zip),
    ("List.unique", unique),
    ("List.flatten", flatten),
    ("List.reverse", |a| Ok(Datum::List(a.list(0)?.iter().rev().cloned().collect()))),
    ("List.slice", slice),
    ("List.join", join),
    ("List.index_of", index_of),
    ("List.is_empty", |a| Ok(Datum::Bool(a.list(0)?.is_empty()))),
    ("List.take", |a| part(a, |items, count| items.get(..count))),
    ("List.drop", |a| part(a, |items, count| items.get(count..))),
    ("List.enumerate", enumerate),
    ("List.chunks", chunks),
    ("List.product", product),
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
    let (element, shapes) = (args.get(1)?, shapes(args, 2)?);
    Ok(Datum::Bool(args.list(0)?.iter().any(|item| equals(shapes.as_ref(), item, element))))
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

fn index_of(args: &Args<'_>) -> Result<Datum, PureError> {
    let (element, shapes) = (args.get(1)?, shapes(args, 2)?);
    let place = args.list(0)?.iter().position(|item| equals(shapes.as_ref(), item, element));
    Ok(optional(place.map(|place| Datum::Int(place as i64))))
}

/// Two values are the same as `==` says: maps in whatever order. Of equal ones the first stays.
fn unique(args: &Args<'_>) -> Result<Datum, PureError> {
    if let Some(shapes) = shapes(args, 1)? {
        let items = args.list(0)?;
        let mut order_of: Vec<(usize, &Datum)> = items.iter().enumerate().collect();
        order_of.sort_by(|(_, a), (_, b)| order(Some(&shapes), a, b));
        order_of.dedup_by(|(_, later), (_, first)| equals(Some(&shapes), first, later));
        order_of.sort_by_key(|(place, _)| *place);
        return Ok(Datum::List(order_of.into_iter().map(|(_, item)| item.clone()).collect()));
    }
    let mut seen = BTreeSet::new();
    Ok(Datum::List(
        args.list(0)?.iter().filter(|item| seen.insert(with_sorted_maps(item))).cloned().collect(),
    ))
}

/// A negative count takes none.
fn part(
    args: &Args<'_>,
    choose: for<'a> fn(&'a [Datum], usize) -> Option<&'a [Datum]>,
) -> Result<Datum, PureError> {
    let items = args.list(0)?;
    let count = usize::try_from(args.int(1)?.max(0)).unwrap_or(usize::MAX).min(items.len());
    Ok(Datum::List(choose(items, count).unwrap_or_default().to_vec()))
}

fn enumerate(args: &Args<'_>) -> Result<Datum, PureError> {
    let pairs = args.list(0)?.iter().zip(0..);
    Ok(Datum::List(pairs.map(|(item, index)| Datum::Tuple(vec![Datum::Int(index), item.clone()])).collect()))
}

/// The length that `chunks` takes.
///
/// # Errors
/// When it is not positive.
pub fn chunk_length(size: i64) -> Result<usize, PureError> {
    let wrong = PureError::OutOfRange { function: "chunks", expected: "a length of at least 1", found: size };
    usize::try_from(size).ok().filter(|size| *size > 0).ok_or(wrong)
}

fn chunks(args: &Args<'_>) -> Result<Datum, PureError> {
    let size = chunk_length(args.int(1)?)?;
    Ok(Datum::List(args.list(0)?.chunks(size).map(|chunk| Datum::List(chunk.to_vec())).collect()))
}

fn product(args: &Args<'_>) -> Result<Datum, PureError> {
    let (left, right) = (args.list(0)?, args.list(1)?);
    if left.len().checked_mul(right.len()).is_none_or(|pairs| pairs > MAX_ITEMS) {
        return Err(PureError::TooMany { limit: MAX_ITEMS });
    }
    let pairs = left.iter().flat_map(|a| right.iter().map(|b| Datum::Tuple(vec![a.clone(), b.clone()])));
    Ok(Datum::List(pairs.collect()))
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
