//! `encode` and `decode` of JSON, TOML, YAML and dotenv. All go through one tree of plain values, so that they mean the same.

use serde_json::Value as Json;

use super::args::Args;
use super::decode::{Misfit, decode};
use super::encode::encode;
use super::{PureError, PureFn, dotenv};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("json.encode", |a| encode_with(a, "JSON", write_json)),
    ("json.decode", |a| decode_with(a, "JSON", |text| serde_json::from_str(text).map_err(|e| e.to_string()))),
    ("toml.encode", |a| encode_with(a, "TOML", write_toml)),
    ("toml.decode", |a| decode_with(a, "TOML", read_toml)),
    ("yaml.encode", |a| {
        encode_with(a, "YAML", |json| serde_saphyr::to_string(json).map_err(|e| e.to_string()))
    }),
    ("yaml.decode", |a| decode_with(a, "YAML", read_yaml)),
    ("dotenv.encode", |a| encode_with(a, "dotenv", dotenv::write)),
    ("dotenv.decode", |a| decode_with(a, "dotenv", dotenv::read)),
];

type Write = fn(&Json) -> Result<String, String>;
type Read = fn(&str) -> Result<Json, String>;

fn encode_with(args: &Args<'_>, format: &'static str, write: Write) -> Result<Datum, PureError> {
    let tree = encode(args.get(0)?).and_then(|json| write(&json));
    tree.map(Datum::text).map_err(|reason| PureError::Encode { format, reason })
}

/// The text, then the [`super::Shapes`] of what is expected.
fn decode_with(args: &Args<'_>, format: &'static str, read: Read) -> Result<Datum, PureError> {
    let (text, shapes) = (args.text(0)?, args.shapes(1)?);
    let first_line = |reason: String| reason.lines().next().unwrap_or_default().to_owned();
    let json = read(text).map_err(|reason| PureError::Decode { format, reason: first_line(reason) })?;
    decode(&shapes, &json).map_err(|Misfit(reason)| PureError::Decode { format, reason })
}

fn write_json(json: &Json) -> Result<String, String> {
    serde_json::to_string(json).map_err(|error| error.to_string())
}

/// YAML 1.2: only `true` and `false` are truth values, so that the country `no` is a text.
fn read_yaml(text: &str) -> Result<Json, String> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

/// TOML has no null: such fields are left out.
fn write_toml(json: &Json) -> Result<String, String> {
    let mut json = json.clone();
    drop_nulls(&mut json);
    if !json.is_object() {
        return Err("a TOML file is a record or a map".to_owned());
    }
    toml::to_string(&json).map_err(|error| error.to_string())
}

fn drop_nulls(json: &mut Json) {
    match json {
        Json::Object(entries) => {
            entries.retain(|_, value| !value.is_null());
            entries.values_mut().for_each(drop_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Dates and times become texts.
fn read_toml(text: &str) -> Result<Json, String> {
    fn plain(value: toml::Value) -> Json {
        match value {
            toml::Value::String(text) => Json::from(text),
            toml::Value::Integer(number) => Json::from(number),
            toml::Value::Float(number) => Json::from(number),
            toml::Value::Boolean(value) => Json::from(value),
            toml::Value::Datetime(time) => Json::from(time.to_string()),
            toml::Value::Array(items) => Json::Array(items.into_iter().map(plain).collect()),
            toml::Value::Table(entries) => {
                Json::Object(entries.into_iter().map(|(k, v)| (k, plain(v))).collect())
            }
        }
    }
    let table: toml::Table = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    Ok(plain(toml::Value::Table(table)))
}
