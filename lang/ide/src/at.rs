//! What stands at a place.

use pipe_analysis::inspect::{Declaration, Inspection, Snapshot, Use};
use pipe_analysis::typed::Type;
use pipe_syntax::{Span, parse};

/// The written name that a place is in, or directly behind; the shortest of several.
pub(crate) fn use_at(inspection: &Inspection, offset: u32) -> Option<&Use> {
    let touching = inspection.uses.iter().filter(|u| u.span.start <= offset && offset <= u.span.end);
    touching.min_by_key(|u| u.span.end - u.span.start)
}

/// What the name at a place means, with its span. Where a mistake keeps the statement from being read, it is looked up as if it stood
/// alone.
pub(crate) fn declared_at(snapshot: &Snapshot, file: &str, offset: u32) -> Option<(Span, Declaration)> {
    let inspection = snapshot.inspect(file, offset)?;
    if let Some(found) = use_at(&inspection, offset) {
        return Some((found.span, found.meaning.declaration().clone()));
    }
    let text = snapshot.source(file)?;
    let span = word_at(&text, offset as usize)?;
    let word = text.get(span.range())?;
    let behind_point = text.get(..span.start as usize)?.trim_end().ends_with(['.', '"']);
    let read = inspection.types.iter().any(|(known, _)| known.start <= offset && offset <= known.end);
    if behind_point || read {
        return None;
    }
    let local = inspection.locals.into_iter().rfind(|local| &*local.name == word);
    let found = local.or_else(|| snapshot.names(file).into_iter().find(|name| &*name.name == word))?;
    Some((span, found))
}

/// The name that a place is in, or directly behind.
pub(crate) fn word_at(text: &str, offset: usize) -> Option<Span> {
    let start = word_start(text, offset);
    let rest = text.get(offset..)?;
    let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let span = Span::new(start, offset + len);
    text.get(span.range())?.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(span)
}

/// The name that is being written at a place: where it begins.
pub(crate) fn word_start(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
        .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8))
}

/// Whether a name is written somewhere in a text.
pub(crate) fn word_in(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (text.get(..at), text.get(at + name.len()..));
        !before.is_some_and(|before| before.ends_with(part))
            && !after.is_some_and(|after| after.starts_with(part))
    })
}

/// The smallest expression that a place is in, or at the edge of, with its type.
pub(crate) fn smallest_type_at(inspection: &Inspection, offset: u32) -> Option<&(Span, Type)> {
    let around = inspection.types.iter().filter(|(span, _)| span.start <= offset && offset <= span.end);
    around.min_by_key(|(span, _)| span.end - span.start)
}

/// The word that is put in where none is written yet: a name that nobody gives.
const FILLER: &str = "filler_of_the_editor";

/// A text with a word put in at a place where none is written yet, so that it can be read there; `None` for a place that is none.
pub(crate) fn filled(text: &str, offset: u32) -> Option<String> {
    let at = offset as usize;
    let (before, rest) = (text.get(..at)?, text.get(at..)?);
    let goes_on = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let filler = if goes_on || word_start(text, at) < at { "" } else { FILLER };
    Some(format!("{before}{filler}{rest}"))
}

/// A bracket that is open, or none, around all of them.
#[derive(Default)]
struct Open {
    close: Option<char>,
    /// It is a comprehension's, whose element does not follow yet.
    waits: bool,
    /// In it is an `if` or a `match` whose block does not follow yet.
    heads: bool,
}

impl Open {
    fn bracket(close: char) -> Open {
        Open { close: Some(close), ..Open::default() }
    }

    /// What is missing up to its end.
    fn rest(&self) -> String {
        let block = if self.heads { " {}" } else { "" };
        let element = if self.waits { " => 0" } else { "" };
        format!("{block}{element}{}", self.close.map(String::from).unwrap_or_default())
    }
}

/// Whether an `if` behind this begins an expression: behind a pattern or the part of a comprehension it is a condition without a block.
fn begins_expression(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or(before).trim_end();
    line.is_empty() || line.ends_with(|c: char| "={([,>&|+-*/?:!<".contains(c)) || line.ends_with("else")
}

/// A text up to a place, with the word there, and with the brackets closed that are open in its item: what stands behind may be what
/// an open bracket took.
pub(crate) fn closed(text: &str, offset: u32) -> Option<String> {
    let behind = text.get(offset as usize..)?;
    let word = behind.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(behind.len());
    let before = text.get(..offset as usize + word)?;
    let start = parse(before).module.items.iter().rfind(|item| item.offset <= offset)?.offset;
    let mut open = vec![Open::default()];
    let item = before.get(start as usize..)?;
    let mut rest = item;
    let mut unended = "";
    while let Some(c) = rest.chars().next() {
        let mut len = c.len_utf8();
        let is_inside = open.len() > 1;
        let last = open.last_mut()?;
        match c {
            '"' => {
                let quote = if rest.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
                let inner = rest.get(quote.len()..)?;
                let end = end_of_text(inner, quote);
                unended = if end.is_none() { quote } else { "" };
                len = end.map_or(rest.len(), |end| quote.len() + end);
            }
            '#' => len = rest.find('\n').unwrap_or(rest.len()),
            '(' => open.push(Open::bracket(')')),
            '{' => {
                last.heads = false;
                open.push(Open::bracket('}'));
            }
            '[' => {
                let waits = rest.get(1..).is_some_and(|inner| inner.trim_start().starts_with("for "));
                open.push(Open { waits, ..Open::bracket(']') });
            }
            ')' | ']' | '}' if is_inside => _ = open.pop(),
            '=' if rest.starts_with("=>") => (last.waits, last.heads) = (false, false),
            c if c.is_alphabetic() || c == '_' => {
                len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let written = item.get(..item.len() - rest.len()).unwrap_or_default();
                last.heads |= match rest.get(..len)? {
                    "if" => !last.waits && begins_expression(written),
                    "match" => true,
                    _ => false,
                };
            }
            _ => {}
        }
        rest = rest.get(len..)?;
    }
    let closers: String = open.iter().rev().map(Open::rest).collect();
    Some(format!("{before}{unended}{closers}\n"))
}

/// Where a text that has begun ends, behind its quotes; one in a line ends with the line.
fn end_of_text(inner: &str, quote: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = inner.get(at..)?;
        if rest.starts_with(quote) {
            return Some(at + quote.len());
        }
        match rest.chars().next()? {
            '\n' if quote.len() == 1 => return Some(at),
            '\\' if quote.len() == 1 => at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            c => at += c.len_utf8(),
        }
    }
}
