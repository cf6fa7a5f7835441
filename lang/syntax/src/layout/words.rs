//! Words of other languages. Each is reported and read as what was meant.

use super::signs;
use crate::Span;
use crate::errors::{Raised, mistakes};
use crate::token::{Token, TokenKind};

/// A copy of the tokens in which words of other languages are ours.
pub(super) fn mend(text: &str, tokens: &[Token], raised: &mut Vec<Raised>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut skip = 0;
    for (i, &token) in tokens.iter().enumerate() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        let word = text.get(token.start as usize..token.end as usize).unwrap_or_default();
        let near = Near { text, before: &out, rest: &tokens[i + 1..] };
        match token.kind {
            TokenKind::Low => name(token, word, &near).apply(token, word, &mut out, raised),
            TokenKind::Else if matches!(near.next(), Some(TokenKind::FatArrow | TokenKind::Arrow)) => {
                raised.push(mistakes::else_arm(token));
                out.push(Token { kind: TokenKind::Underscore, ..token });
            }
            _ => match signs::mend(token, word, &near) {
                Some(mended) => {
                    raised.push(mended.error);
                    skip = mended.skip;
                    out.extend(mended.instead);
                }
                None => out.push(token),
            },
        }
    }
    out
}

/// What is done with a word.
enum Mend {
    Keep,
    /// It stands for one of our keywords, written so.
    Replace(TokenKind, &'static str),
    /// `elif`.
    ElseIf,
    /// Nothing stands for it.
    Drop(Raised),
}

impl Mend {
    fn apply(self, token: Token, word: &str, out: &mut Vec<Token>, raised: &mut Vec<Raised>) {
        match self {
            Mend::Keep => out.push(token),
            Mend::Replace(kind, ours) => {
                raised.push(mistakes::foreign_word(token, word, ours));
                out.push(Token { kind, ..token });
            }
            Mend::ElseIf => {
                raised.push(mistakes::foreign_word(token, word, "else if"));
                out.push(Token { kind: TokenKind::Else, ..token });
                out.push(Token { kind: TokenKind::If, start: token.end, end: token.end });
            }
            Mend::Drop(error) => raised.push(error),
        }
    }
}

/// What stands around a token.
pub(super) struct Near<'a> {
    pub(super) text: &'a str,
    before: &'a [Token],
    pub(super) rest: &'a [Token],
}

impl Near<'_> {
    pub(super) fn before(&self) -> Option<TokenKind> {
        self.before.last().map(|t| t.kind)
    }

    /// The token before.
    pub(super) fn last(&self) -> Option<Token> {
        self.before.last().copied()
    }

    /// The kind of the token behind.
    pub(super) fn next(&self) -> Option<TokenKind> {
        self.rest.first().map(|t| t.kind)
    }

    /// A token as it is written.
    pub(super) fn word(&self, token: Token) -> &str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// From the token to the one behind it.
    fn gap(&self, token: Token) -> Span {
        Span { start: token.start, end: self.rest.first().map_or(token.end, |next| next.start) }
    }

    fn statement_start(&self) -> bool {
        matches!(self.before(), None | Some(TokenKind::Newline | TokenKind::LeftBrace | TokenKind::Semicolon))
    }

    fn item_start(&self) -> bool {
        self.statement_start() || self.before() == Some(TokenKind::Pub)
    }

    fn before_name(&self) -> bool {
        self.next().is_some_and(|k| k.is_name() || k == TokenKind::Up)
    }

    fn before_value(&self) -> bool {
        self.next().is_some_and(TokenKind::begins_expression)
    }

    /// The next token is a name or a literal, so that the word before it can be no name itself.
    fn before_operand(&self) -> bool {
        let open = |k| matches!(k, TokenKind::LeftParen | TokenKind::LeftSquare | TokenKind::Minus);
        self.before_value() && !self.next().is_some_and(open)
    }

    pub(super) fn behind_value(&self) -> bool {
        self.before().is_some_and(|k| k.ends_line() && !matches!(k, TokenKind::Dot | TokenKind::QuestionDot))
    }

    fn next_word(&self) -> &str {
        self.rest.first().map_or("", |t| self.word(*t))
    }

    /// The word begins an arm: an arrow follows on its line, before any block.
    fn begins_arm(&self) -> bool {
        let line =
            self.rest.iter().take(64).take_while(|t| {
                !matches!(t.kind, TokenKind::Newline | TokenKind::LeftBrace | TokenKind::Comma)
            });
        line.into_iter().any(|t| matches!(t.kind, TokenKind::FatArrow | TokenKind::Arrow | TokenKind::Colon))
    }

    /// What begins behind the token is the last statement of its item: only closing braces follow.
    fn ends_item(&self) -> bool {
        let mut depth = 0_usize;
        let mut over = false;
        for (i, token) in self.rest.iter().enumerate().take(4096) {
            let goes_on = || self.rest.get(i + 1).is_some_and(|next| next.kind.continues_line());
            match token.kind {
                TokenKind::LeftBrace | TokenKind::LeftParen | TokenKind::LeftSquare if !over => depth += 1,
                TokenKind::RightBrace if depth == 0 => over = true,
                TokenKind::RightBrace | TokenKind::RightParen | TokenKind::RightSquare if !over => {
                    depth = depth.saturating_sub(1);
                }
                TokenKind::Newline if depth == 0 && !over => {
                    let closes = self.rest.get(i + 1).is_some_and(|t| t.kind == TokenKind::RightBrace);
                    over = closes || !goes_on();
                }
                TokenKind::Newline | TokenKind::Semicolon => {}
                // Something stands behind it; unless the item has ended, it is a statement.
                _ if over => {
                    return token.start == 0
                        || self.text.as_bytes().get(token.start as usize - 1) == Some(&b'\n');
                }
                _ => {}
            }
        }
        self.rest.len() < 4096
    }
}

