//! A tree of plain JSON values, as the type that is expected.

use std::sync::Arc;

use serde_json::Value as Json;

use super::args::optional;
use super::{
    EnumShape, FieldShape, Shape, Shapes, VariantShape, check_text, kebab_case, parse_duration, parse_size,
};
use crate::{Datum, Float};

/// Why a value does not fit: a sentence that begins with where.
pub(super) struct Misfit(pub(super) String);

/// Reads `json` as `shapes.root`.
pub(super) fn decode(shapes: &Shapes, json: &Json) -> Result<Datum, Misfit> {
    Decoder { shapes, place: Vec::new() }.value(&shapes.root, json)
}

/// Where in the text a value stands: keys and indices from the outside in.
struct Decoder<'a> {
    shapes: &'a Shapes,
    place: Vec<String>,
}

impl Decoder<'_> {
    fn value(&mut self, shape: &Shape, json: &Json) -> Result<Datum, Misfit> {
        match shape {
            Shape::Unit => self.take("nothing", json.is_null().then_some(Datum::Unit), json),
            Shape::Bool => self.take("a truth value", json.as_bool().map(Datum::Bool), json),
            Shape::Int => self.take("a whole number", json.as_i64().map(Datum::Int), json),
            Shape::Float => self.take("a number", json.as_f64().map(|n| Datum::Float(Float::new(n))), json),
            Shape::String => self.take("a text", json.as_str().map(Datum::text), json),
            Shape::Duration => {
                let nanoseconds = json.as_str().and_then(parse_duration).map(Datum::Duration);
                self.take("a duration as text, like \"1h30min\"", nanoseconds, json)
            }
            Shape::Size => {
                let bytes = json.as_u64().or_else(|| json.as_str().and_then(parse_size)).map(Datum::Size);
                self.take("a number of bytes, or a text like \"512MiB\"", bytes, json)
            }
            Shape::Checked(kind) => self.checked(kind, json),
            Shape::List(element) => self.list(element, json),
            Shape::Map(key, value) => self.map(key, value, json),
            Shape::Optional(_) if json.is_null() => Ok(optional(None)),
            Shape::Optional(inner) => Ok(optional(Some(self.value(inner, json)?))),
            Shape::Tuple(parts) => self.tuple(parts, json),
            Shape::Record(key) => self.record(key, json),
            Shape::Enum(key) => self.variant(key, json),
        }
    }

    fn misfit(&self, what: &str) -> Misfit {
        if self.place.is_empty() {
            return Misfit(what.to_owned());
        }
        Misfit(format!("at `{}`: {what}", self.place.join(".")))
    }

    fn take(&self, expected: &str, found: Option<Datum>, json: &Json) -> Result<Datum, Misfit> {
        found.ok_or_else(|| self.misfit(&format!("{expected} is expected, and this is {}", kind(json))))
    }

    fn within<T>(
        &mut self,
        step: String,
        run: impl FnOnce(&mut Self) -> Result<T, Misfit>,
    ) -> Result<T, Misfit> {
        self.place.push(step);
        let result = run(self)?;
        self.place.pop();
        Ok(result)
    }

    /// A number may stand for a text of digits: `port: 8080`.
    fn checked(&mut self, kind: &str, json: &Json) -> Result<Datum, Misfit> {
        let text: Option<String> = match json {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let Some(text) = text else { return self.take(&format!("a `{kind}`"), None, json) };
        check_text(kind, &text).map_err(|error| self.misfit(&error.to_string()))?;
        Ok(Datum::text(text))
    }

    fn list(&mut self, element: &Shape, json: &Json) -> Result<Datum, Misfit> {
        let Json::Array(items) = json else { return self.take("a list", None, json) };
        let items = items.iter().enumerate();
        items
            .map(|(i, item)| self.within(i.to_string(), |d| d.value(element, item)))
            .collect::<Result<_, _>>()
            .map(Datum::List)
    }

    fn tuple(&mut self, parts: &[Shape], json: &Json) -> Result<Datum, Misfit> {
        match json {
            Json::Array(items) if items.len() == parts.len() => {
                let pairs = parts.iter().zip(items).enumerate();
                let parts =
                    pairs.map(|(i, (part, item))| self.within(i.to_string(), |d| d.value(part, item)));
                parts.collect::<Result<_, _>>().map(Datum::Tuple)
            }
            _ => self.take(&format!("a list of {} values", parts.len()), None, json),
        }
    }

    fn map(&mut self, key: &Shape, value: &Shape, json: &Json) -> Result<Datum, Misfit> {
        let Json::Object(entries) = json else { return self.take("an object", None, json) };
        let mut pairs = Vec::with_capacity(entries.len());
        for (name, item) in entries {
            let pair = self.within(name.clone(), |d| Ok((d.key(key, name)?, d.value(value, item)?)))?;
            pairs.push(pair);
        }
        Ok(Datum::Map(pairs))
    }

    /// A key is always a text there; numbers and truth values are read out of it.
    fn key(&mut self, shape: &Shape, name: &str) -> Result<Datum, Misfit> {
        let json = match shape {
            Shape::Int | Shape::Bool | Shape::Float => {
                serde_json::from_str(name).unwrap_or_else(|_| Json::from(name))
            }
            _ => Json::from(name),
        };
        self.value(shape, &json)
    }

    fn record(&mut self, key: &str, json: &Json) -> Result<Datum, Misfit> {
        let Some(record) = self.shapes.records.get(key) else {
            return Err(self.misfit(&format!("the record `{key}` is not described")));
        };
        let fields = self.fields(&record.fields, json)?;
        Ok(Datum::Record { name: record.name.clone(), fields })
    }

    /// What the type does not name is passed over: a record may describe the few fields of a large file that count.
    fn fields(&mut self, fields: &[FieldShape], json: &Json) -> Result<Vec<(Arc<str>, Datum)>, Misfit> {
        let Json::Object(entries) = json else {
            return self.take("an object", None, json).map(|_| Vec::new());
        };
        let mut out = Vec::with_capacity(fields.len());
        for field in fields {
            let value = match (entries.get(field.name.as_ref()), &field.default, &field.shape) {
                (Some(item), _, _) => self.within(field.name.to_string(), |d| d.value(&field.shape, item))?,
                (None, Some(default), _) => default.clone(),
                (None, None, Shape::Optional(_)) => optional(None),
                (None, None, _) => return Err(self.misfit(&format!("the field `{}` is missing", field.name))),
            };
            out.push((field.name.clone(), value));
        }
        Ok(out)
    }

    /// `"staging"`, or `{"production": {"canary": 5}}` with a payload.
    fn variant(&mut self, key: &str, json: &Json) -> Result<Datum, Misfit> {
        let Some(shape) = self.shapes.enums.get(key) else {
            return Err(self.misfit(&format!("the enum `{key}` is not described")));
        };
        match json {
            Json::String(name) => {
                let variant = self.find_variant(shape, name)?;
                let payload = self.fields(&variant.payload, &Json::Object(serde_json::Map::new()))?;
                Ok(made(shape, variant, payload))
            }
            Json::Object(entries) if entries.len() == 1 => {
                let Some((name, json)) = entries.iter().next() else {
                    return self.take("a variant", None, json);
                };
                let variant = self.find_variant(shape, name)?;
                let payload = self.within(name.clone(), |d| d.fields(&variant.payload, json))?;
                Ok(made(shape, variant, payload))
            }
            _ => self.take("the name of a variant", None, json),
        }
    }

    fn find_variant<'s>(&self, shape: &'s EnumShape, name: &str) -> Result<&'s VariantShape, Misfit> {
        let found = shape.variants.iter().find(|v| v.name.as_ref() == name || kebab_case(&v.name) == name);
        found.ok_or_else(|| {
            let names: Vec<_> = shape.variants.iter().map(|v| format!("`{}`", kebab_case(&v.name))).collect();
            self.misfit(&format!("`{name}` is none of {}", names.join(", ")))
        })
    }
}

fn made(shape: &EnumShape, variant: &VariantShape, payload: Vec<(Arc<str>, Datum)>) -> Datum {
    Datum::Variant { name: shape.name.clone(), variant: variant.name.clone(), payload }
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "nothing",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
