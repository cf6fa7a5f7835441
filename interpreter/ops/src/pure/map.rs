//! Operations of `Map` that take no function. A map keeps the order of insertion.

use super::args::{Args, optional};
use super::{PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("Map.len", |a| Ok(Datum::Int(a.map(0)?.len() as i64))),
    ("Map.get", get),
    ("Map.insert", insert),
    ("Map.keys", |a| Ok(Datum::List(a.map(0)?.iter().map(|(key, _)| key.clone()).collect()))),
    ("Map.is_empty", |a| Ok(Datum::Bool(a.map(0)?.is_empty()))),
    ("Map.contains", |a| {
        let key = a.get(1)?;
        Ok(Datum::Bool(a.map(0)?.iter().any(|(k, _)| k == key)))
    }),
    ("Map.remove", |a| {
        let key = a.get(1)?;
        Ok(Datum::Map(a.map(0)?.iter().filter(|(k, _)| k != key).cloned().collect()))
    }),
    ("Map.entries", |a| {
        let pairs = a.map(0)?.iter().map(|(k, v)| Datum::Tuple(vec![k.clone(), v.clone()]));
        Ok(Datum::List(pairs.collect()))
    }),
    ("Map.merge", merge),
    ("Map.values", |a| Ok(Datum::List(a.map(0)?.iter().map(|(_, value)| value.clone()).collect()))),
];

fn get(args: &Args<'_>) -> Result<Datum, PureError> {
    let key = args.get(1)?;
    Ok(optional(args.map(0)?.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone())))
}

/// A key that is there keeps its place.
fn insert(args: &Args<'_>) -> Result<Datum, PureError> {
    let mut entries = args.map(0)?.to_vec();
    let (key, value) = (args.get(1)?, args.get(2)?.clone());
    match entries.iter_mut().find(|(k, _)| k == key) {
        Some(entry) => entry.1 = value,
        None => entries.push((key.clone(), value)),
    }
    Ok(Datum::Map(entries))
}

/// The pairs of both; where both have a key, the second one's value counts, at the first one's place.
fn merge(args: &Args<'_>) -> Result<Datum, PureError> {
    let pairs: indexmap::IndexMap<_, _> = args.map(0)?.iter().chain(args.map(1)?).cloned().collect();
    Ok(Datum::Map(pairs.into_iter().collect()))
}
