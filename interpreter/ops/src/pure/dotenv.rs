//! Files of `NAME=value` lines.
//!
//! Written and read: blank lines and lines that begin with `#` are passed over; `export ` may stand before a name; a value is
//! bare (up to the line's end, or to ` #`), in `'…'` (as it stands), or in `"…"` (with `\n \r \t \" \\ \$`). Quoted values may
//! hold line ends. Nothing is expanded.

use serde_json::{Map, Value as Json};

/// Writes an object whose values are texts, numbers or truth values; null is left out.
pub(super) fn write(json: &Json) -> Result<String, String> {
    let Json::Object(entries) = json else { return Err("a dotenv file is a record or a map".to_owned()) };
    let mut out = String::new();
    for (name, value) in entries {
        if super::check_text("EnvName", name).is_err() {
            return Err(format!("`{name}` is not the name of a variable"));
        }
        let value = match value {
            Json::Null => continue,
            Json::String(text) => quoted(text),
            Json::Bool(_) | Json::Number(_) => value.to_string(),
            Json::Array(_) | Json::Object(_) => return Err(format!("`{name}` is not a single value")),
        };
        out.push_str(&format!("{name}={value}\n"));
    }
    Ok(out)
}

fn quoted(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if !text.is_empty() && text.chars().all(bare) {
        return text.to_owned();
    }
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Reads to an object of texts. Of two lines with one name the later counts.
pub(super) fn read(text: &str) -> Result<Json, String> {
    let mut entries = Map::new();
    let mut rest = text;
    let mut line = 1;
    while !rest.is_empty() {
        let (first, tail) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = first.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            (rest, line) = (tail, line + 1);
            continue;
        }
        let at_line = |reason: &str| format!("line {line}: {reason}");
        let (name, after) = rest
            .split_once('=')
            .filter(|(name, _)| !name.contains('\n'))
            .ok_or(at_line("there is no `=`"))?;
        let name = name.trim();
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        super::check_text("EnvName", name).map_err(|error| at_line(&error.to_string()))?;
        let (value, tail) = value(after).map_err(at_line)?;
        entries.insert(name.to_owned(), Json::from(value));
        line += rest
            .len()
            .checked_sub(tail.len())
            .and_then(|n| rest.get(..n))
            .map_or(0, |used| used.matches('\n').count());
        rest = tail;
    }
    Ok(Json::Object(entries))
}

/// The value that `text` begins with, and what follows its line.
fn value(text: &str) -> Result<(String, &str), &'static str> {
    let start = text.trim_start_matches([' ', '\t']);
    if let Some(inner) = start.strip_prefix('\'') {
        let (value, tail) = inner.split_once('\'').ok_or("a `'` is not closed")?;
        return Ok((value.to_owned(), end_of_line(tail)?));
    }
    if let Some(inner) = start.strip_prefix('"') {
        let (value, tail) = double_quoted(inner)?;
        return Ok((value, end_of_line(tail)?));
    }
    let (line, tail) = start.split_once('\n').unwrap_or((start, ""));
    let bare = if line.starts_with('#') { "" } else { line.split(" #").next().unwrap_or_default() };
    Ok((bare.trim().to_owned(), tail))
}

fn double_quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Ok((out, text.get(i + 1..).unwrap_or_default())),
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some(c @ ('"' | '\\' | '$')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => break,
            },
            c => out.push(c),
        }
    }
    Err("a `\"` is not closed")
}

/// Only white space or a comment may follow a closing quote.
fn end_of_line(text: &str) -> Result<&str, &'static str> {
    let (line, tail) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        Ok(tail)
    } else {
        Err("something follows the closing quote")
    }
}
