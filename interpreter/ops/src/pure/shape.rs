//! Types as data: what `decode` is told to expect. A shape travels as an argument of its own, in JSON, so that an
//! [`crate::Op::Apply`] that decodes what a step printed says everything about itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Datum;

/// A type that can be decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Shape {
    Unit,
    Bool,
    Int,
    Float,
    String,
    Duration,
    Size,
    /// A checked text, by its type's name: `Version`.
    Checked(String),
    List(Box<Shape>),
    /// A map; keys have shapes that are written as text.
    Map(Box<Shape>, Box<Shape>),
    Optional(Box<Shape>),
    Tuple(Vec<Shape>),
    /// A record of [`Shapes::records`], by its key there.
    Record(String),
    /// An enum of [`Shapes::enums`], by its key there.
    Enum(String),
}

/// A shape with the records and enums it names; they may name each other in circles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shapes {
    /// What is expected.
    pub root: Shape,
    /// Records by key.
    pub records: BTreeMap<String, RecordShape>,
    /// Enums by key.
    pub enums: BTreeMap<String, EnumShape>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordShape {
    /// The name that its values carry.
    pub name: Arc<str>,
    /// Its fields in declaration order.
    pub fields: Vec<FieldShape>,
}

/// An enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumShape {
    /// The name that its values carry.
    pub name: Arc<str>,
    /// Its variants.
    pub variants: Vec<VariantShape>,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantShape {
    /// Its name.
    pub name: Arc<str>,
    /// Its payload in declaration order.
    pub payload: Vec<FieldShape>,
}

/// A field of a record, or a part of a payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldShape {
    /// Its name.
    pub name: Arc<str>,
    /// Its shape.
    pub shape: Shape,
    /// Its value when the text has none.
    pub default: Option<Datum>,
}

impl Shapes {
    /// As an argument of a `decode` function.
    ///
    /// # Errors
    /// When a default cannot be written, which no value of the language causes.
    pub fn to_datum(&self) -> Result<Datum, serde_json::Error> {
        serde_json::to_string(self).map(Datum::text)
    }

    /// From an argument of a `decode` function.
    pub(super) fn from_text(text: &str) -> Result<Shapes, serde_json::Error> {
        serde_json::from_str(text)
    }
}
