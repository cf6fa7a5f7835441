//! Sentences. Each function here builds one diagnostic; none lists expected tokens.

pub(crate) mod brackets;
pub(crate) mod limits;
pub(crate) mod literals;
pub(crate) mod mistakes;
pub(crate) mod names;
pub(crate) mod select;
pub(crate) mod unexpected;

use crate::Span;
use crate::token::Token;
use pipe_diagnostics::Diagnostic;

/// A diagnostic before it is decided which one of a statement is shown. Places are absolute.
#[derive(Debug)]
pub(crate) struct Raised {
    /// Of several in a statement the one with the lowest rank is shown: it is the cause.
    pub(crate) rank: Rank,
    /// What is said.
    pub(crate) diagnostic: Diagnostic<Span>,
}

/// Who found a mistake; earlier stages mislead later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// A size limit: nothing else of the item was read.
    Limit,
    /// A literal without an end swallows what follows.
    Literal,
    /// A word or sign that was read as another.
    Mistake,
    /// Brackets.
    Bracket,
    /// The grammar.
    Grammar,
    /// Found in a tree that was understood.
    Tree,
}

impl Raised {
    pub(crate) fn new(rank: Rank, diagnostic: Diagnostic<Span>) -> Self {
        Raised { rank, diagnostic }
    }
}

pub(crate) fn span(token: Token) -> Span {
    Span { start: token.start, end: token.end }
}

pub(crate) fn point(at: u32) -> Span {
    Span { start: at, end: at }
}
