//! A token that does not fit. What was meant is told from the tokens around it and from what was being read; the rules
//! are tried in order, the first that knows a sentence wins.

mod habits;
mod lambdas;
mod missing;
mod places;
mod types;

use super::{Raised, Rank, point, span};
use crate::Span;
use crate::build::Point;
use crate::token::{Token, TokenKind};
use pipe_diagnostics::Diagnostic;

/// Where the grammar stopped.
pub(crate) struct Site<'a> {
    /// The whole file.
    pub(crate) text: &'a str,
    /// The tokens of the item.
    pub(crate) tokens: &'a [Token],
    /// The token that does not fit; behind the last at the end.
    pub(crate) at: usize,
    /// What was being read.
    pub(crate) point: Point,
}

impl Site<'_> {
    fn kind(&self) -> Option<TokenKind> {
        self.tokens.get(self.at).map(|t| t.kind)
    }

    /// The `n`-th token before, from 1 on.
    fn back(&self, n: usize) -> Option<Token> {
        self.at.checked_sub(n).and_then(|i| self.tokens.get(i)).copied()
    }

    fn back_kind(&self, n: usize) -> Option<TokenKind> {
        self.back(n).map(|t| t.kind)
    }

    fn word(&self, token: Token) -> &str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The place of the token, or the end of what is before it when it is a line end or was put in.
    fn place(&self) -> Span {
        match self.tokens.get(self.at) {
            Some(token) if token.kind != TokenKind::Newline && token.end > token.start => span(*token),
            _ => self.end_before(),
        }
    }

    /// The end of the token before.
    fn end_before(&self) -> Span {
        point(self.back(1).map_or(0, |t| t.end))
    }

    /// No white space between the token and the one before.
    fn glued(&self) -> bool {
        self.back(1).zip(self.tokens.get(self.at)).is_some_and(|(before, token)| before.end == token.start)
    }

    /// A line end stands between the token and the one before.
    fn on_new_line(&self) -> bool {
        let range = self.back(1).map_or(0, |t| t.end) as usize..self.place().start as usize;
        self.text.get(range).is_some_and(|between| between.contains('\n'))
    }

    /// A value can end before the token.
    fn behind_value(&self) -> bool {
        self.back_kind(1).is_some_and(|k| {
            k.ends_line() && !matches!(k, TokenKind::Dot | TokenKind::QuestionDot | TokenKind::DotDot)
        })
    }

    /// A comma stands right before the token, so that it begins an element.
    fn glued_comma(&self) -> bool {
        matches!(self.back_kind(1), Some(TokenKind::Comma | TokenKind::LeftSquare))
    }

    /// The innermost bracket that is open.
    fn bracket_around(&self) -> Option<TokenKind> {
        use TokenKind::*;
        let mut closed = 0;
        self.tokens[..self.at].iter().rev().map(|t| t.kind).find(|kind| match kind {
            RightParen | RightSquare | RightBrace | BodyClose => {
                closed += 1;
                false
            }
            LeftParen | LeftSquare | LeftBrace | BodyOpen if closed > 0 => {
                closed -= 1;
                false
            }
            LeftParen | LeftSquare | LeftBrace | BodyOpen => true,
            _ => false,
        })
    }

    /// The innermost bracket that is open is that of a comprehension, which has no `=>`, neither before the token nor behind it.
    fn in_comprehension_without_arrow(&self) -> bool {
        use TokenKind::*;
        let opens = |k| matches!(k, LeftParen | LeftSquare | LeftBrace | BodyOpen);
        let closes = |k| matches!(k, RightParen | RightSquare | RightBrace | BodyClose);
        let mut depth = 0usize;
        let mut has_arrow = false;
        for (i, token) in self.tokens[..self.at].iter().enumerate().rev() {
            match token.kind {
                kind if closes(kind) => depth += 1,
                kind if opens(kind) && depth > 0 => depth -= 1,
                LeftSquare if self.tokens.get(i + 1).is_some_and(|t| t.kind == For) => break,
                kind if opens(kind) => return false,
                FatArrow if depth == 0 => has_arrow = true,
                _ => {}
            }
            if i == 0 {
                return false;
            }
        }
        for token in self.tokens.get(self.at..).unwrap_or_default() {
            match token.kind {
                kind if opens(kind) => depth += 1,
                kind if closes(kind) && depth == 0 => break,
                kind if closes(kind) => depth -= 1,
                FatArrow if depth == 0 => has_arrow = true,
                _ => {}
            }
        }
        !has_arrow
    }

    /// In the header of an item, before its body.
    fn in_header(&self) -> bool {
        let declares = |t: &Token| {
            matches!(t.kind, TokenKind::Fn | TokenKind::Action | TokenKind::Record | TokenKind::Enum)
        };
        let before = &self.tokens[..self.at];
        before.iter().take(2).any(declares) && !before.iter().any(|t| t.kind.opens_block())
    }

    /// The condition of an `if` has just been read: its block does not begin.
    fn in_condition(&self) -> bool {
        let statement = self.tokens[..self.at].iter().rev();
        let mut statement = statement
            .take_while(|t| t.kind != TokenKind::Newline && !t.kind.opens_block() && !t.kind.closes_block());
        statement.any(|t| t.kind == TokenKind::If)
    }

    /// The line, when the statement that is being read is a single line that begins with two words: what a shell would take as a
    /// command.
    fn statement_words(&self) -> Option<String> {
        let first = self.back(1)?;
        let begins = self.back_kind(2).is_none_or(|k| k == TokenKind::Newline || k.opens_block());
        let rest = self.text.get(first.start as usize..)?;
        let line = rest.lines().next()?.trim_end_matches(['}', ' ']);
        let plain = !line.contains(['"', '\\', '`']) && line.chars().count() <= 60;
        (begins && plain).then(|| line.to_owned())
    }

    /// How the token is called in a sentence.
    fn shown(&self) -> String {
        match self.tokens.get(self.at) {
            None => "the end".to_owned(),
            Some(token) if token.kind == TokenKind::Newline => "the end of the line".to_owned(),
            Some(token) => match (token.kind, self.word(*token)) {
                (TokenKind::String, _) => "this text".to_owned(),
                (TokenKind::Script, _) => "this script".to_owned(),
                (_, "") => "the end".to_owned(),
                (_, word) => format!("`{word}`"),
            },
        }
    }
}

