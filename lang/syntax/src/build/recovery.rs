//! Where the grammar goes on behind a mistake.

use super::Builder;
use crate::errors::unexpected::{self, Site};
use crate::token::Token;
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

impl Builder<'_> {
    /// Says what is wrong where the grammar recovered.
    pub(crate) fn recover(&mut self, point: Point, recovery: ErrorRecovery<u32, Token, ()>) {
        let token = match recovery.error {
            ParseError::UnrecognizedToken { token, .. } | ParseError::ExtraToken { token } => Some(token.1),
            ParseError::UnrecognizedEof { .. }
            | ParseError::InvalidToken { .. }
            | ParseError::User { .. } => None,
        };
        self.raised.push(unexpected::describe(&self.site(point, token)));
    }

    fn site(&self, point: Point, token: Option<Token>) -> Site<'_> {
        let at = token.map_or(self.tokens.len(), |token| {
            let first = self.tokens.partition_point(|t| t.start < token.start);
            self.tokens[first..].iter().position(|t| *t == token).map_or(first, |n| first + n)
        });
        Site { text: self.text, tokens: self.tokens, at, point }
    }
}
