//! From offsets to lines.

/// Where the lines of a text begin: looked for once, asked often.
#[derive(Clone, Debug)]
pub struct LineStarts {
    /// The offset of each line's first byte, in order; the first is 0.
    starts: Box<[u32]>,
}

impl LineStarts {
    /// Of a text of at most 4 GiB.
    pub fn new(text: &str) -> LineStarts {
        let behind_newlines = text.bytes().zip(1..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        LineStarts { starts: std::iter::once(0).chain(behind_newlines).collect() }
    }

    /// The line of a byte offset, from 1, and the offset at which it begins.
    pub fn line(&self, offset: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        (line as u32, self.starts.get(line - 1).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one_and_begin_behind_the_newline() {
        let lines = LineStarts::new("one\ntwo\n\nfour");
        let found = [0, 3, 4, 7, 8, 9, 12].map(|offset| lines.line(offset));
        assert_eq!(found, [(1, 0), (1, 0), (2, 4), (2, 4), (3, 8), (4, 9), (4, 9)]);
    }
}
