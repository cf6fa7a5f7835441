//! The text form of values: what `${x}` inserts.

use super::args::Args;
use super::duration::format_duration;
use super::size::format_size;
use super::{MAX_TEXT, PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[("to_text", to_text), ("concat", concat)];

/// The text form of a value: numbers, truth values, durations (`1h30min`), sizes (`512MiB`), texts as they are, variants
/// without payload in kebab case.
///
/// # Errors
/// When the value is of a kind that has none.
pub fn text_form(value: &Datum) -> Result<String, PureError> {
    let no = |kind| Err(PureError::NoTextForm { kind });
    match value {
        Datum::Text(text) => Ok(text.to_string()),
        Datum::Bool(value) => Ok(value.to_string()),
        Datum::Int(number) => Ok(number.to_string()),
        Datum::Float(number) => Ok(format!("{:?}", number.get())),
        Datum::Duration(nanoseconds) => Ok(format_duration(*nanoseconds)),
        Datum::Size(bytes) => Ok(format_size(*bytes)),
        Datum::Variant { variant, payload, .. } if payload.is_empty() => Ok(kebab_case(variant)),
        Datum::Variant { .. } => no("a variant with a payload"),
        Datum::Unit => no("`()`"),
        Datum::List(_) => no("a list"),
        Datum::Map(_) => no("a map"),
        Datum::Optional(_) => no("an optional value"),
        Datum::Tuple(_) => no("a tuple"),
        Datum::Record { .. } => no("a record"),
    }
}

/// `PullRequest` as `pull-request`, `HTTPServer` as `http-server`.
pub fn kebab_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        let begins_word = before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit())
            || before.is_some_and(|b| b.is_uppercase()) && chars.get(i + 1).is_some_and(|n| n.is_lowercase());
        if *c == '_' {
            out.push('-');
            continue;
        }
        if c.is_uppercase() && begins_word {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn to_text(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(Datum::text(text_form(args.get(0)?)?))
}

/// The text forms of all arguments, one after the other.
fn concat(args: &Args<'_>) -> Result<Datum, PureError> {
    let mut out = String::new();
    for value in args.all() {
        out.push_str(&text_form(value)?);
        if out.len() > MAX_TEXT {
            return Err(PureError::TooLarge { limit: MAX_TEXT });
        }
    }
    Ok(Datum::text(out))
}
