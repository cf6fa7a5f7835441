//! Comments: each is kept, and goes with what follows it or precedes it.
//!
//! A comment lies either in a gap between two parts of a sequence (statements, elements, arguments, links of a chain …),
//! where it stays, or somewhere inside a part. Then it moves above the nearest part around it.

use crate::ast::{Trivia, TriviaKind};

/// A comment of the source.
#[derive(Clone, Debug)]
pub(super) struct Comment {
    /// Absolute places of its first byte and behind its last.
    pub(super) start: u32,
    pub(super) end: u32,
    /// From `#`, without white space at the end.
    pub(super) text: String,
    /// Nothing stands before it on its line.
    pub(super) own_line: bool,
}

impl Comment {
    /// Alone on a line it would be documentation: of what follows, or of the file.
    pub(super) fn is_doc(&self) -> bool {
        self.text.starts_with("##")
    }
}

/// The comments of a file that have not been placed yet.
pub(super) struct Comments {
    /// In the order of the source; `None` for those that have been taken.
    list: Vec<(u32, Option<Comment>)>,
}

impl Comments {
    pub(super) fn new(text: &str, trivia: &[Trivia]) -> Comments {
        let comments = trivia.iter().filter_map(|trivia| {
            let own_line = match &trivia.kind {
                TriviaKind::Comment { own_line, .. } => *own_line,
                TriviaKind::Doc(_) => true,
                TriviaKind::Blank => return None,
            };
            let (start, end) = (trivia.span.start, trivia.span.end);
            let text = text.get(trivia.span.range())?.trim_end().to_owned();
            Some((start, Some(Comment { start, end, text, own_line })))
        });
        Comments { list: comments.collect() }
    }

    /// Those that begin in a range.
    pub(super) fn within(&self, start: u32, end: u32) -> impl Iterator<Item = &Comment> {
        let from = self.list.partition_point(|(at, _)| *at < start);
        self.list[from..]
            .iter()
            .take_while(move |(at, _)| *at < end)
            .filter_map(|(_, comment)| comment.as_ref())
    }

    /// Takes those that begin in a range.
    pub(super) fn take(&mut self, start: u32, end: u32) -> Vec<Comment> {
        self.take_if(start, end, |_| true)
    }

    /// Takes those that begin in a range and are wanted.
    pub(super) fn take_if(
        &mut self,
        start: u32,
        end: u32,
        wanted: impl Fn(&Comment) -> bool,
    ) -> Vec<Comment> {
        let from = self.list.partition_point(|(at, _)| *at < start);
        let mut taken = Vec::new();
        for (at, comment) in &mut self.list[from..] {
            if *at >= end {
                break;
            }
            if comment.as_ref().is_some_and(&wanted) {
                taken.extend(comment.take());
            }
        }
        taken
    }
}
