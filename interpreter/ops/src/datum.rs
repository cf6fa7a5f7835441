//! Plain values: what flows between ops besides trees and files, and what the language computes with.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A plain value. Texts of checked types (`ImageRef`, `Path`, …) are [`Datum::Text`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Datum {
    /// The unit value.
    Unit,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a point.
    Float(Float),
    /// A text.
    Text(Arc<str>),
    /// Nanoseconds.
    Duration(i64),
    /// Bytes.
    Size(u64),
    /// A list.
    List(Vec<Datum>),
    /// A map in insertion order; keys are distinct.
    Map(Vec<(Datum, Datum)>),
    /// `none` or `some(x)`.
    Optional(Option<Box<Datum>>),
    /// A tuple.
    Tuple(Vec<Datum>),
    /// A record: its name and its fields in declaration order.
    Record {
        /// The record's name.
        name: Arc<str>,
        /// Field names and values.
        fields: Vec<(Arc<str>, Datum)>,
    },
    /// A variant: its enum's name, its own name, its payload in declaration order.
    Variant {
        /// The enum's name.
        name: Arc<str>,
        /// The variant's name.
        variant: Arc<str>,
        /// Payload names and values.
        payload: Vec<(Arc<str>, Datum)>,
    },
}

/// An `f64` by its bits, so that values compare, hash and order totally (`-0.0` is stored as `0.0`, every NaN as one).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Float(u64);

impl Float {
    /// From a number.
    pub fn new(value: f64) -> Float {
        let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
        Float(value.to_bits())
    }

    /// As a number.
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Float {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.get().total_cmp(&other.get())
    }
}

impl Datum {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Datum {
        Datum::Text(text.into())
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Datum::Text(text) => Some(text),
            _ => None,
        }
    }
}
