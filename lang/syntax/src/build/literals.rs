//! String and script literals: their text is cooked, their holes are parsed.

use super::Builder;
use super::cook::{self, Flaw, Piece};
use crate::ast::{Expr, ScriptLit, ScriptPart, Shell, StrLit, StrPart, TextPart};
use crate::errors::{limits, literals};
use crate::lexer::quoted::Quote;
use crate::parse;
use crate::script::{self, Fragment};
use crate::{Nested, Span};

/// How many literals may stand in holes of one another.
const MAX_HOLES: usize = 4;

impl Builder<'_> {
    pub(crate) fn string(&mut self, l: u32, r: u32) -> StrLit {
        let span = Span { start: l, end: r };
        let text = self.slice(l, r);
        if !text.starts_with('"') {
            return StrLit { parts: foreign(text, l).into(), triple: false, span };
        }
        let triple = text.starts_with("\"\"\"");
        let pieces = self.pieces(l, r, 0, Quote { triple, script: false });
        let part = |b: &mut Self, piece| match piece {
            Piece::Text(text) => StrPart::Text(text),
            Piece::Hole { span, inner } => StrPart::Hole { expr: Nested::new(b.hole(span, inner)), span },
        };
        let parts = pieces.into_iter().map(|piece| part(self, piece)).collect();
        StrLit { parts, triple, span }
    }

    pub(crate) fn script(&mut self, l: u32, r: u32) -> ScriptLit {
        let text = self.slice(l, r);
        let shell = if text.starts_with("bash") { Shell::Bash } else { Shell::Sh };
        let prefix = if shell == Shell::Bash { 4 } else { 2 };
        let triple = text[prefix..].starts_with("\"\"\"");
        let pieces = self.pieces(l, r, prefix, Quote { triple, script: true });
        let fragments = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Fragment::Text(&text.cooked),
            Piece::Hole { .. } => Fragment::Hole,
        });
        let mut positions = script::hole_positions(shell, fragments).into_iter();
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            parts.push(match piece {
                Piece::Text(text) => ScriptPart::Text(text),
                Piece::Hole { span, inner } => ScriptPart::Hole {
                    expr: Nested::new(self.hole(span, inner)),
                    position: positions.next().unwrap_or(script::UNKNOWN),
                    span,
                },
            });
        }
        ScriptLit { shell, parts: parts.into(), triple, span: Span { start: l, end: r } }
    }

    /// The pieces of a literal, `prefix` bytes of which stand before its quotes.
    fn pieces(&mut self, l: u32, r: u32, prefix: usize, quote: Quote) -> Vec<Piece> {
        let quotes = if quote.triple { 3 } else { 1 };
        let text = self.slice(l, r);
        let open = prefix + quotes;
        let body = text.get(open..).unwrap_or_default();
        let closed = !quote.triple && body.ends_with('"') || quote.triple && body.ends_with("\"\"\"");
        let body = if closed { &body[..body.len() - quotes] } else { body };
        let (pieces, flaws) = cook::cook(body, l + open as u32, quote);
        for flaw in flaws {
            let error = match flaw {
                Flaw::Escape(span) => {
                    literals::bad_escape(self.absolute(span), self.slice(span.start, span.end))
                }
                Flaw::CodePoint(span) => {
                    literals::bad_code_point(self.absolute(span), self.slice(span.start, span.end))
                }
                Flaw::UnclosedHole(span) => literals::unclosed_hole(self.absolute(span), quote.script),
            };
            self.raised.push(error);
        }
        pieces
    }

    /// The expression of a hole.
    fn hole(&mut self, span: Span, inner: Span) -> Expr {
        let place = self.absolute(span);
        if self.slice(inner.start, inner.end).trim().is_empty() {
            self.raised.push(literals::empty_hole(place));
            return super::nodes::error_expr(inner.start, inner.end);
        }
        if self.holes >= MAX_HOLES {
            self.raised.push(limits::nested_holes(place));
            return super::nodes::error_expr(inner.start, inner.end);
        }
        let range = self.absolute(inner).range();
        let (expr, raised) = parse::expression_at(self.source(), range, self.base, self.holes + 1);
        self.raised.extend(raised);
        expr
    }
}

/// A string in the quotes of another language (reported): its text as it stands.
fn foreign(text: &str, start: u32) -> Vec<StrPart> {
    let skip = text.chars().next().map_or(0, char::len_utf8);
    let inner = &text[skip..];
    let last = inner.chars().last().filter(|c| "'`\"\u{201c}\u{201d}\u{2018}\u{2019}".contains(*c));
    let inner = &inner[..inner.len() - last.map_or(0, char::len_utf8)];
    let begin = start + skip as u32;
    let span = Span { start: begin, end: begin + inner.len() as u32 };
    match inner.is_empty() {
        true => Vec::new(),
        false => vec![StrPart::Text(TextPart { cooked: inner.into(), span, map: Box::default() })],
    }
}
