//! Plain values for people.

use pipe_ops::Datum;
use pipe_ops::pure::{apply, kebab_case, text_form};

/// A value on standard output: a text as it is, a list an element a line, a map a pair a line, else as the language writes it.
pub(crate) fn shown(value: &Datum) -> String {
    match value {
        Datum::Unit => String::new(),
        Datum::Text(text) => text.to_string(),
        Datum::List(items) => items.iter().map(|item| format!("{}\n", inline(item, Quote::Never))).collect(),
        Datum::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| format!("{}: {}\n", inline(key, Quote::Never), inline(value, Quote::Never)))
            .collect(),
        Datum::Optional(Some(inner)) => shown(inner),
        other => format!("{}\n", inline(other, Quote::Never)),
    }
}

/// A value as the language writes it, on one line.
pub(crate) fn inline_form(value: &Datum) -> String {
    inline(value, Quote::Always)
}

/// A value as JSON, on one line.
pub(crate) fn json(value: &Datum) -> Result<String, String> {
    match apply("json.encode", std::slice::from_ref(value)) {
        Ok(Datum::Text(text)) => Ok(text.to_string()),
        Ok(_) => Err("the value has no JSON form".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether texts stand in quotes: at the outside they are for reading, inside a value they must not run together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Never,
    Always,
}

/// As the language writes it, on one line.
fn inline(value: &Datum, quote: Quote) -> String {
    let list =
        |items: &[Datum]| items.iter().map(|item| inline(item, Quote::Always)).collect::<Vec<_>>().join(", ");
    let named = |fields: &[(std::sync::Arc<str>, Datum)]| {
        let field = |(name, value): &(std::sync::Arc<str>, Datum)| {
            format!("{name}: {}", inline(value, Quote::Always))
        };
        fields.iter().map(field).collect::<Vec<_>>().join(", ")
    };
    match value {
        Datum::Unit => "()".to_owned(),
        Datum::Text(text) if quote == Quote::Always => quoted(text),
        Datum::List(items) => format!("[{}]", list(items)),
        Datum::Tuple(items) => format!("({})", list(items)),
        Datum::Map(pairs) if pairs.is_empty() => "[:]".to_owned(),
        Datum::Map(pairs) => {
            let pair = |(key, value): &(Datum, Datum)| {
                format!("{}: {}", inline(key, Quote::Always), inline(value, Quote::Always))
            };
            format!("[{}]", pairs.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Datum::Optional(None) => "none".to_owned(),
        Datum::Optional(Some(inner)) => inline(inner, quote),
        Datum::Record { name, fields } => format!("{}({})", last_part(name), named(fields)),
        Datum::Variant { variant, payload, .. } if payload.is_empty() => kebab_case(variant),
        Datum::Variant { variant, payload, .. } => format!("{variant}({})", named(payload)),
        other => text_form(other).unwrap_or_default(),
    }
}

/// Names of records are qualified by their module.
fn last_part(name: &str) -> &str {
    name.rsplit(['.', '/', ':']).next().unwrap_or(name)
}

/// A text literal of the language.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
    out.replace("${", "\\${") + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shown_as_they_are() {
        assert_eq!(shown(&Datum::text("a\nb")), "a\nb");
        assert_eq!(shown(&Datum::Int(3)), "3\n");
        assert_eq!(shown(&Datum::Unit), "");
    }

    #[test]
    fn lists_take_a_line_an_element() {
        let record =
            Datum::Record { name: "main.App".into(), fields: vec![("name".into(), Datum::text("a\"b"))] };
        let list = Datum::List(vec![Datum::text("x"), record, Datum::Optional(None)]);
        assert_eq!(shown(&list), "x\nApp(name: \"a\\\"b\")\nnone\n");
    }

    #[test]
    fn json_is_one_line() {
        let map = Datum::Map(vec![(Datum::text("a"), Datum::List(vec![Datum::Bool(true), Datum::Unit]))]);
        assert_eq!(json(&map), Ok("{\"a\":[true,null]}".to_owned()));
    }
}
