//! `<` and what sorts: the order that types derive from their parts.
//!
//! Most data has one order, whatever its type. Versions, ports and percentages are texts that are compared as numbers, and the
//! variants of an enum stand in the order of their declaration: for those the type travels along, as [`Shapes`].

use std::cmp::Ordering;

use super::args::{Args, optional};
use super::equality::sorted;
use super::version::compare_versions;
use super::{FieldShape, PureError, PureFn, Shape, Shapes};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("less", |a| Ok(Datum::Bool(of_two(a)?.is_lt()))),
    ("less_equal", |a| Ok(Datum::Bool(of_two(a)?.is_le()))),
    ("List.sort", sort),
    ("List.min", |a| outermost(a, Ordering::Less)),
    ("List.max", |a| outermost(a, Ordering::Greater)),
];

/// Whether texts of the checked type of this name are ordered as numbers.
pub fn is_number(kind: &str) -> bool {
    matches!(kind, "Version" | "Port" | "Percent")
}

/// The order of two values of one type; `shapes` says which, where that makes a difference.
pub fn order(shapes: Option<&Shapes>, a: &Datum, b: &Datum) -> Ordering {
    match shapes {
        Some(shapes) => by_shape(shapes, &shapes.root, a, b),
        None => a.cmp(b),
    }
}

fn by_shape(shapes: &Shapes, shape: &Shape, a: &Datum, b: &Datum) -> Ordering {
    let of = |shape: &Shape, a: &Datum, b: &Datum| by_shape(shapes, shape, a, b);
    match (shape, a, b) {
        (Shape::Checked(kind), Datum::Text(a), Datum::Text(b)) if is_number(kind) => compare_versions(a, b),
        (Shape::List(element), Datum::List(a), Datum::List(b)) => {
            let first = a.iter().zip(b).map(|(a, b)| of(element, a, b)).find(|order| order.is_ne());
            first.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        // Maps have no order of their own; whether they are equal is told.
        (Shape::Map(_, value), Datum::Map(a), Datum::Map(b)) => {
            let pairs = sorted(a).into_iter().zip(sorted(b));
            let each = pairs.map(|(a, b)| a.0.cmp(&b.0).then_with(|| of(value, &a.1, &b.1)));
            a.len().cmp(&b.len()).then_with(|| first_difference(each))
        }
        (Shape::Optional(inner), Datum::Optional(a), Datum::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => of(inner, a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        },
        (Shape::Tuple(shapes), Datum::Tuple(a), Datum::Tuple(b)) => {
            first_difference(shapes.iter().zip(a.iter().zip(b)).map(|(shape, (a, b))| of(shape, a, b)))
        }
        (Shape::Record(key), Datum::Record { fields: a, .. }, Datum::Record { fields: b, .. }) => {
            let fields = shapes.records.get(key).map_or(&[][..], |record| &record.fields);
            by_fields(shapes, fields, a, b)
        }
        (
            Shape::Enum(key),
            Datum::Variant { variant: v, payload: a, .. },
            Datum::Variant { variant: w, payload: b, .. },
        ) => {
            let variants = shapes.enums.get(key).map_or(&[][..], |item| &item.variants);
            let place = |name: &str| variants.iter().position(|variant| &*variant.name == name);
            let (x, y) = (place(v), place(w));
            let payload = x.and_then(|x| variants.get(x)).map_or(&[][..], |variant| &variant.payload);
            x.cmp(&y).then_with(|| by_fields(shapes, payload, a, b))
        }
        _ => a.cmp(b),
    }
}

type Named = (std::sync::Arc<str>, Datum);

fn by_fields(shapes: &Shapes, fields: &[FieldShape], a: &[Named], b: &[Named]) -> Ordering {
    let pairs = fields.iter().zip(a.iter().zip(b));
    first_difference(pairs.map(|(field, ((_, a), (_, b)))| by_shape(shapes, &field.shape, a, b)))
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The type in an argument, when one is given.
pub(super) fn shapes(args: &Args<'_>, index: usize) -> Result<Option<Shapes>, PureError> {
    match args.all().get(index) {
        None => Ok(None),
        Some(_) => args.shapes(index).map(Some),
    }
}

fn of_two(args: &Args<'_>) -> Result<Ordering, PureError> {
    let (a, b) = (args.get(0)?, args.get(1)?);
    if std::mem::discriminant(a) != std::mem::discriminant(b) {
        return Err(args.wrong(1, "a value of the same kind as the first"));
    }
    Ok(order(shapes(args, 2)?.as_ref(), a, b))
}

/// Equal elements keep their order.
fn sort(args: &Args<'_>) -> Result<Datum, PureError> {
    let shapes = shapes(args, 1)?;
    let mut items = args.list(0)?.to_vec();
    items.sort_by(|a, b| order(shapes.as_ref(), a, b));
    Ok(Datum::List(items))
}

/// Of equal elements, the first.
fn outermost(args: &Args<'_>, wanted: Ordering) -> Result<Datum, PureError> {
    let shapes = shapes(args, 1)?;
    let found = args
        .list(0)?
        .iter()
        .reduce(|best, item| if order(shapes.as_ref(), item, best) == wanted { item } else { best });
    Ok(optional(found.cloned()))
}
