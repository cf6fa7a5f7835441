//! Tokens that are no bracket and no line end, and signs that stand for others by mistake.

use super::Filter;
use super::brackets::{Pending, Role};
use crate::errors::mistakes;
use crate::token::{Token, TokenKind};

impl Filter<'_> {
    /// Takes a token, or what was meant by it.
    pub(super) fn plain(&mut self, i: usize) {
        self.note_header(i);
        let token = self.tokens[i];
        if token.kind == TokenKind::Else {
            self.close_branch(token);
        }
        let kind = match token.kind {
            TokenKind::Equal => self.equal(token),
            TokenKind::Arrow | TokenKind::Colon if self.top().role == Role::Arms && self.before_arrow() => {
                self.raised.push(mistakes::arm_arrow(token));
                TokenKind::FatArrow
            }
            TokenKind::FatArrow | TokenKind::Colon if self.before_result_type() => {
                self.raised.push(mistakes::result_arrow(token, self.slice(token)));
                TokenKind::Arrow
            }
            TokenKind::Low if self.is_brace_key(i) => TokenKind::Bad,
            kind => kind,
        };
        self.note_pending(kind);
        self.out.push(Token { kind, ..token });
    }

    fn note_pending(&mut self, kind: TokenKind) {
        self.top().pending = match kind {
            TokenKind::If => Some(Pending::Condition),
            TokenKind::Expect => Some(Pending::Expectation),
            TokenKind::Else => Some(Pending::Otherwise),
            TokenKind::Match => Some(Pending::Scrutinee),
            TokenKind::Comma | TokenKind::FatArrow | TokenKind::Let => None,
            _ => return,
        };
    }

    /// `=`, or what is meant by it: a comparison, the colon of a named argument, a forgotten `let`.
    fn equal(&mut self, token: Token) -> TokenKind {
        let written = self.slice(token);
        if matches!(self.top().pending, Some(Pending::Condition | Pending::Expectation)) {
            self.raised.push(mistakes::equal_for_comparison(token, written));
            return TokenKind::EqualEqual;
        }
        let Some(name) = self.last().filter(|t| t.kind == TokenKind::Low) else { return TokenKind::Equal };
        let before = self.last_but_one().map(|t| t.kind);
        match self.top().role {
            Role::Values if matches!(before, Some(TokenKind::LeftParen | TokenKind::Comma)) => {
                self.raised.push(mistakes::equal_for_colon(token, self.slice(name)));
                TokenKind::Colon
            }
            Role::Block if before.is_some_and(|k| k == TokenKind::Newline || k.opens_block()) => {
                self.raised.push(mistakes::missing_let(name, token, self.slice(name)));
                let at = self.out.len() - 1;
                let word = Token { kind: TokenKind::Let, start: name.start, end: name.start };
                self.out.insert(at, word);
                TokenKind::Equal
            }
            _ => TokenKind::Equal,
        }
    }

    /// Whether a pattern has just been read: its arm has no arrow yet.
    fn before_arrow(&self) -> bool {
        let arm = self.out[self.chunk_start..].iter().rev();
        let mut arm = arm.take_while(|t| {
            !matches!(t.kind, TokenKind::Newline | TokenKind::Comma) && !t.kind.opens_block()
        });
        !arm.any(|t| t.kind == TokenKind::FatArrow)
    }

    /// Whether the parameters of a function's header have just been closed.
    fn before_result_type(&mut self) -> bool {
        self.levels.len() == 1
            && self
                .header
                .is_some_and(|h| !h.body && matches!(h.word.kind, TokenKind::Fn | TokenKind::Action))
            && self.last().is_some_and(|t| t.kind == TokenKind::RightParen)
    }

    /// A bare key of `{k: v}`: a name would be looked up.
    fn is_brace_key(&mut self, i: usize) -> bool {
        self.top().role == Role::BraceMap
            && self.kind_at(i + 1) == Some(TokenKind::Colon)
            && self.last().is_some_and(|t| matches!(t.kind, TokenKind::LeftSquare | TokenKind::Comma))
    }
}
