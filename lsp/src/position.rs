//! Places of the protocol: lines and characters, counted in the units that client and server agreed on.

use tower_lsp::ls_types::{Position, PositionEncodingKind, Range};

/// What a character counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16: what every client knows.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The cheapest of those that a client offers.
    pub(crate) fn choose(offered: Option<&[PositionEncodingKind]>) -> Encoding {
        let offers = |kind: &PositionEncodingKind| offered.is_some_and(|kinds| kinds.contains(kind));
        if offers(&PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else if offers(&PositionEncodingKind::UTF32) && !offers(&PositionEncodingKind::UTF16) {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        }
    }

    /// Its name in the protocol.
    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// Where the lines of a text begin. Lines end with `\n`, `\r\n` or `\r`, as the protocol says.
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str, encoding: Encoding) -> Lines<'t> {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(i, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(i + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|(i, _)| i + 1)).collect();
        Lines { text, starts, encoding }
    }

    /// The text of a line without its end, and where it begins; the empty end of the text for a line that is not there.
    fn line(&self, line: usize) -> (usize, &'t str) {
        let Some(&start) = self.starts.get(line) else { return (self.text.len(), "") };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        (start, self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r']))
    }

    /// The byte of a place. One behind the end of its line is that end, one inside a character its start.
    pub(crate) fn offset(&self, position: Position) -> usize {
        let (start, line) = self.line(position.line as usize);
        let wanted = position.character as usize;
        let mut units = 0;
        for (at, c) in line.char_indices() {
            units += self.encoding.width(c);
            if units > wanted {
                return start + at;
            }
        }
        start + line.len()
    }

    /// The place of a byte.
    pub(crate) fn position(&self, offset: u32) -> Position {
        let offset = self.text.floor_char_boundary((offset as usize).min(self.text.len()));
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        let units: usize = before.chars().map(|c| self.encoding.width(c)).sum();
        Position { line: line as u32, character: units as u32 }
    }

    /// The place of a range of bytes.
    pub(crate) fn range(&self, start: u32, end: u32) -> Range {
        Range { start: self.position(start), end: self.position(end.max(start)) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    const ALL: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn characters_count_what_was_agreed() {
        let text = "aé𝄞b\nc";
        for (encoding, character) in [(Encoding::Utf8, 7), (Encoding::Utf16, 4), (Encoding::Utf32, 3)] {
            let lines = Lines::new(text, encoding);
            assert_eq!(lines.position(7), at(0, character));
            assert_eq!(lines.offset(at(0, character)), 7);
        }
    }

    #[test]
    fn places_outside_are_the_nearest_inside() {
        let lines = Lines::new("ab\r\ncd\re", Encoding::Utf16);
        assert_eq!(lines.offset(at(0, 99)), 2);
        assert_eq!(lines.offset(at(1, 1)), 5);
        assert_eq!(lines.offset(at(2, 0)), 7);
        assert_eq!(lines.offset(at(99, 0)), 8);
        assert_eq!(Lines::new("𝄞", Encoding::Utf16).offset(at(0, 1)), 0);
    }

    #[test]
    fn the_cheapest_encoding_is_chosen() {
        let offered = [PositionEncodingKind::UTF16, PositionEncodingKind::UTF8];
        assert_eq!(Encoding::choose(Some(&offered)), Encoding::Utf8);
        assert_eq!(Encoding::choose(Some(&[PositionEncodingKind::UTF32])), Encoding::Utf32);
        assert_eq!(Encoding::choose(Some(&[])), Encoding::Utf16);
        assert_eq!(Encoding::choose(None), Encoding::Utf16);
    }

    proptest! {
        #[test]
        fn there_and_back(text in "(a|é|𝄞|\n|\r\n|\r){0,20}", offset in 0_u32..80) {
            for encoding in ALL {
                let lines = Lines::new(&text, encoding);
                let position = lines.position(offset);
                let back = lines.offset(position);
                let inside = text.floor_char_boundary((offset as usize).min(text.len()));
                // Between `\r` and `\n` is behind the end of the line.
                let wanted = if text[..inside].ends_with('\r') && text[inside..].starts_with('\n') { inside - 1 } else { inside };
                prop_assert_eq!(back, wanted);
            }
        }

        #[test]
        fn any_place_is_a_place(text in "(a|é|𝄞|\n|\r){0,9}", line in any::<u32>(), character in any::<u32>()) {
            for encoding in ALL {
                let offset = Lines::new(&text, encoding).offset(at(line % 12, character));
                prop_assert!(text.is_char_boundary(offset));
            }
        }
    }
}
