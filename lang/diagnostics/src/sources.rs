//! Texts of files, and positions in them.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::{FileSpan, LineStarts};

/// Texts by the file names that are shown to people.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: BTreeMap<Arc<str>, Source>,
}

#[derive(Clone, Debug)]
struct Source {
    text: Arc<str>,
    /// Looked for when somebody asks.
    lines: OnceLock<LineStarts>,
}

/// A place for people: lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Position {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

impl Sources {
    /// Adds a file.
    pub fn insert(&mut self, file: Arc<str>, text: Arc<str>) {
        self.texts.insert(file, Source { text, lines: OnceLock::new() });
    }

    /// The text of a file; empty when it is not known.
    pub fn text(&self, file: &str) -> &str {
        self.texts.get(file).map_or("", |source| &source.text)
    }

    /// Whether a file is known.
    pub fn contains(&self, file: &str) -> bool {
        self.texts.contains_key(file)
    }

    /// Every file with its text, in the order of names.
    pub fn files(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.texts.iter().map(|(file, source)| (file, &source.text))
    }

    /// The text of a span, as far as it lies inside the file.
    pub fn part(&self, span: &FileSpan) -> &str {
        &self.text(&span.file)[self.range(span)]
    }

    /// Where a span is. What lies outside the text is taken to its end, what lies inside a character to its start.
    pub fn position(&self, span: &FileSpan) -> Position {
        let range = self.range(span);
        let (line, column) = self.line_column(&span.file, range.start);
        let (end_line, end_column) = self.line_column(&span.file, range.end);
        Position { line, column, end_line, end_column }
    }

    fn line_column(&self, file: &str, offset: usize) -> (u32, u32) {
        let Some(Source { text, lines }) = self.texts.get(file) else { return (1, 1) };
        let (line, start) = lines.get_or_init(|| LineStarts::new(text)).line(offset as u32);
        (line, 1 + text[start as usize..offset].chars().count() as u32)
    }

    /// A span as bytes that are inside the text and between characters.
    pub(crate) fn range(&self, span: &FileSpan) -> std::ops::Range<usize> {
        let text = self.text(&span.file);
        let start = boundary(text, span.start);
        start..boundary(text, span.end).max(start)
    }
}

fn boundary(text: &str, offset: u32) -> usize {
    text.floor_char_boundary(usize::try_from(offset).unwrap_or(usize::MAX).min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sources(text: &str) -> Sources {
        let mut sources = Sources::default();
        sources.insert("f".into(), text.into());
        sources
    }

    fn span(start: u32, end: u32) -> FileSpan {
        FileSpan { file: "f".into(), start, end }
    }

    #[test]
    fn columns_count_characters() {
        let position = sources("a\néx = 1\n").position(&span(4, 5));
        assert_eq!((position.line, position.column, position.end_line, position.end_column), (2, 2, 2, 3));
    }

    #[test]
    fn a_file_that_is_not_known_has_one_place() {
        let position = Sources::default().position(&span(4, 5));
        assert_eq!((position.line, position.column), (1, 1));
    }

    proptest! {
        #[test]
        fn any_span_has_a_place(text in "(a|é|\n|\r\n|𝄞){0,20}", start in 0_u32..60, end in 0_u32..60) {
            let sources = sources(&text);
            let position = sources.position(&span(start, end));
            prop_assert!((position.line, position.column) <= (position.end_line, position.end_column));
            prop_assert!(position.line as usize <= text.matches('\n').count() + 1);
        }
    }
}
