//! The encoding of plain values.

use std::sync::Arc;

use super::Encoder;
use crate::Datum;

/// The tag of each kind of value.
fn tag(datum: &Datum) -> u8 {
    match datum {
        Datum::Unit => 0,
        Datum::Bool(_) => 1,
        Datum::Int(_) => 2,
        Datum::Float(_) => 3,
        Datum::Text(_) => 4,
        Datum::Duration(_) => 5,
        Datum::Size(_) => 6,
        Datum::List(_) => 7,
        Datum::Map(_) => 8,
        Datum::Optional(_) => 9,
        Datum::Tuple(_) => 10,
        Datum::Record { .. } => 11,
        Datum::Variant { .. } => 12,
    }
}

impl Encoder {
    pub(super) fn datum(&mut self, datum: &Datum) {
        self.u8(tag(datum));
        match datum {
            Datum::Unit => {}
            Datum::Bool(value) => self.u8(u8::from(*value)),
            Datum::Int(value) | Datum::Duration(value) => self.i64(*value),
            Datum::Float(value) => self.u64(value.get().to_bits()),
            Datum::Text(value) => self.text(value),
            Datum::Size(bytes) => self.u64(*bytes),
            Datum::List(items) | Datum::Tuple(items) => self.list(items, Encoder::datum),
            Datum::Map(pairs) => self.list(pairs, |encoder, (key, value)| {
                encoder.datum(key);
                encoder.datum(value);
            }),
            Datum::Optional(value) => {
                self.optional(value.as_deref(), Encoder::datum);
            }
            Datum::Record { name, fields } => {
                self.text(name);
                self.fields(fields);
            }
            Datum::Variant { name, variant, payload } => {
                self.text(name);
                self.text(variant);
                self.fields(payload);
            }
        }
    }

    fn fields(&mut self, fields: &[(Arc<str>, Datum)]) {
        self.list(fields, |encoder, (name, value)| {
            encoder.text(name);
            encoder.datum(value);
        });
    }
}
