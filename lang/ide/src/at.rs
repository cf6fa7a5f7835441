//! What stands at a place.

use pipe_analysis::inspect::{Declaration, Inspection, Snapshot, Use};
use pipe_syntax::Span;

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
fn word_at(text: &str, offset: usize) -> Option<Span> {
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
