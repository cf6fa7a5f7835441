//! Comments, doc comments and blank lines.

use crate::Span;
use crate::ast::{Trivia, TriviaKind};
use std::collections::BTreeMap;

/// Doc comments by the token they stand directly above.
#[derive(Debug, Default)]
pub(crate) struct Docs {
    /// The first group of the file, when it does not belong to an item.
    pub(crate) module: Vec<String>,
    by_token: BTreeMap<u32, Vec<String>>,
}

impl Docs {
    /// The lines above the token at an absolute offset.
    pub(crate) fn above(&self, offset: u32) -> Vec<String> {
        self.by_token.get(&offset).cloned().unwrap_or_default()
    }
}

/// Gathers what stands between tokens.
pub(super) struct Collector<'t> {
    text: &'t str,
    trivia: Vec<Trivia>,
    docs: Docs,
    /// Doc lines since the last token or blank line.
    pending: Vec<String>,
    /// A token has been seen.
    begun: bool,
    /// A group of doc lines of the whole file has been taken.
    module_taken: bool,
    /// Where the current line begins, and whether something stands on it.
    line: u32,
    line_is_empty: bool,
}

impl<'t> Collector<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Collector {
            text,
            trivia: Vec::new(),
            docs: Docs::default(),
            pending: Vec::new(),
            begun: false,
            module_taken: false,
            line: 0,
            line_is_empty: true,
        }
    }

    pub(super) fn comment(&mut self, start: u32, end: u32) {
        let text = self.text[start as usize..end as usize].trim_end_matches('\r');
        let span = Span { start, end: start + text.len() as u32 };
        let own_line = self.line_is_empty;
        self.line_is_empty = false;
        let kind = match text.strip_prefix("##") {
            Some(doc) if own_line => {
                self.pending.push(doc.strip_prefix(' ').unwrap_or(doc).trim_end().to_owned());
                TriviaKind::Doc(doc.to_owned())
            }
            _ => TriviaKind::Comment { text: text[1..].to_owned(), own_line },
        };
        self.trivia.push(Trivia { kind, span });
    }

    pub(super) fn newline(&mut self, at: u32) {
        if self.line_is_empty {
            self.blank(at);
        }
        self.line = at + 1;
        self.line_is_empty = true;
    }

    pub(super) fn token(&mut self, start: u32) {
        self.line_is_empty = false;
        if !self.pending.is_empty() {
            let lines = std::mem::take(&mut self.pending);
            // An import has no documentation of its own: what stands above the first one is about the file.
            if !self.begun && !self.module_taken && self.text[start as usize..].starts_with("use ") {
                self.take_module(lines);
            } else {
                self.docs.by_token.insert(start, lines);
            }
        }
        self.begun = true;
    }

    fn blank(&mut self, newline: u32) {
        let end = newline + 1;
        match self.trivia.last_mut() {
            Some(Trivia { kind: TriviaKind::Blank, span }) if span.end == self.line => span.end = end,
            _ => self.trivia.push(Trivia { kind: TriviaKind::Blank, span: Span { start: self.line, end } }),
        }
        self.detach();
    }

    /// A blank line: the doc lines above it belong to no token.
    fn detach(&mut self) {
        let lines = std::mem::take(&mut self.pending);
        if !lines.is_empty() && !self.begun && !self.module_taken {
            self.take_module(lines);
        }
    }

    fn take_module(&mut self, lines: Vec<String>) {
        self.module_taken = true;
        self.docs.module = lines;
    }

    pub(super) fn finish(mut self) -> (Vec<Trivia>, Docs) {
        self.detach();
        (self.trivia, self.docs)
    }
}
