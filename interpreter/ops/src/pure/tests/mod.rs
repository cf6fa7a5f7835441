//! Tables of calls with their results, and laws.

#![allow(clippy::unwrap_used)]

mod checked;
mod formats;
mod laws;
mod operators;
mod order;
mod sequences;
mod texts;

use super::{PureError, apply};
use crate::{Datum, Float};

fn text(text: &str) -> Datum {
    Datum::text(text)
}

fn float(number: f64) -> Datum {
    Datum::Float(Float::new(number))
}

fn list(items: impl IntoIterator<Item = Datum>) -> Datum {
    Datum::List(items.into_iter().collect())
}

fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> Datum {
    list(items.into_iter().map(Datum::text))
}

fn ints(items: impl IntoIterator<Item = i64>) -> Datum {
    list(items.into_iter().map(Datum::Int))
}

fn some(value: Datum) -> Datum {
    Datum::Optional(Some(Box::new(value)))
}

const NONE: Datum = Datum::Optional(None);

/// Runs rows of a table: function, arguments, result.
fn check(rows: impl IntoIterator<Item = (&'static str, Vec<Datum>, Datum)>) {
    for (function, args, expected) in rows {
        assert_eq!(apply(function, &args), Ok(expected), "{function}({args:?})");
    }
}

/// The error of a call, as a person reads it.
fn error(function: &str, args: &[Datum]) -> String {
    apply(function, args).unwrap_err().to_string()
}

#[test]
fn a_function_that_is_not_there_and_arguments_it_does_not_take_are_errors() {
    assert_eq!(error("String.shout", &[]), "there is no function `String.shout`");
    assert_eq!(error("String.trim", &[Datum::Int(1)]), "`String.trim` takes a text as argument 1");
    assert_eq!(error("String.trim_prefix", &[text("a")]), "`String.trim_prefix` takes a text as argument 2");
    assert!(matches!(apply("add", &[text("a"), Datum::Int(1)]), Err(PureError::Argument { index: 1, .. })));
}

#[test]
fn no_function_panics_on_arguments_of_any_kind() {
    let kinds = [
        Datum::Unit,
        Datum::Int(-1),
        text("x"),
        list([]),
        Datum::Map(Vec::new()),
        NONE,
        Datum::Tuple(Vec::new()),
    ];
    for function in super::TABLE.keys() {
        for a in &kinds {
            for b in &kinds {
                for c in &kinds {
                    for count in 0..=3 {
                        let args = [a.clone(), b.clone(), c.clone()];
                        let _ = apply(function, &args[..count]);
                    }
                }
            }
        }
    }
}
