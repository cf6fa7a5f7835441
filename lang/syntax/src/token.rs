//! Kinds of tokens, and how each is spelled.

use crate::lexer::quoted::{self, Issue};
use logos::{Lexer, Logos};

/// A token: its kind and its absolute place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// Which token.
    pub(crate) kind: TokenKind,
    /// First byte in the file.
    pub(crate) start: u32,
    /// One past the last byte. Equal to `start` for a token that was put in to repair something.
    pub(crate) end: u32,
}

/// Kinds of tokens. The soft keywords are lexed as keywords and turned into [`TokenKind::Low`] where their
/// neighbourhood says that they are names (see `layout::soft`).
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[logos(skip r"[ \t\r\u{FEFF}]+", extras = Vec<Issue>)]
pub(crate) enum TokenKind {
    #[token("\n")]
    Newline,
    #[regex(r"#[^\n]*", allow_greedy = true)]
    Comment,
    /// `// …` and `/* … */`: comments of other languages, reported.
    #[regex(r"//[^\n]*", allow_greedy = true)]
    #[token("/*", foreign_comment)]
    ForeignComment,

    #[token("use")]
    Use,
    #[token("param")]
    Param,
    #[token("action")]
    Action,
    #[token("test")]
    Test,
    #[token("opaque")]
    Opaque,
    #[token("with")]
    With,
    #[token("as")]
    As,
    #[token("gate")]
    Gate,
    #[token("expect")]
    Expect,

    #[token("pub")]
    Pub,
    #[token("fn")]
    Fn,
    #[token("let")]
    Let,
    #[token("record")]
    Record,
    #[token("enum")]
    Enum,
    #[token("if")]
    If,
    #[token("else")]
    Else,
    #[token("match")]
    Match,
    #[token("for")]
    For,
    #[token("in")]
    In,
    #[token("do")]
    Do,
    #[token("true")]
    True,
    #[token("false")]
    False,
    #[token("none")]
    None,

    #[token("(")]
    LeftParen,
    #[token(")")]
    RightParen,
    #[token("[")]
    LeftSquare,
    #[token("]")]
    RightSquare,
    #[token("{")]
    LeftBrace,
    #[token("}")]
    RightBrace,
    /// The brace that opens the body of an item: a name of its own, so that what is broken inside a body is never mended
    /// by taking an inner brace for the body's.
    BodyOpen,
    /// The brace that closes the body of an item.
    BodyClose,
    #[token(",")]
    Comma,
    #[token(";")]
    Semicolon,
    #[token(":")]
    Colon,
    #[token("..")]
    #[token("...", priority = 3)]
    DotDot,
    #[token(".")]
    Dot,
    #[token("?.")]
    QuestionDot,
    #[token("??")]
    #[token("?:", priority = 3)]
    Coalesce,
    #[token("?")]
    Question,
    #[token("|>")]
    Pipe,
    #[token("|")]
    Bar,
    #[token("->")]
    Arrow,
    #[token("=>")]
    FatArrow,
    #[token("==")]
    #[token("===")]
    EqualEqual,
    #[token("!=")]
    #[token("!==")]
    NotEqual,
    #[token("<=")]
    LessEqual,
    #[token(">=")]
    GreaterEqual,
    #[token("<")]
    Less,
    #[token(">")]
    Greater,
    #[token("=")]
    #[token(":=")]
    Equal,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("!")]
    Bang,
    #[token("&&")]
    AndAnd,
    #[token("||")]
    OrOr,

    /// A name that begins with a lower-case letter: values, functions, modules, fields. Capital letters inside are
    /// accepted here and reported where the name is declared.
    #[regex(r"[a-z][A-Za-z0-9_]*")]
    #[regex(r"_[A-Za-z0-9_]+")]
    Low,
    /// A name that begins with a capital letter: types and variants.
    #[regex(r"[A-Z][A-Za-z0-9_]*")]
    Up,
    #[token("_")]
    Underscore,
    /// A number with whatever letters are glued to it; `build::number` reads the unit.
    #[regex(r"[0-9][0-9_]*(\.[0-9][0-9_]*)?[A-Za-z][A-Za-z0-9_]*")]
    #[regex(r"[0-9][0-9_]*(\.[0-9][0-9_]*)?")]
    Number,
    /// A string with its quotes and holes.
    #[token("\"", |lex| string(lex, false, false))]
    #[token("\"\"\"", |lex| string(lex, true, false))]
    String,
    /// A script with its shell's name, quotes and holes.
    #[token("sh\"", |lex| string(lex, false, true))]
    #[token("sh\"\"\"", |lex| string(lex, true, true))]
    #[token("bash\"", |lex| string(lex, false, true))]
    #[token("bash\"\"\"", |lex| string(lex, true, true))]
    Script,
    /// `'…'`, `“…”`, `` `…` ``: strings of other languages, reported; without their other end only the mark.
    #[regex(r"'[^'\n]*'?")]
    #[regex("`[^`\n]*`?")]
    #[regex("[\u{201c}\u{201d}\u{201e}][^\u{201c}\u{201d}\"\n]*[\u{201c}\u{201d}\"]?")]
    #[regex("[\u{2018}\u{2019}][^\u{2018}\u{2019}'\n]*[\u{2018}\u{2019}']?")]
    ForeignString,
    /// A character that no token begins with, or a word in letters outside ASCII; reported.
    #[regex(r"[\p{L}--[A-Za-z]][\p{L}\p{N}_]*")]
    #[regex(r"[a-zA-Z_][A-Za-z0-9_]*[\p{L}--[A-Za-z]][\p{L}\p{N}_]*")]
    Bad,
}

