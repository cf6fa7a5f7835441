//! `==` and order.

use super::args::Args;
use super::{PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] =
    &[("equal", equal), ("not_equal", not_equal), ("less", less), ("less_equal", less_equal)];

/// Whether two values are equal. Maps are equal when they hold the same pairs, in whatever order.
pub fn same(a: &Datum, b: &Datum) -> bool {
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
    fn sorted(entries: &[(Datum, Datum)]) -> Vec<&(Datum, Datum)> {
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by(|x, y| x.0.cmp(&y.0));
        entries
    }
    a.len() == b.len() && sorted(a).into_iter().zip(sorted(b)).all(|(x, y)| x.0 == y.0 && same(&x.1, &y.1))
}

fn equal(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(Datum::Bool(same(args.get(0)?, args.get(1)?)))
}

fn not_equal(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(Datum::Bool(!same(args.get(0)?, args.get(1)?)))
}

fn less(args: &Args<'_>) -> Result<Datum, PureError> {
    let (a, b) = comparable(args)?;
    Ok(Datum::Bool(a < b))
}

fn less_equal(args: &Args<'_>) -> Result<Datum, PureError> {
    let (a, b) = comparable(args)?;
    Ok(Datum::Bool(a <= b))
}

/// Two values of one kind. Texts are ordered by code points.
fn comparable<'a>(args: &Args<'a>) -> Result<(&'a Datum, &'a Datum), PureError> {
    let (a, b) = (args.get(0)?, args.get(1)?);
    if std::mem::discriminant(a) == std::mem::discriminant(b) {
        Ok((a, b))
    } else {
        Err(args.wrong(1, "a value of the same kind as the first"))
    }
}
