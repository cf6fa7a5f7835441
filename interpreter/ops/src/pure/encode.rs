//! Values as a tree of plain JSON values. Durations are texts (`"1h30min"`), sizes are numbers of bytes, variants their names in
//! kebab case, those with a payload an object with that one key.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{kebab_case, text_form};
use crate::Datum;

/// `Err` says what cannot be written.
pub(super) fn encode(value: &Datum) -> Result<Json, String> {
    Ok(match value {
        Datum::Unit | Datum::Optional(None) => Json::Null,
        Datum::Bool(value) => Json::Bool(*value),
        Datum::Int(number) => Json::from(*number),
        Datum::Float(number) => serde_json::Number::from_f64(number.get())
            .map(Json::Number)
            .ok_or_else(|| format!("`{:?}` is not a finite number", number.get()))?,
        Datum::Text(text) => Json::from(text.as_ref()),
        Datum::Duration(_) => Json::from(text_form(value).map_err(|error| error.to_string())?),
        Datum::Size(bytes) => Json::from(*bytes),
        Datum::List(items) | Datum::Tuple(items) => {
            Json::Array(items.iter().map(encode).collect::<Result<_, _>>()?)
        }
        Datum::Optional(Some(value)) => encode(value)?,
        Datum::Record { fields, .. } => object(fields)?,
        Datum::Variant { variant, payload, .. } if payload.is_empty() => Json::from(kebab_case(variant)),
        Datum::Variant { variant, payload, .. } => {
            Json::Object([(kebab_case(variant), object(payload)?)].into_iter().collect())
        }
        Datum::Map(entries) => {
            let mut out = serde_json::Map::new();
            for (key, value) in entries {
                let key = text_form(key).map_err(|_| "a key of a map has no text form".to_owned())?;
                out.insert(key, encode(value)?);
            }
            Json::Object(out)
        }
    })
}

fn object(fields: &[(Arc<str>, Datum)]) -> Result<Json, String> {
    let fields = fields.iter().map(|(name, value)| Ok((name.to_string(), encode(value)?)));
    fields.collect::<Result<_, String>>().map(Json::Object)
}
