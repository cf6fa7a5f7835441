//! Where the grammar goes on behind a mistake.

use super::Builder;
use crate::errors::unexpected::{self, Site};
use crate::token::{Token, TokenKind};
use lalrpop_util::{ErrorRecovery, ParseError};

/// What was being read when a token did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    Item,
    ParamHeader,
    LetHeader,
    FunctionHeader,
    FunctionResult,
    TypeHeader,
    TestHeader,
    Param,
    Field,
    Variant,
    Type,
    Statement,
    /// Behind `=`.
    Value,
    Expression,
    /// Behind `.`.
    Member,
    /// Behind `|>`.
    Piped,
    Arg,
    /// Behind `name:`.
    ArgValue,
    Element,
    Arm,
    /// Behind `=>`.
    ArmBody,
}

/// A mistake at which the grammar left or entered a bracket that stays open: what follows is misread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Torn {
    /// The first token that was given up.
    pub(crate) from: usize,
    /// The first token behind those that were given up.
    pub(crate) to: usize,
    /// Which error was raised for it.
    pub(crate) raised: usize,
}

/// One for a bracket that opens, minus one for one that closes.
fn nesting(kind: TokenKind) -> i32 {
    match kind {
        TokenKind::LeftParen | TokenKind::LeftSquare => 1,
        TokenKind::RightParen | TokenKind::RightSquare => -1,
        kind => i32::from(kind.opens_block()) - i32::from(kind.closes_block()),
    }
}

/// The tokens with all that was given up, and the rest of its brackets, as one token: the mistake stays, but it no longer
/// hides what follows. `None` if the brackets do not end.
pub(crate) fn without_group(tokens: &[Token], torn: Torn) -> Option<Vec<Token>> {
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate().skip(torn.from) {
        depth += nesting(token.kind);
        if depth < 0 {
            return None;
        }
        if depth == 0 && i + 1 >= torn.to {
            let hidden = Token { kind: TokenKind::Bad, start: tokens[torn.from].start, end: token.end };
            return Some([&tokens[..torn.from], &[hidden], &tokens[i + 1..]].concat());
        }
    }
    None
}

impl Builder<'_> {
    /// Says what is wrong where the grammar recovered, having given up the text between the two places.
    pub(crate) fn recover(&mut self, point: Point, broken: (u32, ErrorRecovery<u32, Token, ()>, u32)) {
        let (l, recovery, r) = broken;
        let token = match recovery.error {
            ParseError::UnrecognizedToken { token, .. } | ParseError::ExtraToken { token } => Some(token.1),
            ParseError::UnrecognizedEof { .. }
            | ParseError::InvalidToken { .. }
            | ParseError::User { .. } => None,
        };
        let error = unexpected::describe(&self.site(point, token));
        let index = |place: u32| self.tokens.partition_point(|t| t.start < place + self.base);
        let (from, to) = (index(l), index(r));
        let given_up = self.tokens.get(from..to).unwrap_or_default();
        let balance: i32 = given_up.iter().map(|t| nesting(t.kind)).sum();
        if balance > 0 && self.torn.is_none() {
            self.torn = Some(Torn { from, to, raised: self.raised.len() });
        }
        self.raised.push(error);
    }

    fn site(&self, point: Point, token: Option<Token>) -> Site<'_> {
        let at = token.map_or(self.tokens.len(), |token| {
            let first = self.tokens.partition_point(|t| t.start < token.start);
            self.tokens[first..].iter().position(|t| *t == token).map_or(first, |n| first + n)
        });
        Site { text: self.text, tokens: self.tokens, at, point }
    }
}
