//! Line ends: which of them end a statement, an item, or nothing.

use super::{ChunkKind, Filter, Header, Mode, soft};
use crate::errors::{brackets as sentences, mistakes};
use crate::layout::brackets::Role;
use crate::token::TokenKind;

impl Filter<'_> {
    /// An item's word in the first column closes all that is open, so that a missing bracket ends there.
    pub(super) fn margin(&mut self, i: usize) {
        let after_pub = self.last().is_some_and(|t| t.kind == TokenKind::Pub);
        if self.indent > 0 || !self.begins_item(i) || after_pub {
            return;
        }
        let statement = self.tokens[i].kind == TokenKind::Let;
        // `let` also stands in blocks, even in ones that nobody indented.
        if statement && self.levels.iter().any(|l| l.role == Role::Block && l.column.is_none_or(|c| c == 0)) {
            return;
        }
        self.end_chunk();
    }

    /// Whether the token begins an item, if it is the first of its line.
    pub(super) fn begins_item(&self, i: usize) -> bool {
        let next = self.kind_at(i + 1);
        match self.tokens[i].kind {
            TokenKind::Let => true,
            TokenKind::Fn => next != Some(TokenKind::LeftParen),
            kind => soft::is_item_word(kind) && next != Some(TokenKind::Colon),
        }
    }

    /// Whether the token can only begin a statement or an item.
    fn begins_statement(&self, i: usize) -> bool {
        matches!(self.kind_at(i), Some(TokenKind::Gate | TokenKind::Expect))
            || (i < self.tokens.len() && self.begins_item(i))
    }

    /// The line end (or `;`) at `i`.
    pub(super) fn newline(&mut self, i: usize) {
        let Some(next) = self.kind_at(i + 1) else { return };
        let statement = self.begins_statement(i + 1);
        if self.top().is_round() {
            if self.levels.len() == 1 || !(statement || self.leaves_bracket(i)) {
                return;
            }
            self.close_round();
        }
        if self.opens_without_brace(i) {
            return;
        }
        let Some(last) = self.last() else { return };
        if last.kind.opens_block() || matches!(last.kind, TokenKind::Newline | TokenKind::Pub) {
            return;
        }
        if !statement && (!last.kind.ends_line() || next.continues_line()) {
            return;
        }
        self.top().pending = None;
        if self.levels.len() > 1 {
            self.insert_newline(i);
        } else if self.mode == Mode::Module {
            self.outer_newline(i);
        }
    }

    /// Whether the line behind the one that ends at `i` shows that a round bracket was not closed: it begins a value, no
    /// further in than the line of the bracket, and no comma stands before it.
    fn leaves_bracket(&mut self, i: usize) -> bool {
        use TokenKind::*;
        let begins = matches!(
            self.kind_at(i + 1),
            Some(Low | Up | Number | String | Script | True | False | TokenKind::None | Match | Do)
        );
        let ended = self.last().is_some_and(|t| t.kind.ends_line() && t.kind != Dot && t.kind != QuestionDot);
        begins && ended && self.column_after(i) <= self.top().indent
    }

    /// A condition or a `match` whose `{` is missing, with its lines further in: the brace is put in.
    fn opens_without_brace(&mut self, i: usize) -> bool {
        let inside = self.column_after(i) > self.indent;
        let goes_on = self.kind_at(i + 1).is_none_or(TokenKind::continues_line);
        let ended = self.last().is_some_and(|t| t.kind.ends_line() || t.kind == TokenKind::Else);
        if !inside || goes_on || !ended || self.levels.len() == 1 {
            return false;
        }
        self.open_pending()
    }

    fn insert_newline(&mut self, i: usize) {
        let token = self.tokens[i];
        self.out.push(crate::token::Token { kind: TokenKind::Newline, ..token });
    }

    /// A line end outside all brackets: an item ends, unless the next line shows that its body has begun without `{`.
    fn outer_newline(&mut self, i: usize) {
        let indented = self.column_after(i) > 0;
        let item = self.begins_item(i + 1);
        let statement = !item || self.kind_at(i + 1) == Some(TokenKind::Let);
        if indented && statement && self.chunk_kind == ChunkKind::Item && self.needs_body() {
            let word = self.header.map(|h| h.word);
            if let Some(word) = word {
                self.raised.push(sentences::missing_brace(word, self.here(), self.slice(word)));
            }
            self.open_body();
            return;
        }
        if matches!(self.chunk_kind, ChunkKind::Junk { .. }) && !item {
            self.insert_newline(i);
            return;
        }
        self.end_chunk();
    }

    /// The column of the token behind the line end at `i`.
    fn column_after(&self, i: usize) -> u32 {
        let newline = self.tokens[i].end;
        self.tokens.get(i + 1).map_or(0, |t| t.start - newline)
    }

    /// `;` ends a statement as a line end does, and is reported.
    pub(super) fn semicolon(&mut self, i: usize) {
        let token = self.tokens[i];
        let at_end = matches!(self.kind_at(i + 1), None | Some(TokenKind::Newline | TokenKind::RightBrace));
        if self.top().is_round() && self.levels.len() > 1 {
            self.raised.push(mistakes::semicolon_for_comma(token));
            self.out.push(crate::token::Token { kind: TokenKind::Comma, ..token });
            return;
        }
        // The shell's own punctuation: what it belongs to is reported.
        let next = self.tokens.get(i + 1).map(|t| self.slice(*t)).unwrap_or_default();
        if matches!(next, "then" | "fi" | "do" | "done") {
            return;
        }
        self.raised.push(mistakes::semicolon(token, at_end));
        if !at_end {
            self.newline(i);
        }
    }

    /// Notes the item's word when it comes by.
    pub(super) fn note_header(&mut self, i: usize) {
        let token = self.tokens[i];
        let word = matches!(
            token.kind,
            TokenKind::Fn
                | TokenKind::Action
                | TokenKind::Record
                | TokenKind::Opaque
                | TokenKind::Enum
                | TokenKind::Test
        );
        let first = self.last().is_none_or(|t| t.kind == TokenKind::Pub);
        if word && first && self.levels.len() == 1 && self.mode == Mode::Module {
            self.header = Some(Header { word: token, body: false });
        }
    }

    /// Whether the current item has a header whose body has not begun.
    pub(super) fn needs_body(&self) -> bool {
        self.header.is_some_and(|h| !h.body)
    }
}
