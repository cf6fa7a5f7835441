//! Positions in source text.

/// A half-open range of UTF-8 byte offsets.
///
/// Inside an [`crate::ast::Item`] every span is relative to the item's own start, so that an edit above an item
/// leaves its tree equal and nothing behind it is computed again. [`Span::at`] makes it absolute for rendering, behind
/// [`crate::Cuts::written`] where the tree's places do not count comments.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets. Files above 4 GiB are refused before they are parsed.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    /// This relative span, moved to where its item begins.
    pub fn at(self, offset: u32) -> Span {
        Span { start: self.start + offset, end: self.end + offset }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// As a range of byte offsets.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}