impl TokenKind {
    /// An operand can end with it: what follows is no prefix.
    pub(crate) fn ends_operand(self) -> bool {
        use TokenKind::*;
        matches!(
            self,
            Low | Up
                | Number
                | String
                | Script
                | ForeignString
                | True
                | False
                | None
                | Bad
                | RightParen
                | RightSquare
                | RightBrace
                | BodyClose
        )
    }

    /// An expression or a type can end with it, so a line can end after it.
    pub(crate) fn ends_line(self) -> bool {
        use TokenKind::*;
        self.ends_operand() || matches!(self, Underscore | Question | Dot | QuestionDot | DotDot)
    }

    /// It can only go on what the line before began.
    pub(crate) fn continues_line(self) -> bool {
        use TokenKind::*;
        matches!(
            self,
            Dot | QuestionDot
                | Pipe
                | Bar
                | Coalesce
                | AndAnd
                | OrOr
                | Plus
                | Star
                | Slash
                | EqualEqual
                | NotEqual
                | Less
                | LessEqual
                | Greater
                | GreaterEqual
                | Else
                | Arrow
                | FatArrow
                | Equal
                | Comma
                | Colon
                | LeftBrace
                | RightBrace
                | RightParen
                | RightSquare
                | In
                | As
                | With
        )
    }

    /// `{`.
    pub(crate) fn opens_block(self) -> bool {
        matches!(self, TokenKind::LeftBrace | TokenKind::BodyOpen)
    }

    /// `}`.
    pub(crate) fn closes_block(self) -> bool {
        matches!(self, TokenKind::RightBrace | TokenKind::BodyClose)
    }

    /// An expression can begin with it.
    pub(crate) fn begins_expression(self) -> bool {
        use TokenKind::*;
        matches!(
            self,
            Low | Up
                | Number
                | String
                | Script
                | ForeignString
                | True
                | False
                | None
                | LeftParen
                | LeftSquare
                | Bang
                | Minus
                | If
                | Match
                | Do
                | Fn
        ) || self.is_soft()
    }

    /// One of the words that are keywords in their place only.
    pub(crate) fn is_soft(self) -> bool {
        use TokenKind::*;
        matches!(self, Use | Param | Action | Test | Opaque | With | As | Gate | Expect)
    }

    /// One of the words that are never names.
    pub(crate) fn is_hard_keyword(self) -> bool {
        use TokenKind::*;
        matches!(
            self,
            Pub | Fn | Let | Record | Enum | If | Else | Match | For | In | Do | True | False | None
        )
    }

    /// Read as a name, a soft keyword included.
    pub(crate) fn is_name(self) -> bool {
        self == TokenKind::Low || self.is_soft()
    }
}

fn string(lex: &mut Lexer<'_, TokenKind>, triple: bool, script: bool) {
    let start = lex.span().start;
    let (len, issue) = quoted::scan(lex.remainder(), quoted::Quote { triple, script });
    lex.bump(len);
    if let Some(kind) = issue {
        lex.extras.push(Issue { at: start as u32, kind });
    }
}

fn foreign_comment(lex: &mut Lexer<'_, TokenKind>) {
    let rest = lex.remainder();
    let len = rest.find("*/").map(|i| i + 2).or_else(|| rest.find('\n')).unwrap_or(rest.len());
    lex.bump(len);
}
