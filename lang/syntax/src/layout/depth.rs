//! How deep the tree of an item can become, told from its tokens alone: readers of the tree recurse, so a tree that is
//! too deep is never built.

use super::MAX_BRACKETS;
use crate::errors::{Raised, limits};
use crate::token::{Token, TokenKind};

/// An error if it can become deeper than `limit`.
///
/// Adds one for each token that can put the tree before it, or behind it, one level deeper. A separator starts anew on
/// its level of brackets, so the sum over the open levels is never less than the depth of the tree.
pub(super) fn check(tokens: &[Token], limit: usize) -> Option<Raised> {
    let mut levels: Vec<usize> = vec![0];
    let mut sum = 0;
    for token in tokens {
        if sum > limit || levels.len() > MAX_BRACKETS {
            return Some(limits::too_deep(*token));
        }
        match token.kind {
            TokenKind::LeftParen | TokenKind::LeftSquare | TokenKind::LeftBrace | TokenKind::BodyOpen => {
                add(&mut levels, &mut sum);
                levels.push(0);
            }
            TokenKind::RightParen | TokenKind::RightSquare | TokenKind::RightBrace | TokenKind::BodyClose
                if levels.len() > 1 =>
            {
                sum -= levels.pop().unwrap_or(0);
            }
            TokenKind::Comma | TokenKind::Newline => {
                if let Some(top) = levels.last_mut() {
                    sum -= std::mem::take(top);
                }
            }
            kind if deepens(kind) => add(&mut levels, &mut sum),
            _ => {}
        }
    }
    None
}

fn add(levels: &mut [usize], sum: &mut usize) {
    if let Some(top) = levels.last_mut() {
        *top += 1;
        *sum += 1;
    }
}

fn deepens(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        kind,
        Dot | QuestionDot
            | Pipe
            | Coalesce
            | AndAnd
            | OrOr
            | Plus
            | Minus
            | Star
            | Slash
            | Bang
            | EqualEqual
            | NotEqual
            | Less
            | LessEqual
            | Greater
            | GreaterEqual
            | Do
            | Fn
            | If
            | Match
            | Question
            | Arrow
    )
}
