//! Signs of other languages, and characters that mean nothing. Each is reported and read as what was meant.

use super::words::Near;
use crate::Span;
use crate::errors::{Raised, mistakes};
use crate::token::{Token, TokenKind};

/// What is made of a sign.
pub(super) struct Mended {
    pub(super) error: Raised,
    /// The tokens that stand for it.
    pub(super) instead: Vec<Token>,
    /// How many tokens behind it are taken, too.
    pub(super) skip: usize,
}

fn instead(error: Raised, instead: Vec<Token>) -> Option<Mended> {
    Some(Mended { error, instead, skip: 0 })
}

/// `None` when the sign is one of ours.
pub(super) fn mend(token: Token, written: &str, near: &Near<'_>) -> Option<Mended> {
    let foreign = |ours: &str| instead(mistakes::foreign_sign(token, written, ours), vec![token]);
    match token.kind {
        TokenKind::EqualEqual if written == "===" => foreign("=="),
        TokenKind::NotEqual if written == "!==" => foreign("!="),
        TokenKind::Coalesce if written == "?:" => optional_parameter(token, near).or_else(|| foreign("??")),
        TokenKind::DotDot if written == "..." && spreads(near) => foreign(".."),
        TokenKind::Colon => path(token, near),
        TokenKind::ForeignString => {
            let string = Token { kind: TokenKind::String, ..token };
            instead(mistakes::foreign_string(token, written), vec![string])
        }
        TokenKind::Bad => bad(token, written, near),
        _ => None,
    }
}

/// `...xs` inside a list or a call.
fn spreads(near: &Near<'_>) -> bool {
    matches!(near.before(), Some(TokenKind::LeftSquare | TokenKind::LeftParen | TokenKind::Comma))
        && near.next().is_some_and(TokenKind::begins_expression)
}

/// `A::b`.
fn path(token: Token, near: &Near<'_>) -> Option<Mended> {
    let second = near.rest.first().filter(|t| t.kind == TokenKind::Colon && t.start == token.end)?;
    let name =
        near.last().is_some_and(|t| t.end == token.start && (t.kind.is_name() || t.kind == TokenKind::Up));
    let both = Token { kind: TokenKind::Dot, start: token.start, end: second.end };
    let error = mistakes::foreign_sign(both, "::", ".");
    name.then(|| Mended { error, instead: vec![both], skip: 1 })
}

/// `name?: Type`, read as `name: Type?`.
fn optional_parameter(token: Token, near: &Near<'_>) -> Option<Mended> {
    let name = near.last().filter(|t| t.kind == TokenKind::Low && t.end == token.start)?;
    let ty = *near.rest.first().filter(|t| t.kind == TokenKind::Up)?;
    let simple = !matches!(near.rest.get(1).map(|t| t.kind), Some(TokenKind::LeftSquare | TokenKind::Dot));
    let error = mistakes::optional_parameter(token, near.word(name), near.word(ty));
    let question = Token { kind: TokenKind::Question, start: ty.end, end: ty.end };
    let colon = Token { kind: TokenKind::Colon, ..token };
    simple.then(|| Mended { error, instead: vec![colon, ty, question], skip: 1 })
}

/// A character that no token begins with.
fn bad(token: Token, written: &str, near: &Near<'_>) -> Option<Mended> {
    let glued = near.rest.first().copied().filter(|next| next.start == token.end);
    match written {
        "$" => {
            let word = glued.map_or("", |next| near.word(next));
            let name = glued.filter(|t| t.kind.is_name() || t.kind == TokenKind::Up);
            let end = name.map_or(token.end, |name| name.end);
            let error = mistakes::dollar(token, name, word);
            Some(Mended { error, instead: vec![Token { end, ..token }], skip: usize::from(name.is_some()) })
        }
        "&" if near.behind_value() => {
            let and = Token { kind: TokenKind::AndAnd, ..token };
            instead(mistakes::foreign_sign(token, "&", "&&"), vec![and])
        }
        "&" => instead(mistakes::borrow(token), Vec::new()),
        "\\" if near.next() == Some(TokenKind::Newline) => {
            let gap = Span { start: near.last().map_or(token.start, |t| t.end), end: token.end };
            instead(mistakes::continued_line(token, gap), Vec::new())
        }
        _ => {
            let error = mistakes::unknown_character(token, written, near.behind_value());
            let blank =
                written.chars().all(|c| !c.is_alphanumeric() && !c.is_ascii_graphic() && !c.is_ascii());
            let kept = if blank { Vec::new() } else { vec![token] };
            instead(error, kept)
        }
    }
}
