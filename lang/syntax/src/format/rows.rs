//! Sequences of parts with the comments and empty lines between them.

use super::Formatter;
use super::comments::Comment;
use super::doc::{Doc, comment, concat, hard, text};

/// Where a sequence and its parts lie; absolute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A comment on a line of its own.
#[derive(Clone, Debug)]
pub(super) struct Lead {
    /// An empty line stands before it.
    pub(super) blank: bool,
    pub(super) text: String,
}

/// A part of a sequence.
#[derive(Debug)]
pub(super) struct Row {
    /// Comments above it.
    pub(super) leads: Vec<Lead>,
    /// An empty line stands directly before it.
    pub(super) blank: bool,
    pub(super) doc: Doc,
    /// Comments behind it: the first on its line, the others below.
    pub(super) trails: Vec<Comment>,
}

/// A sequence.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// Comments behind the last part.
    pub(super) dangling: Vec<Lead>,
}

/// Whether the parts of a sequence can have documentation: then a `##` comment from elsewhere must not get above one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Documented {
    Yes,
    No,
}

impl Rows {
    /// Whether a comment keeps them from standing on one line.
    pub(super) fn has_comments(&self) -> bool {
        !self.dangling.is_empty()
            || self.rows.iter().any(|row| !row.leads.is_empty() || !row.trails.is_empty())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.dangling.is_empty()
    }

    /// The parts without comments.
    pub(super) fn docs(&self) -> impl Iterator<Item = Doc> {
        self.rows.iter().map(|row| row.doc.clone())
    }

    /// One part a line, a line end between two of them.
    pub(super) fn lines(self, separator: &str) -> Doc {
        let mut lines: Vec<(bool, Doc)> = Vec::new();
        let mut detach = false;
        for row in self.rows {
            for lead in row.leads {
                lines.push((std::mem::take(&mut detach) || lead.blank, text(lead.text)));
            }
            let mut trails = row.trails.into_iter();
            let mut parts = vec![row.doc, text(separator)];
            parts.extend(trails.next().map(|first| comment(first.text)));
            lines.push((std::mem::take(&mut detach) || row.blank, concat(parts)));
            for other in trails {
                // An empty line keeps it from what follows.
                detach |= other.is_doc();
                lines.push((false, text(other.text)));
            }
        }
        lines.extend(self.dangling.into_iter().map(|lead| (lead.blank, text(lead.text))));
        let mut out = Vec::with_capacity(lines.len() * 2);
        for (i, (blank, line)) in lines.into_iter().enumerate() {
            if i > 0 {
                out.push(hard(blank));
            }
            out.push(line);
        }
        concat(out)
    }
}

impl Formatter<'_> {
    /// The parts of a sequence that lies between `around.start` (behind what opens it) and `around.end` (before what
    /// closes it), with the comments in the gaps and those inside parts that found no better place.
    pub(super) fn rows<T>(
        &mut self,
        around: Place,
        documented: Documented,
        parts: &[T],
        place: impl Fn(&T) -> Place,
        mut build: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Rows {
        let mut rows = Rows::default();
        let mut cursor = around.start;
        for part in parts {
            let Place { start, end } = place(part);
            let (mut leads, mut blank) = self.gap(&mut rows, &mut cursor, start, documented);
            let doc = build(self, part);
            let mut trails = Vec::new();
            for comment in self.comments.take(start, end) {
                match documented == Documented::Yes && comment.is_doc() {
                    true => trails.push(comment),
                    // It comes between the empty line and the part.
                    false => leads.push(Lead { blank: std::mem::take(&mut blank), text: comment.text }),
                }
            }
            rows.rows.push(Row { leads, blank, doc, trails });
            cursor = end;
        }
        let (dangling, _) = self.gap(&mut rows, &mut cursor, around.end, documented);
        rows.dangling = dangling;
        rows
    }

    /// The comments of a gap. The first, on the line of the part before, goes to that part. Also tells whether an empty
    /// line stands before what follows.
    fn gap(
        &mut self,
        rows: &mut Rows,
        cursor: &mut u32,
        end: u32,
        documented: Documented,
    ) -> (Vec<Lead>, bool) {
        // Without the comma behind it, one before a comma would stand directly above the next part.
        let misread = |c: &Comment| {
            documented == Documented::Yes && c.is_doc() && (!c.own_line || self.has_comma(c.end, end))
        };
        let begin = rows.rows.is_empty();
        let misread: Vec<u32> =
            self.comments.within(*cursor, end).filter(|c| misread(c)).map(|c| c.start).collect();
        let misread = |c: &Comment| misread.contains(&c.start);
        let comments = self.comments.take_if(*cursor, end, |c| !(misread(c) && begin));
        let mut leads = Vec::new();
        for (i, comment) in comments.into_iter().enumerate() {
            let blank = self.has_blank(*cursor, comment.start) && !(begin && i == 0);
            *cursor = comment.end;
            match rows.rows.last_mut() {
                Some(row) if !comment.own_line && i == 0 || misread(&comment) => row.trails.push(comment),
                _ => leads.push(Lead { blank, text: comment.text }),
            }
        }
        let blank = self.has_blank(*cursor, end) && !(begin && leads.is_empty());
        (leads, blank)
    }

    /// Whether a comma stands between two places, outside of comments.
    fn has_comma(&self, start: u32, end: u32) -> bool {
        self.source(start, end)
            .lines()
            .any(|line| line.split('#').next().is_some_and(|code| code.contains(',')))
    }

    /// Whether an empty line stands directly before `end`, behind `start`.
    fn has_blank(&self, start: u32, end: u32) -> bool {
        let gap = self.source(start, end);
        let white = &gap[gap.trim_end().len()..];
        white.matches('\n').count() > 1
    }
}
