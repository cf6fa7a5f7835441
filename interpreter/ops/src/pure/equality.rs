//! `==`. Texts that are compared as numbers, such as versions, are equal when their numbers are: for those the type travels along.

use super::args::Args;
use super::order::{order, shapes};
use super::{PureError, PureFn, Shapes};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[("equal", equal), ("not_equal", not_equal)];

/// Whether two values are equal. Maps are equal when they hold the same pairs, in whatever order.
pub(super) fn same(a: &Datum, b: &Datum) -> bool {
    match (a, b) {
        (Datum::Map(a), Datum::Map(b)) => same_maps(a, b),
        (Datum::List(a), Datum::List(b)) | (Datum::Tuple(a), Datum::Tuple(b)) => same_all(a.iter(), b.iter()),
        (Datum::Optional(a), Datum::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => same(a, b),
            (a, b) => a.is_none() && b.is_none(),
        },
        (Datum::Record { name: a, fields: x }, Datum::Record { name: b, fields: y }) => {
            a == b && same_all(x.iter().map(|f| &f.1), y.iter().map(|f| &f.1))
        }
        (
            Datum::Variant { name: a, variant: v, payload: x },
            Datum::Variant { name: b, variant: w, payload: y },
        ) => a == b && v == w && same_all(x.iter().map(|f| &f.1), y.iter().map(|f| &f.1)),
        (a, b) => a == b,
    }
}

fn same_all<'a>(
    a: impl ExactSizeIterator<Item = &'a Datum>,
    b: impl ExactSizeIterator<Item = &'a Datum>,
) -> bool {
    a.len() == b.len() && a.zip(b).all(|(a, b)| same(a, b))
}

fn same_maps(a: &[(Datum, Datum)], b: &[(Datum, Datum)]) -> bool {
    a.len() == b.len() && sorted(a).into_iter().zip(sorted(b)).all(|(x, y)| x.0 == y.0 && same(&x.1, &y.1))
}

/// The pairs of a map in the order of their keys.
pub(super) fn sorted(pairs: &[(Datum, Datum)]) -> Vec<&(Datum, Datum)> {
    let mut pairs: Vec<_> = pairs.iter().collect();
    pairs.sort_by(|x, y| x.0.cmp(&y.0));
    pairs
}

/// Whether two values of one type are equal; `shapes` says which, where that makes a difference.
pub(super) fn equals(shapes: Option<&Shapes>, a: &Datum, b: &Datum) -> bool {
    match shapes {
        Some(_) => order(shapes, a, b).is_eq(),
        None => same(a, b),
    }
}

/// The value that equal ones have in common: the pairs of its maps in order of their keys.
pub(super) fn with_sorted_maps(value: &Datum) -> Datum {
    let all = |items: &[Datum]| items.iter().map(with_sorted_maps).collect();
    let fields = |fields: &[(std::sync::Arc<str>, Datum)]| {
        fields.iter().map(|(name, value)| (name.clone(), with_sorted_maps(value))).collect()
    };
    match value {
        Datum::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (key.clone(), with_sorted_maps(value)));
            let mut pairs: Vec<_> = pairs.collect();
            pairs.sort();
            Datum::Map(pairs)
        }
        Datum::List(items) => Datum::List(all(items)),
        Datum::Tuple(items) => Datum::Tuple(all(items)),
        Datum::Optional(Some(inner)) => Datum::Optional(Some(Box::new(with_sorted_maps(inner)))),
        Datum::Record { name, fields: own } => Datum::Record { name: name.clone(), fields: fields(own) },
        Datum::Variant { name, variant, payload } => {
            Datum::Variant { name: name.clone(), variant: variant.clone(), payload: fields(payload) }
        }
        other => other.clone(),
    }
}

fn equal(args: &Args<'_>) -> Result<Datum, PureError> {
    of_two(args).map(Datum::Bool)
}

fn not_equal(args: &Args<'_>) -> Result<Datum, PureError> {
    of_two(args).map(|equal| Datum::Bool(!equal))
}

fn of_two(args: &Args<'_>) -> Result<bool, PureError> {
    Ok(equals(shapes(args, 2)?.as_ref(), args.get(0)?, args.get(1)?))
}
