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

/// A mistake behind which the grammar took the end of an inner block for that of an outer one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Torn {
    /// The token that did not fit.
    pub(crate) at: usize,
    /// Which error was raised for it.
    pub(crate) raised: usize,
}

/// The tokens with everything from a misfit to the end of the block behind it as one token: the mistake stays, but it
/// no longer hides what follows. `None` if no block follows.
pub(crate) fn without_block(tokens: &[Token], at: usize) -> Option<Vec<Token>> {
    let mut depth = 0usize;
    let mut end = None;
    for (i, token) in tokens.iter().enumerate().skip(at) {
        match token.kind {
            TokenKind::LeftBrace => depth += 1,
            TokenKind::RightBrace => depth = depth.checked_sub(1)?,
            _ => continue,
        }
        if depth == 0 {
            end = Some(i);
            break;
        }
    }
    let end = end?;
    let hidden = Token { kind: TokenKind::Bad, start: tokens[at].start, end: tokens[end].end };
    Some([&tokens[..at], &[hidden], &tokens[end + 1..]].concat())
}

impl Builder<'_> {
    /// Says what is wrong where the grammar recovered.
    pub(crate) fn recover(&mut self, point: Point, recovery: ErrorRecovery<u32, Token, ()>) {
        let token = match recovery.error {
            ParseError::UnrecognizedToken { token, .. } | ParseError::ExtraToken { token } => Some(token.1),
            ParseError::UnrecognizedEof { .. }
            | ParseError::InvalidToken { .. }
            | ParseError::User { .. } => None,
        };
        let site = self.site(point, token);
        let (at, error) = (site.at, unexpected::describe(&site));
        let opened = |t: &(u32, Token, u32)| match t.1.kind {
            TokenKind::LeftBrace => 1,
            TokenKind::RightBrace => -1,
            _ => 0,
        };
        let balance: i32 = recovery.dropped_tokens.iter().map(opened).sum();
        if balance > 0 && self.torn.is_none() {
            self.torn = Some(Torn { at, raised: self.raised.len() });
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
