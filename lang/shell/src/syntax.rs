//! What is wrong with a script, in our words.

use std::ops::Range;

use shuck_parser::parser::ParseResult;

use crate::facts::SyntaxError;

/// The first thing that no shell can read. `None` when the parser gave up for another reason than the shell would.
pub(crate) fn first_error(script: &str, parsed: &ParseResult) -> Option<SyntaxError> {
    let found = parsed.diagnostics.first()?;
    let message = found.message.strip_prefix("syntax error: ").unwrap_or(&found.message);
    let place = clamp(script, found.span.start.offset()..found.span.end.offset());
    if is_limit(message) || shells_accept(script, message, &place) {
        return None;
    }
    let rest = script.get(place.end..).unwrap_or_default();
    let at_end = rest.trim().is_empty();
    let token = script.get(place.clone()).unwrap_or_default();
    let token = token.lines().next().unwrap_or_default().trim();
    Some(SyntaxError { message: sentence(message, token, at_end), place })
}

/// The parser's own bounds.
fn is_limit(message: &str) -> bool {
    ["fuel exhausted", "too deep", "chained operators", "too large"].iter().any(|part| message.contains(part))
}

/// Where the parser is stricter than shells are: a `}` that is part of a word, which it takes for the end of a group, and `!`
/// alone.
fn shells_accept(script: &str, message: &str, place: &Range<usize>) -> bool {
    let brace = script.get(place.start..).is_some_and(|rest| rest.starts_with('}')) || message.contains('}');
    let inside_word = |(at, _): (usize, &str)| {
        let before = script.get(..at).unwrap_or_default();
        let word = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c));
        word.len() < before.len() && !word.ends_with('{')
    };
    (brace && script.match_indices('}').any(inside_word)) || message == "expected command after !"
}

fn sentence(message: &str, token: &str, at_end: bool) -> String {
    let wanted = message.strip_prefix("expected ").unwrap_or(message);
    if let Some(what) = message.strip_prefix("unterminated ") {
        return format!("{} {what} is never closed", article(what));
    }
    if let Some(what) = message.strip_prefix("empty ") {
        return format!("the {what} has no command");
    }
    if wanted == message {
        return format!("the shell cannot read this: {message}");
    }
    if let Some((word, why)) = quoted(wanted) {
        let why = if why.is_empty() {
            String::new()
        } else {
            format!(" {}", why.replace("to close ", "that closes the "))
        };
        return match at_end {
            true => format!("`{word}`{why} is missing before the end of the script"),
            false => format!("`{word}`{why} is expected, not `{token}`"),
        };
    }
    match (wanted, at_end && token.is_empty()) {
        ("command", false) => format!("a command cannot begin with `{token}`"),
        (_, false) => format!("{} {wanted} is expected, not `{token}`", article(wanted)),
        (_, true) => format!("{} {wanted} is expected before the end of the script", article(wanted)),
    }
}

/// `'do' after the list` → `do`, `after the list`.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (word, why) = text.strip_prefix('\'')?.split_once('\'')?;
    Some((word, why.trim()))
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// The range inside the text and between characters; the last character where it would be empty at the end.
fn clamp(script: &str, range: Range<usize>) -> Range<usize> {
    let start = script.floor_char_boundary(range.start.min(script.len()));
    let end = script.ceil_char_boundary(range.end.min(script.len())).max(start);
    // A place of many lines says little: its first one.
    let line = script.get(start..end).and_then(|text| text.find('\n'));
    start..line.map_or(end, |at| (start + at).max(start))
}
