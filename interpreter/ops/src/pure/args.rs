//! Arguments of a pure function, taken by kind.

use std::sync::Arc;

use super::{PureError, Shapes};
use crate::Datum;

/// The arguments of one call.
pub(super) struct Args<'a> {
    function: &'a str,
    values: &'a [Datum],
}

impl<'a> Args<'a> {
    pub(super) fn new(function: &'a str, values: &'a [Datum]) -> Args<'a> {
        Args { function, values }
    }

    pub(super) fn all(&self) -> &'a [Datum] {
        self.values
    }

    /// The error for an argument of the wrong kind.
    pub(super) fn wrong(&self, index: usize, expected: &'static str) -> PureError {
        PureError::Argument { function: self.function.to_owned(), index, expected }
    }

    /// A type.
    pub(super) fn shapes(&self, index: usize) -> Result<Shapes, PureError> {
        Shapes::from_text(self.text(index)?).map_err(|_| self.wrong(index, "a type"))
    }

    pub(super) fn get(&self, index: usize) -> Result<&'a Datum, PureError> {
        self.values.get(index).ok_or_else(|| self.wrong(index, "a value"))
    }

    pub(super) fn text(&self, index: usize) -> Result<&'a Arc<str>, PureError> {
        match self.values.get(index) {
            Some(Datum::Text(text)) => Ok(text),
            _ => Err(self.wrong(index, "a text")),
        }
    }

    pub(super) fn int(&self, index: usize) -> Result<i64, PureError> {
        match self.values.get(index) {
            Some(Datum::Int(number)) => Ok(*number),
            _ => Err(self.wrong(index, "a whole number")),
        }
    }

    pub(super) fn bool(&self, index: usize) -> Result<bool, PureError> {
        match self.values.get(index) {
            Some(Datum::Bool(value)) => Ok(*value),
            _ => Err(self.wrong(index, "a truth value")),
        }
    }

    pub(super) fn list(&self, index: usize) -> Result<&'a [Datum], PureError> {
        match self.values.get(index) {
            Some(Datum::List(items)) => Ok(items),
            _ => Err(self.wrong(index, "a list")),
        }
    }

    pub(super) fn map(&self, index: usize) -> Result<&'a [(Datum, Datum)], PureError> {
        match self.values.get(index) {
            Some(Datum::Map(entries)) => Ok(entries),
            _ => Err(self.wrong(index, "a map")),
        }
    }

    pub(super) fn optional(&self, index: usize) -> Result<Option<&'a Datum>, PureError> {
        match self.values.get(index) {
            Some(Datum::Optional(value)) => Ok(value.as_deref()),
            _ => Err(self.wrong(index, "an optional value")),
        }
    }

    /// An optional whole number; `none` also when the argument is not given.
    pub(super) fn optional_int(&self, index: usize) -> Result<Option<i64>, PureError> {
        match self.values.get(index) {
            None | Some(Datum::Optional(None)) => Ok(None),
            Some(Datum::Optional(Some(value))) => match value.as_ref() {
                Datum::Int(number) => Ok(Some(*number)),
                _ => Err(self.wrong(index, "an optional whole number")),
            },
            Some(_) => Err(self.wrong(index, "an optional whole number")),
        }
    }
}

/// `some(value)` or `none`.
pub(super) fn optional(value: Option<Datum>) -> Datum {
    Datum::Optional(value.map(Box::new))
}
