//! Open documents, and the edits that clients send.

use tower_lsp::ls_types::{TextDocumentContentChangeEvent, Uri};

use crate::position::{Encoding, Lines};

/// A document that a client has open.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Its name, as the client writes it.
    pub(crate) uri: Uri,
    /// The version that the client gave its text.
    pub(crate) version: i32,
    pub(crate) text: String,
}

impl Document {
    /// Applies edits in their order; a range that lies outside is taken to the nearest place inside.
    pub(crate) fn apply(&mut self, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        for change in changes {
            let Some(range) = change.range else {
                self.text = change.text;
                continue;
            };
            let lines = Lines::new(&self.text, encoding);
            let (a, b) = (lines.offset(range.start), lines.offset(range.end));
            self.text.replace_range(a.min(b)..a.max(b), &change.text);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;
    use tower_lsp::ls_types::{Position, Range};

    fn change(range: Option<Range>, text: &str) -> TextDocumentContentChangeEvent {
        TextDocumentContentChangeEvent { range, range_length: None, text: text.into() }
    }

    fn document(text: &str) -> Document {
        Document { uri: "file:///a.pipe".parse().unwrap(), version: 0, text: text.into() }
    }

    proptest! {
        /// An editor that keeps its text as lines of UTF-16 units sees what the server sees.
        #[test]
        fn edits_mean_what_the_client_means(
            text in "(a|é|𝄞|\n){0,20}",
            edits in prop::collection::vec((0_usize..21, 0_usize..21, "(b|ü|\n){0,4}"), 0..6),
        ) {
            let mut server = document(&text);
            let mut client: Vec<char> = text.chars().collect();
            for (a, b, new) in edits {
                let (a, b) = (a.min(client.len()), b.min(client.len()));
                let (start, end) = (a.min(b), a.max(b));
                let place = |at: usize| {
                    let before: String = client[..at].iter().collect();
                    let line = before.matches('\n').count();
                    let column = before.rsplit('\n').next().unwrap_or_default();
                    Position { line: line as u32, character: column.encode_utf16().count() as u32 }
                };
                let range = Range { start: place(start), end: place(end) };
                server.apply(vec![change(Some(range), &new)], Encoding::Utf16);
                client.splice(start..end, new.chars());
                prop_assert_eq!(&server.text, &client.iter().collect::<String>());
            }
        }

        #[test]
        fn any_edit_is_survived(
            text in "(a|é|𝄞|\n|\r){0,9}",
            places in prop::array::uniform4(0_u32..12),
        ) {
            let [line, character, end_line, end_character] = places;
            let range = Range {
                start: Position { line, character },
                end: Position { line: end_line, character: end_character },
            };
            document(&text).apply(vec![change(Some(range), "x"), change(None, "y")], Encoding::Utf16);
        }
    }
}
