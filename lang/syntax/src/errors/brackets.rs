//! Brackets without their other half, and bodies that are missing.

use super::{Raised, Rank, point, span};
use crate::token::{Token, TokenKind};
use pipe_diagnostics::{Diagnostic, Edit};

fn sign(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::LeftParen => "(",
        TokenKind::RightParen => ")",
        TokenKind::LeftSquare => "[",
        TokenKind::RightSquare => "]",
        TokenKind::LeftBrace => "{",
        _ => "}",
    }
}

fn other(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::LeftParen => ")",
        TokenKind::LeftSquare => "]",
        _ => "}",
    }
}

/// A bracket is never closed. `here` is where the last token before its latest possible end ends; `by` what ends it.
pub(crate) fn unclosed(opener: Token, here: u32, by: Option<Token>) -> Raised {
    let (open, close) = (sign(opener.kind), other(opener.kind));
    let mut diagnostic =
        Diagnostic::error("unclosed-bracket", format!("this `{open}` is never closed"), span(opener))
            .role(format!("a `{close}` for this one is missing"));
    if let Some(by) = by {
        let says = match by.kind {
            TokenKind::Else => "`else` stands behind the `}` of its `if`".to_owned(),
            kind => format!("`{}` closes a bracket further out", sign(kind)),
        };
        diagnostic = diagnostic.label(span(by), says);
    }
    let edit = Edit { place: point(here), text: close.to_owned() };
    Raised::new(Rank::Bracket, diagnostic.suggestion(format!("insert `{close}`"), vec![edit]))
}

/// A bracket is closed by one of another kind.
pub(crate) fn wrong_closer(opener: Token, closer: Token) -> Raised {
    let (open, close, wrong) = (sign(opener.kind), other(opener.kind), sign(closer.kind));
    Raised::new(
        Rank::Bracket,
        Diagnostic::error("unclosed-bracket", format!("`{open}` is closed by `{wrong}`"), span(closer))
            .role(format!("`{close}` belongs here"))
            .label(span(opener), "it was opened here")
            .suggestion(
                format!("replace it by `{close}`"),
                vec![Edit { place: span(closer), text: close.to_owned() }],
            ),
    )
}

/// A closing bracket without an opening one.
pub(crate) fn unopened(closer: Token) -> Raised {
    let sign = sign(closer.kind);
    Raised::new(
        Rank::Bracket,
        Diagnostic::error("unopened-bracket", format!("this `{sign}` closes nothing"), span(closer))
            .help("remove it, or look for an opening bracket that is missing above")
            .suggestion(format!("remove `{sign}`"), vec![Edit { place: span(closer), text: String::new() }]),
    )
}

/// The lines below a header are its body, but `{` is not there.
pub(crate) fn missing_brace(word: Token, here: u32, written: &str) -> Raised {
    Raised::new(
        Rank::Bracket,
        Diagnostic::error(
            "missing-body",
            format!("the body of this `{written}` does not begin with `{{`"),
            span(word),
        )
        .role(format!("this `{written}`"))
        .label(point(here), "`{` is missing here")
        .suggestion("insert `{`", vec![Edit { place: point(here), text: " {".to_owned() }]),
    )
}

/// The lines behind `if`, `else` or `match` stand further in, but `{` is not there.
pub(crate) fn missing_block(here: u32, word: &str) -> Raised {
    Raised::new(
        Rank::Bracket,
        Diagnostic::error("missing-body", format!("`{{` is missing behind this `{word}`"), point(here))
            .suggestion("insert `{`", vec![Edit { place: point(here), text: " {".to_owned() }]),
    )
}

/// A header ends without a body.
pub(crate) fn missing_body(word: Token, here: u32, written: &str) -> Raised {
    let inside = match word.kind {
        TokenKind::Record | TokenKind::Opaque => {
            "its fields stand in `{ }`: `record Name { field: Type, other: Type }`"
        }
        TokenKind::Enum => "its variants stand in `{ }`: `enum Name { First, Second }`",
        _ => "what it does stands in `{ }`",
    };
    Raised::new(
        Rank::Grammar,
        Diagnostic::error("missing-body", format!("this `{written}` has no body"), span(word))
            .role(format!("this `{written}`"))
            .label(point(here), "`{ … }` is missing here")
            .help(inside),
    )
}
