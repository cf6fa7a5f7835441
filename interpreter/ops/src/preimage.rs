//! What a key is made of, kept so that a person can be told why a step ran.

use serde::{Deserialize, Serialize};

use crate::{Digest, StepKey};

/// What a [`StepKey`] is made of: fields in users' terms (`argv[2]`, `env VERSION`, `/src`) in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preimage {
    kind: String,
    fields: Vec<Field>,
}

/// A labelled value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// In users' terms.
    pub label: String,
    /// What it was.
    pub value: FieldValue,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldValue {
    /// A text.
    Text(String),
    /// The digest of content: a tree's, a file's.
    Digest(Digest),
}

/// The first thing in which two pre-images differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field's label.
    pub label: String,
    /// Its value in the first; `None` when it has no such field.
    pub before: Option<FieldValue>,
    /// Its value in the second; `None` when it has no such field.
    pub after: Option<FieldValue>,
}

impl Preimage {
    /// Without fields yet; `kind` is the op's (`exec`, `copy`): keys of different kinds never meet.
    pub fn new(kind: impl Into<String>) -> Preimage {
        Preimage { kind: kind.into(), fields: Vec::new() }
    }

    /// With one more field.
    pub fn text(mut self, label: impl Into<String>, value: impl Into<String>) -> Preimage {
        self.fields.push(Field { label: label.into(), value: FieldValue::Text(value.into()) });
        self
    }

    /// With one more field.
    pub fn digest(mut self, label: impl Into<String>, value: Digest) -> Preimage {
        self.fields.push(Field { label: label.into(), value: FieldValue::Digest(value) });
        self
    }

    /// The fields, in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The op's kind.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The key.
    pub fn key(&self) -> StepKey {
        todo!()
    }

    /// The first field in which `other` (the later one) differs; `None` when they are equal.
    pub fn first_difference(&self, other: &Preimage) -> Option<Difference> {
        let _ = other;
        todo!()
    }
}
