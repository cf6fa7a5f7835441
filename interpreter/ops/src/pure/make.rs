//! Builders of compound values: the evaluator uses them where a list, map or record has parts that are known only when a
//! step has run.

use std::sync::Arc;

use indexmap::IndexMap;

use super::args::{Args, optional};
use super::{PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("make.list", |a| Ok(Datum::List(a.all().to_vec()))),
    ("make.tuple", |a| Ok(Datum::Tuple(a.all().to_vec()))),
    ("make.some", |a| Ok(optional(Some(a.get(0)?.clone())))),
    ("make.map", map),
    ("make.record", record),
    ("make.variant", variant),
];

/// Keys and values in turn.
fn map(args: &Args<'_>) -> Result<Datum, PureError> {
    let mut entries = IndexMap::new();
    for (i, pair) in args.all().chunks(2).enumerate() {
        let [key, value] = pair else { return Err(args.wrong(2 * i + 1, "the value of a key")) };
        entries.insert(key.clone(), value.clone());
    }
    Ok(Datum::Map(entries.into_iter().collect()))
}

/// The record's name, the list of its fields' names, then their values.
fn record(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(Datum::Record { name: args.text(0)?.clone(), fields: named(args, 1)? })
}

/// The enum's name, the variant's name, the list of its payload's names, then their values.
fn variant(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(Datum::Variant {
        name: args.text(0)?.clone(),
        variant: args.text(1)?.clone(),
        payload: named(args, 2)?,
    })
}

/// The names in the list at `names`, with the arguments behind it.
fn named(args: &Args<'_>, names: usize) -> Result<Vec<(Arc<str>, Datum)>, PureError> {
    let mut fields = Vec::new();
    for (i, name) in args.list(names)?.iter().enumerate() {
        let Datum::Text(name) = name else { return Err(args.wrong(names, "a list of texts")) };
        fields.push((name.clone(), args.get(names + 1 + i)?.clone()));
    }
    Ok(fields)
}
