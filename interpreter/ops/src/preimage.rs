//! What a key is made of, kept so that a person can be told why a step ran.

use serde::{Deserialize, Serialize};

use crate::encoding::Encoder;
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

    /// The key: SHA-256 over the encoding of [the kind and the fields](crate::encoding).
    pub fn key(&self) -> StepKey {
        let mut encoder = Encoder::new("pipe.key");
        encoder.text(&self.kind);
        encoder.list(&self.fields, |encoder, field| {
            encoder.text(&field.label);
            match &field.value {
                FieldValue::Text(text) => {
                    encoder.u8(0);
                    encoder.text(text);
                }
                FieldValue::Digest(digest) => {
                    encoder.u8(1);
                    encoder.digest(*digest);
                }
            }
        });
        StepKey(encoder.finish())
    }

    /// The first field in which `other` (the later one) differs, in its order; then what it no longer has; then what stands
    /// elsewhere. `None` when they are equal.
    pub fn first_difference(&self, other: &Preimage) -> Option<Difference> {
        if self.kind != other.kind {
            return Some(Difference {
                label: "operation".to_owned(),
                before: Some(FieldValue::Text(self.kind.clone())),
                after: Some(FieldValue::Text(other.kind.clone())),
            });
        }
        let changed = other.fields.iter().find(|field| self.value(&field.label) != Some(&field.value));
        let removed = || self.fields.iter().find(|field| other.value(&field.label).is_none());
        changed
            .or_else(removed)
            .map(|field| self.difference(other, &field.label))
            .or_else(|| self.moved(other))
    }

    fn value(&self, label: &str) -> Option<&FieldValue> {
        self.fields.iter().find(|field| field.label == label).map(|field| &field.value)
    }

    fn difference(&self, other: &Preimage, label: &str) -> Difference {
        Difference {
            label: label.to_owned(),
            before: self.value(label).cloned(),
            after: other.value(label).cloned(),
        }
    }

    /// All fields are the same, in another order: mounts, the later of which covers the earlier.
    fn moved(&self, other: &Preimage) -> Option<Difference> {
        let position = self.fields.iter().zip(&other.fields).position(|(a, b)| a != b)?;
        let field = other.fields.get(position)?;
        let before = self.fields.iter().position(|earlier| earlier == field)?;
        let place = |index: usize| Some(FieldValue::Text(format!("place {}", index + 1)));
        Some(Difference { label: field.label.clone(), before: place(before), after: place(position) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_changed() {
        let before = Preimage::new("exec").text("argv[0]", "make").text("env VERSION", "1.2");
        let after = Preimage::new("exec").text("argv[0]", "make").text("env VERSION", "1.3");
        let difference = before.first_difference(&after);
        assert_eq!(
            difference,
            Some(Difference {
                label: "env VERSION".into(),
                before: Some(FieldValue::Text("1.2".into())),
                after: Some(FieldValue::Text("1.3".into())),
            })
        );
        assert_eq!(before.first_difference(&before.clone()), None);
    }

    #[test]
    fn says_what_came_went_and_moved() {
        let one = Preimage::new("exec").text("/a", "1").text("/b", "2");
        let two = Preimage::new("exec").text("/b", "2").text("/a", "1");
        let less = Preimage::new("exec").text("/a", "1");
        let label = |a: &Preimage, b: &Preimage| a.first_difference(b).map(|difference| difference.label);
        assert_eq!(label(&one, &two).as_deref(), Some("/b"));
        assert_eq!(label(&one, &less).as_deref(), Some("/b"));
        assert_eq!(label(&less, &one).as_deref(), Some("/b"));
        assert_eq!(label(&one, &Preimage::new("copy")).as_deref(), Some("operation"));
    }

    /// A text never has the key of a digest, nor a label that of a value.
    #[test]
    fn fields_do_not_run_together() {
        let digest = Digest::of(b"");
        let keys = [
            Preimage::new("x").text("a", "b").key(),
            Preimage::new("x").text("ab", "").key(),
            Preimage::new("x").text("", "ab").key(),
            Preimage::new("xa").text("", "b").key(),
            Preimage::new("x").digest("a", digest).key(),
            Preimage::new("x").text("a", digest.to_string()).key(),
            Preimage::new("x").key(),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys.iter().skip(index + 1).any(|other| other == key));
        }
    }
}