fn name(token: Token, word: &str, near: &Near<'_>) -> Mend {
    use TokenKind as T;
    match word {
        "func" | "def" | "function" | "fun" | "proc" if near.item_start() && near.before_name() => {
            Mend::Replace(T::Fn, "fn")
        }
        "struct" | "class" | "data" | "interface" if near.item_start() && near.before_name() => {
            Mend::Replace(T::Record, "record")
        }
        "import" | "require" | "include"
            if near.item_start() && (near.before_name() || near.next() == Some(T::String)) =>
        {
            Mend::Replace(T::Use, "use")
        }
        "export" | "public" if near.statement_start() && begins_declaration(near) => {
            Mend::Replace(T::Pub, "pub")
        }
        "const" | "var" | "val" | "final" if near.item_start() && near.before_name() => {
            Mend::Replace(T::Let, "let")
        }
        "return" if near.statement_start() && near.before_value() => {
            Mend::Drop(mistakes::return_word(token, near.gap(token), near.ends_item()))
        }
        "async"
            if near.item_start()
                && matches!(near.next_word(), "fn" | "action" | "func" | "function" | "def") =>
        {
            Mend::Drop(mistakes::async_word(token, near.gap(token)))
        }
        "case" if near.statement_start() && near.begins_arm() => {
            Mend::Drop(mistakes::case_word(token, near.gap(token)))
        }
        "await" | "yield" if near.before_operand() => Mend::Replace(T::Do, "do"),
        "switch" | "case" | "when" if near.before_operand() => Mend::Replace(T::Match, "match"),
        "elif" | "elsif" | "elseif" if near.before() == Some(T::RightBrace) => Mend::ElseIf,
        "and" if near.behind_value() && near.before_value() => Mend::Replace(T::AndAnd, "&&"),
        "or" if near.behind_value() && near.before_value() => Mend::Replace(T::OrOr, "||"),
        "not" if near.before_operand() => Mend::Replace(T::Bang, "!"),
        _ => Mend::Keep,
    }
}

fn begins_declaration(near: &Near<'_>) -> bool {
    const WORDS: [&str; 6] = ["func", "def", "function", "const", "struct", "async"];
    near.next().is_some_and(|kind| {
        matches!(
            kind,
            TokenKind::Fn | TokenKind::Action | TokenKind::Let | TokenKind::Record | TokenKind::Enum
        ) || WORDS.contains(&near.next_word())
    })
}
