//! From offsets to lines: nodes name the line they were made on.

use std::collections::HashMap;
use std::sync::Arc;

use pipe_diagnostics::LineStarts;

/// Where lines begin, by file.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    starts: HashMap<Arc<str>, LineStarts>,
}

impl Lines {
    /// Of files by the name that is shown to people, with their text.
    pub fn new<'a>(files: impl IntoIterator<Item = (Arc<str>, &'a str)>) -> Lines {
        let starts = files.into_iter().map(|(file, text)| (file, LineStarts::new(text))).collect();
        Lines { starts }
    }

    /// Adds a file, or gives one another text.
    pub(crate) fn insert(&mut self, file: Arc<str>, text: &str) {
        self.starts.insert(file, LineStarts::new(text));
    }

    /// The line of a byte offset, from 1; 1 in a file that is not known.
    pub fn line(&self, file: &str, offset: u32) -> u32 {
        self.starts.get(file).map_or(1, |starts| starts.line(offset).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_known_has_one_line() {
        let lines = Lines::new([("a".into(), "one\ntwo")]);
        assert_eq!((lines.line("a", 4), lines.line("other", 7)), (2, 1));
    }
}
