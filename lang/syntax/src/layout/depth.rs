//! How deep the tree of an item can become, told from its tokens alone: readers of the tree recurse, so a tree that is
//! too deep is never built.
//!
//! A chain of operations (`a.b().c()`, `a + b + c`, `a |> f() |> g()`) is a tree as well that is as deep as the chain is
//! long, but nothing nests for who reads it: it may have many more links than a nest may have levels.

use super::{MAX_BRACKETS, MAX_LINKS};
use crate::errors::{Raised, limits};
use crate::token::{Token, TokenKind};

/// How deep a part of the tree can be.
#[derive(Clone, Copy, Default)]
struct Depth {
    /// Levels that lie inside what is written around them.
    nests: usize,
    /// Levels that lie before an operation of a chain.
    links: usize,
}

impl Depth {
    fn or(self, other: Depth) -> Depth {
        Depth { nests: self.nests.max(other.nests), links: self.links.max(other.links) }
    }
}

/// What stands between two brackets.
#[derive(Clone, Copy, Default)]
struct Level {
    /// The bracket that opened it begins the arguments of what stands before.
    called: bool,
    /// What stands between other separators.
    before: Depth,
    /// The operands before the one that is being read, since the last separator.
    operands: Depth,
    /// The closed brackets of the operand that is being read.
    brackets: Depth,
    /// `!`, `-` and `do` before it.
    prefixes: usize,
    /// What the tokens add since the last separator.
    own: Depth,
}

impl Level {
    /// The operand that is being read.
    fn operand(&self) -> Depth {
        Depth { nests: self.prefixes + self.brackets.nests, links: self.brackets.links }
    }

    /// What stands since the last separator: every operand may be inside of all that the tokens add.
    fn current(&self) -> Depth {
        let operands = self.operands.or(self.operand());
        Depth { nests: self.own.nests + operands.nests, links: self.own.links + operands.links }
    }

    fn separate(&mut self) {
        let before = self.before.or(self.current());
        *self = Level { called: self.called, before, ..Level::default() };
    }

    /// A bracket was closed.
    fn contain(&mut self, closed: &Level) {
        let Depth { nests, links } = closed.before.or(closed.current());
        // The arguments of a call are counted as its link.
        let nests = if closed.called { nests } else { nests + 1 };
        self.brackets = self.brackets.or(Depth { nests, links });
    }

    fn token(&mut self, meaning: Meaning) {
        match meaning {
            Meaning::Prefix => self.prefixes += 1,
            Meaning::Nest => self.own.nests += 1,
            Meaning::Link => self.own.links += 1,
            Meaning::Infix { nests } => {
                self.operands = self.operands.or(self.operand());
                (self.prefixes, self.brackets) = (0, Depth::default());
                match nests {
                    true => self.own.nests += 1,
                    false => self.own.links += 1,
                }
            }
        }
    }
}

/// How a token makes the tree deeper.
#[derive(Clone, Copy)]
enum Meaning {
    /// What follows lies inside, up to the next infix operator.
    Prefix,
    /// What follows lies inside.
    Nest,
    /// What stands before lies inside.
    Link,
    /// An operator between two operands. The one that follows lies inside when it `nests`, else what stands before.
    Infix { nests: bool },
}

/// An error if it can nest deeper than `limit`, or have a longer chain than [`MAX_LINKS`]: nowhere is its tree deeper than
/// both together. What stands in the holes of literals is counted for itself.
pub(super) fn check(tokens: &[Token], limit: usize) -> Option<Raised> {
    let mut levels: Vec<Level> = Vec::new();
    let mut level = Level::default();
    let mut before = None;
    for token in tokens {
        match token.kind {
            TokenKind::LeftParen | TokenKind::LeftSquare | TokenKind::LeftBrace | TokenKind::BodyOpen => {
                let called =
                    token.kind == TokenKind::LeftParen && before.is_some_and(TokenKind::ends_operand);
                if called {
                    level.token(Meaning::Link);
                }
                levels.push(std::mem::replace(&mut level, Level { called, ..Level::default() }));
            }
            TokenKind::RightParen | TokenKind::RightSquare | TokenKind::RightBrace | TokenKind::BodyClose => {
                if let Some(outer) = levels.pop() {
                    let closed = std::mem::replace(&mut level, outer);
                    level.contain(&closed);
                }
            }
            TokenKind::Comma | TokenKind::Newline => level.separate(),
            kind => {
                if let Some(meaning) = meaning(before, kind) {
                    level.token(meaning);
                }
            }
        }
        let Depth { nests, links } = level.current();
        if nests > limit || levels.len() >= MAX_BRACKETS {
            return Some(limits::too_deep(*token));
        }
        if links > MAX_LINKS {
            return Some(limits::too_long(*token));
        }
        before = Some(token.kind);
    }
    None
}

fn meaning(before: Option<TokenKind>, kind: TokenKind) -> Option<Meaning> {
    use TokenKind::*;
    Some(match kind {
        Minus if !before.is_some_and(TokenKind::ends_operand) => Meaning::Prefix,
        Bang | Do => Meaning::Prefix,
        Dot | QuestionDot | Pipe => Meaning::Link,
        AndAnd | OrOr | Plus | Minus | Star | Slash | EqualEqual | NotEqual | Less | LessEqual | Greater
        | GreaterEqual => Meaning::Infix { nests: false },
        // `a ?? b ?? c` is `a ?? (b ?? c)`.
        Coalesce => Meaning::Infix { nests: true },
        Fn | If | Match | Question | Arrow => Meaning::Nest,
        _ => return Option::None,
    })
}
