//! From offsets to lines: nodes name the line they were made on.

use std::collections::HashMap;
use std::sync::Arc;

/// Where lines begin, by file.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    starts: HashMap<Arc<str>, Vec<u32>>,
}

impl Lines {
    /// Of files by the name that is shown to people, with their text.
    pub fn new<'a>(files: impl IntoIterator<Item = (Arc<str>, &'a str)>) -> Lines {
        let starts = files.into_iter().map(|(file, text)| (file, line_starts(text))).collect();
        Lines { starts }
    }

    /// Adds a file, or gives one another text.
    pub(crate) fn insert(&mut self, file: Arc<str>, text: &str) {
        self.starts.insert(file, line_starts(text));
    }

    /// The line of a byte offset, from 1; 1 in a file that is not known.
    pub fn line(&self, file: &str, offset: u32) -> u32 {
        let Some(starts) = self.starts.get(file) else { return 1 };
        starts.partition_point(|start| *start <= offset).max(1) as u32
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let behind_newlines =
        text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(i, _)| i as u32 + 1);
    std::iter::once(0).chain(behind_newlines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one_and_begin_behind_the_newline() {
        let lines = Lines::new([("a".into(), "one\ntwo\n\nfour")]);
        let found: Vec<u32> =
            [0, 3, 4, 7, 8, 9, 12].into_iter().map(|offset| lines.line("a", offset)).collect();
        assert_eq!(found, [1, 1, 2, 2, 3, 4, 4]);
        assert_eq!(lines.line("other", 7), 1);
    }
}
