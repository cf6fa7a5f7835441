//! The last lines of what a step printed, kept while it runs.

use std::collections::VecDeque;

/// Lines of a log that a failure shows.
pub const TAIL_LINES: usize = 20;

/// Bytes kept of one line; the middle of a longer one is left out.
const LINE_BYTES: usize = 2048;

/// Keeps the last [`TAIL_LINES`] lines of what it is given.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    lines: VecDeque<Vec<u8>>,
    current: Vec<u8>,
}

impl Tail {
    /// Takes the next bytes, as they were shown.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE_BYTES.saturating_sub(self.current.len());
            if piece.last() == Some(&b'\n') {
                let text = piece.get(..piece.len() - 1).unwrap_or_default();
                self.current.extend_from_slice(text.get(..room).unwrap_or(text));
                self.end_line();
            } else {
                self.current.extend_from_slice(piece.get(..room).unwrap_or(piece));
            }
        }
    }

    fn end_line(&mut self) {
        self.lines.push_back(std::mem::take(&mut self.current));
        if self.lines.len() > TAIL_LINES {
            self.lines.pop_front();
        }
    }

    /// The lines, each with its end.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        if !self.current.is_empty() {
            self.end_line();
        }
        self.lines.into_iter().flat_map(|line| line.into_iter().chain([b'\n'])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(pieces: &[&[u8]]) -> String {
        let mut tail = Tail::default();
        for piece in pieces {
            tail.push(piece);
        }
        String::from_utf8_lossy(&tail.finish()).into_owned()
    }

    #[test]
    fn keeps_the_last_lines() {
        let all: String = (1..=30).map(|n| format!("{n}\n")).collect();
        let last: String = (11..=30).map(|n| format!("{n}\n")).collect();
        assert_eq!(tail(&[all.as_bytes()]), last);
    }

    #[test]
    fn joins_pieces_and_ends_the_last_line() {
        assert_eq!(tail(&[b"a", b"b\n\nc", b"d"]), "ab\n\ncd\n");
        assert_eq!(tail(&[]), "");
    }

    #[test]
    fn one_endless_line_is_cut() {
        let line = vec![b'x'; 1 << 20];
        assert_eq!(tail(&[&line, &line]).len(), LINE_BYTES + 1);
    }
}
