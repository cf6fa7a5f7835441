//! Words and signs of other languages. Each is reported and read as what was meant.

use crate::errors::{Raised, mistakes};
use crate::token::{Token, TokenKind};

/// A copy of the tokens in which words of other languages are ours.
pub(super) fn mend(text: &str, tokens: &[Token], raised: &mut Vec<Raised>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for (i, &token) in tokens.iter().enumerate() {
        let word = text.get(token.start as usize..token.end as usize).unwrap_or_default();
        let near = Near { text, before: &out, after: tokens.get(i + 1).copied() };
        match token.kind {
            TokenKind::Low => name(token, word, &near).apply(token, word, &mut out, raised),
            _ => {
                if let Some(error) = sign(token, word) {
                    raised.push(error);
                }
                let kind =
                    if token.kind == TokenKind::ForeignString { TokenKind::String } else { token.kind };
                out.push(Token { kind, ..token });
            }
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
    /// `return`: nothing stands for it.
    Drop,
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
            Mend::Drop => raised.push(mistakes::return_word(token)),
        }
    }
}

/// What stands around a word.
struct Near<'a> {
    text: &'a str,
    before: &'a [Token],
    after: Option<Token>,
}

impl Near<'_> {
    fn before(&self) -> Option<TokenKind> {
        self.before.last().map(|t| t.kind)
    }

    fn statement_start(&self) -> bool {
        matches!(self.before(), None | Some(TokenKind::Newline | TokenKind::LeftBrace | TokenKind::Semicolon))
    }

    fn item_start(&self) -> bool {
        self.statement_start() || self.before() == Some(TokenKind::Pub)
    }

    fn before_name(&self) -> bool {
        self.after.is_some_and(|t| t.kind.is_name() || t.kind == TokenKind::Up)
    }

    fn before_value(&self) -> bool {
        self.after.is_some_and(|t| t.kind.begins_expression())
    }

    /// The next token is a name or a literal, so that the word before it can be no name itself.
    fn before_operand(&self) -> bool {
        let open = |k| matches!(k, TokenKind::LeftParen | TokenKind::LeftSquare | TokenKind::Minus);
        self.before_value() && !self.after.is_some_and(|t| open(t.kind))
    }

    fn behind_value(&self) -> bool {
        self.before().is_some_and(|k| k.ends_line() && !matches!(k, TokenKind::Dot | TokenKind::QuestionDot))
    }

    fn next_word(&self) -> &str {
        self.after.and_then(|t| self.text.get(t.start as usize..t.end as usize)).unwrap_or_default()
    }
}

fn name(_: Token, word: &str, near: &Near<'_>) -> Mend {
    use TokenKind as T;
    match word {
        "func" | "def" | "function" | "fun" | "proc" if near.item_start() && near.before_name() => {
            Mend::Replace(T::Fn, "fn")
        }
        "struct" | "class" | "data" | "interface" if near.item_start() && near.before_name() => {
            Mend::Replace(T::Record, "record")
        }
        "import" | "require" | "include"
            if near.item_start()
                && (near.before_name() || near.after.is_some_and(|t| t.kind == T::String)) =>
        {
            Mend::Replace(T::Use, "use")
        }
        "export" | "public" if near.statement_start() && begins_declaration(near) => {
            Mend::Replace(T::Pub, "pub")
        }
        "const" | "var" | "val" | "final" if near.item_start() && near.before_name() => {
            Mend::Replace(T::Let, "let")
        }
        "return" if near.statement_start() && near.before_value() => Mend::Drop,
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
    const WORDS: [&str; 5] = ["func", "def", "function", "const", "struct"];
    near.after.is_some_and(|t| {
        matches!(
            t.kind,
            TokenKind::Fn | TokenKind::Action | TokenKind::Let | TokenKind::Record | TokenKind::Enum
        ) || WORDS.contains(&near.next_word())
    })
}

/// Signs that mean something elsewhere.
fn sign(token: Token, written: &str) -> Option<Raised> {
    match token.kind {
        TokenKind::EqualEqual if written == "===" => Some(mistakes::foreign_sign(token, written, "==")),
        TokenKind::NotEqual if written == "!==" => Some(mistakes::foreign_sign(token, written, "!=")),
        TokenKind::Coalesce if written == "?:" => Some(mistakes::foreign_sign(token, written, "??")),
        TokenKind::DotDot if written == "..." => Some(mistakes::foreign_sign(token, written, "..")),
        TokenKind::ForeignString => Some(mistakes::foreign_string(token, written)),
        TokenKind::Bad => Some(mistakes::unknown_character(token, written)),
        _ => None,
    }
}