type Rule = fn(&Site<'_>) -> Option<Diagnostic<Span>>;

/// From the most special to the most general.
const RULES: [Rule; 39] = [
    habits::script_hole_in_text,
    habits::macro_call,
    lambdas::lambda_word,
    habits::comprehension_arrow,
    lambdas::lambda,
    types::bracketed_type,
    habits::single_bar,
    habits::rest_of_list,
    habits::foreign_infix,
    habits::ternary,
    habits::index,
    types::angle_brackets,
    habits::chained_comparison,
    habits::unequal,
    habits::arrow_member,
    habits::power,
    habits::increment,
    habits::loop_statement,
    habits::comprehension_order,
    habits::foreign_statement,
    habits::spaced_unit,
    habits::string_prefix,
    habits::trailing_block,
    habits::bare_pipe,
    habits::mutable_let,
    places::keyword_as_name,
    places::item_in_block,
    places::lonely_else,
    types::small_type,
    missing::colon,
    missing::equal,
    missing::inner_quote,
    missing::comma,
    missing::member,
    missing::by_point,
    missing::operand,
    missing::operator,
    places::nameless,
    places::header,
];

/// The sentence for a token that does not fit.
pub(crate) fn describe(site: &Site<'_>) -> Raised {
    let diagnostic = RULES.iter().find_map(|rule| rule(site)).unwrap_or_else(|| places::general(site));
    Raised::new(Rank::Grammar, diagnostic)
}

/// Text that does not begin with an item's word.
pub(crate) fn junk(text: &str, tokens: &[Token]) -> Raised {
    let site = Site { text, tokens, at: 0, point: Point::Item };
    Raised::new(Rank::Grammar, places::outside_items(&site))
}
