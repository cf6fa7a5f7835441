//! From text to tokens; comments and blank lines go aside.

pub(crate) mod quoted;
mod trivia;

pub(crate) use trivia::Docs;

use crate::Span;
use crate::ast::Trivia;
use crate::token::{Token, TokenKind};
use logos::Logos;
use quoted::Issue;
use std::ops::Range;

/// What the lexer finds in a piece of a file. All places are absolute.
pub(crate) struct Lexed {
    /// Tokens and newlines in order, without comments.
    pub(crate) tokens: Vec<Token>,
    /// Literals without a proper end.
    pub(crate) issues: Vec<Issue>,
    /// Comments in the syntax of other languages.
    pub(crate) foreign_comments: Vec<Span>,
    /// Comments and blank lines.
    pub(crate) trivia: Vec<Trivia>,
    /// Doc comments by what they stand above.
    pub(crate) docs: Docs,
}

/// Lexes `text[range]`. Characters that no token begins with become [`TokenKind::Bad`], a run of them one token.
pub(crate) fn lex(text: &str, range: Range<usize>) -> Lexed {
    let base = range.start as u32;
    let mut lexer = TokenKind::lexer(&text[range]);
    let mut tokens: Vec<Token> = Vec::with_capacity(lexer.source().len() / 4);
    let mut foreign_comments = Vec::new();
    let mut trivia = trivia::Collector::new(text);
    while let Some(kind) = lexer.next() {
        let place = lexer.span();
        let (start, end) = (place.start as u32 + base, place.end as u32 + base);
        let kind = kind.unwrap_or(TokenKind::Bad);
        match kind {
            TokenKind::Comment => {
                trivia.comment(start, end);
                continue;
            }
            TokenKind::ForeignComment => {
                foreign_comments.push(Span { start, end });
                continue;
            }
            TokenKind::Newline => trivia.newline(start),
            _ => trivia.token(start),
        }
        match tokens.last_mut() {
            Some(last) if kind == TokenKind::Bad && last.kind == kind && last.end == start => last.end = end,
            _ => tokens.push(Token { kind, start, end }),
        }
    }
    let issues = lexer.extras.iter().map(|issue| Issue { at: issue.at + base, ..*issue }).collect();
    let (trivia, docs) = trivia.finish();
    Lexed { tokens, issues, foreign_comments, trivia, docs }
}
