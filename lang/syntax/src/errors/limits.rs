//! Programs that are too large to be read.

use super::{Raised, Rank, span};
use crate::Span;
use crate::layout::{MAX_BRACKETS, MAX_DEPTH, MAX_LINKS};
use crate::token::Token;
use pipe_diagnostics::Diagnostic;

/// Brackets and what else has something inside nest too deeply.
pub(crate) fn too_deep(token: Token) -> Raised {
    Raised::new(
        Rank::Limit,
        Diagnostic::error("too-deep", "this item is nested too deeply to be read", span(token))
            .role("the limit is reached here")
            .help(format!(
                "give parts of it names with `let`: at most {MAX_BRACKETS} open brackets, and {MAX_DEPTH} brackets, \
                 prefixes, `if` and `fn` inside one another"
            )),
    )
}

/// A chain has too many links.
pub(crate) fn too_long(token: Token) -> Raised {
    Raised::new(
        Rank::Limit,
        Diagnostic::error("too-deep", "this chain of operations is too long to be read", span(token))
            .role("the limit is reached here")
            .help(format!(
                "give parts of it names with `let`, or go through a list with `fold`: at most {MAX_LINKS} operations \
                 follow one another"
            )),
    )
}

/// Literals in holes of literals.
pub(crate) fn nested_holes(place: Span) -> Raised {
    Raised::new(
        Rank::Literal,
        Diagnostic::error("too-deep", "literals are nested too deeply in holes of literals", place)
            .help("give the inner text a name with `let`"),
    )
}

/// The file is too large.
pub(crate) fn file_too_large(bytes: usize, limit: usize) -> Raised {
    let mib = |n: usize| n.div_ceil(1024 * 1024);
    Raised::new(
        Rank::Limit,
        Diagnostic::error(
            "file-too-large",
            format!(
                "this file has {} MiB; a program of more than {} MiB is not read",
                mib(bytes),
                mib(limit)
            ),
            Span::default(),
        )
        .help("split it into modules, or read data with `.contents` at run time"),
    )
}
