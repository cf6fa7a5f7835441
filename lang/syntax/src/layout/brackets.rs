//! Brackets: every one that opens is closed, if need be by one that is put in.

use super::Filter;
use crate::errors::{brackets as sentences, mistakes};
use crate::token::{Token, TokenKind};

/// What a bracket is for. Some mistakes can be told only by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// No bracket: the file, or the whole expression.
    Bottom,
    /// Parameters of a function or a variant, where `=` gives a default.
    Params,
    /// Arguments, a group, a tuple, a list.
    Values,
    /// A block of statements.
    Block,
    /// The fields of a record.
    Fields,
    /// The variants of an enum.
    Variants,
    /// The arms of a `match`.
    Arms,
    /// `{k: v}`, read as `[k: v]`.
    BraceMap,
    /// `App { name: v }`, read as `App(name: v)`.
    BraceRecord,
}

/// What a keyword on this level waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// `if`: a condition and a block.
    Condition,
    /// `expect`: a condition.
    Expectation,
    /// `else`: a block.
    Otherwise,
    /// `match`: a value and arms.
    Scrutinee,
}

/// An open bracket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub(super) role: Role,
    /// The bracket as it stands in the file.
    opener: Token,
    /// What the grammar gets as its closing bracket.
    closer: TokenKind,
    /// The indentation of its line.
    pub(super) indent: u32,
    /// The column of the first line inside.
    pub(super) column: Option<u32>,
    pub(super) pending: Option<Pending>,
    /// The block of an `if`, behind which `else` may stand.
    branch: bool,
}

impl Level {
    pub(super) fn bottom() -> Level {
        let opener = Token { kind: TokenKind::Newline, start: 0, end: 0 };
        Level {
            role: Role::Bottom,
            opener,
            closer: TokenKind::Newline,
            indent: 0,
            column: None,
            pending: None,
            branch: false,
        }
    }

    /// A bracket inside which line ends mean nothing.
    pub(super) fn is_round(&self) -> bool {
        matches!(self.opener.kind, TokenKind::LeftParen | TokenKind::LeftSquare)
            || matches!(self.role, Role::BraceMap | Role::BraceRecord)
    }

    fn is_brace(&self) -> bool {
        self.opener.kind == TokenKind::LeftBrace
    }
}

/// How many levels out the other half of a bracket is sought: more than may be open.
const NEAR: usize = super::MAX_BRACKETS + 2;

/// The bracket that closes another.
fn closer_of(opener: TokenKind) -> TokenKind {
    match opener {
        TokenKind::LeftParen => TokenKind::RightParen,
        TokenKind::LeftSquare => TokenKind::RightSquare,
        _ => TokenKind::RightBrace,
    }
}

impl Filter<'_> {
    /// The first token on a line inside a bracket gives the column of what is inside.
    pub(super) fn note_column(&mut self) {
        if self.line_is_empty && self.levels.len() > 1 {
            let indent = self.indent;
            self.top().column.get_or_insert(indent);
        }
    }

    pub(super) fn open(&mut self, i: usize) {
        let token = self.tokens[i];
        if token.kind == TokenKind::LeftBrace && self.is_body_in_params() {
            self.close_round();
        }
        let body = token.kind == TokenKind::LeftBrace && self.levels.len() == 1 && self.needs_body();
        let role = match token.kind {
            TokenKind::LeftBrace if body => self.body_role(),
            TokenKind::LeftBrace => self.brace_role(i),
            TokenKind::LeftParen if self.opens_params() => Role::Params,
            _ => Role::Values,
        };
        let branch = self.top().pending == Some(Pending::Condition);
        if token.kind == TokenKind::LeftBrace {
            self.top().pending = None;
        }
        let (opener, closer) = match role {
            Role::BraceMap => (TokenKind::LeftSquare, TokenKind::RightSquare),
            Role::BraceRecord => (TokenKind::LeftParen, TokenKind::RightParen),
            _ if body => (TokenKind::BodyOpen, TokenKind::BodyClose),
            _ => (token.kind, closer_of(token.kind)),
        };
        self.push_level(role, token, closer);
        self.top().branch = branch && token.kind == TokenKind::LeftBrace;
        self.out.push(Token { kind: opener, ..token });
        if role == Role::BraceMap && self.kind_at(i + 1) == Some(TokenKind::RightBrace) {
            self.insert(TokenKind::Colon);
        }
    }

    fn push_level(&mut self, role: Role, opener: Token, closer: TokenKind) {
        let indent = self.indent;
        self.levels.push(Level { role, opener, closer, indent, column: None, pending: None, branch: false });
    }

    /// Opens the body of the current item with a brace that is put in.
    pub(super) fn open_body(&mut self) {
        let role = self.body_role();
        let at = self.here();
        let opener = Token { kind: TokenKind::LeftBrace, start: at, end: at };
        self.indent = 0;
        self.push_level(role, opener, TokenKind::BodyClose);
        self.insert(TokenKind::BodyOpen);
    }

    /// Opens the block that a keyword waits for, with a brace that is put in. `false` if none waits.
    pub(super) fn open_pending(&mut self) -> bool {
        let (role, word) = match self.top().pending {
            Some(Pending::Scrutinee) => (Role::Arms, "match"),
            Some(Pending::Condition) => (Role::Block, "if"),
            Some(Pending::Otherwise) => (Role::Block, "else"),
            Some(Pending::Expectation) | None => return false,
        };
        self.raised.push(sentences::missing_block(self.here(), word));
        self.top().pending = None;
        let at = self.here();
        self.push_level(
            role,
            Token { kind: TokenKind::LeftBrace, start: at, end: at },
            TokenKind::RightBrace,
        );
        self.insert(TokenKind::LeftBrace);
        true
    }

    /// `else` inside the block of an `if`: its `}` is missing.
    pub(super) fn close_branch(&mut self, word: Token) {
        if self.top().branch && self.last().is_some_and(|t| !t.kind.closes_block()) {
            self.pop_missing(word, true);
        }
    }

    /// A header without a body gets an empty one.
    pub(super) fn missing_body(&mut self) {
        if let Some(header) = self.header {
            let word = self.slice(header.word);
            self.raised.push(sentences::missing_body(header.word, self.here(), word));
        }
        self.insert(TokenKind::BodyOpen);
        self.insert(TokenKind::BodyClose);
    }

    /// Whether `(` opens parameters: in the header of a function or behind a variant.
    fn opens_params(&mut self) -> bool {
        let function =
            self.header.is_some_and(|h| !h.body && matches!(h.word.kind, TokenKind::Fn | TokenKind::Action));
        match self.top().role {
            Role::Bottom => function,
            Role::Variants => true,
            _ => false,
        }
    }

    /// Whether a brace inside parameters that are not closed must be the body: it does not stand where a value does.
    fn is_body_in_params(&self) -> bool {
        use TokenKind::*;
        let value = matches!(
            self.last().map(|t| t.kind),
            Some(Equal | Comma | LeftParen | LeftSquare | Colon | FatArrow | RightParen | Else)
        );
        let params = self.levels.get(1).is_some_and(|l| l.role == Role::Params);
        params
            && self.needs_body()
            && self.levels[1..].iter().all(Level::is_round)
            && !value
            && self.levels.iter().all(|l| l.pending.is_none())
    }

    fn body_role(&mut self) -> Role {
        let Some(header) = &mut self.header else { return Role::Block };
        header.body = true;
        match header.word.kind {
            TokenKind::Record | TokenKind::Opaque => Role::Fields,
            TokenKind::Enum => Role::Variants,
            _ => Role::Block,
        }
    }

    fn brace_role(&mut self, i: usize) -> Role {
        use TokenKind::*;
        match self.top().pending {
            Some(super::brackets::Pending::Scrutinee) => return Role::Arms,
            Some(super::brackets::Pending::Condition | super::brackets::Pending::Otherwise) => {
                return Role::Block;
            }
            _ => {}
        }
        let last = self.last().map(|t| t.kind);
        let first = self.kind_behind(i + 1, 0);
        let pair = self.kind_behind(i + 1, 1) == Some(Colon);
        let value = matches!(last, Some(Equal | Comma | LeftParen | LeftSquare | Colon | Coalesce | Plus));
        let keyed = pair && matches!(first, Some(Low | String | Up | ForeignString));
        if (value && (keyed || first == Some(RightBrace))) || (last == Some(FatArrow) && keyed) {
            self.raised.push(mistakes::brace_map(self.tokens[i], first == Some(Low)));
            return Role::BraceMap;
        }
        if last == Some(Up) && pair && first == Some(Low) {
            let name = self.last().map_or("", |t| self.slice(t));
            self.raised.push(mistakes::brace_record(self.tokens[i], name));
            return Role::BraceRecord;
        }
        Role::Block
    }

    /// The kind of the `n`-th token from `i` on that is no line end; looks at a few tokens only.
    fn kind_behind(&self, i: usize, n: usize) -> Option<TokenKind> {
        let near = self.tokens.get(i..(i + 8).min(self.tokens.len()))?;
        near.iter().map(|t| t.kind).filter(|k| *k != TokenKind::Newline).nth(n)
    }

    pub(super) fn close(&mut self, token: Token) {
        match token.kind {
            TokenKind::RightBrace => self.close_brace(token),
            _ => self.close_pair(token),
        }
    }

    /// `}` closes every round bracket inside its brace; they are reported.
    fn close_brace(&mut self, token: Token) {
        if !self.levels.iter().rev().take(NEAR).any(Level::is_brace) {
            return self.stray(token);
        }
        let mut reported = false;
        while !self.top().is_brace() {
            self.pop_missing(token, !reported);
            reported = true;
        }
        let level = *self.top();
        if self.line_is_empty && self.indent < level.indent {
            self.suspect.get_or_insert(level.opener);
        }
        self.pop(token);
    }

    /// `)` or `]`.
    fn close_pair(&mut self, token: Token) {
        let matches = |l: &Level| closer_of(l.opener.kind) == token.kind;
        if matches(self.top()) {
            return self.pop(token);
        }
        let found = self.nearest(matches);
        let brace = self.nearest(Level::is_brace);
        match (found, brace) {
            // Brackets inside the pair are open.
            (Some(found), brace)
                if brace.is_none_or(|b| b < found) || self.line_is_empty || self.same_line(brace) =>
            {
                let mut first = true;
                while self.levels.len() > found + 1 {
                    self.pop_missing(token, first);
                    first = false;
                }
                self.pop(token);
            }
            _ if self.top().is_round() && self.levels.len() > 1 && !self.top().is_brace() => {
                let opener = self.top().opener;
                self.raised.push(sentences::wrong_closer(opener, token));
                self.pop(token);
            }
            _ => self.stray(token),
        }
    }

    /// The innermost level of a kind.
    fn nearest(&self, wanted: impl Fn(&Level) -> bool) -> Option<usize> {
        let last = self.levels.len() - 1;
        self.levels.iter().rev().take(NEAR).position(wanted).map(|n| last - n)
    }

    /// Whether nothing but the current line stands behind the brace.
    fn same_line(&self, level: Option<usize>) -> bool {
        level.and_then(|l| self.levels.get(l)).is_some_and(|l| l.opener.start >= self.line)
    }

    /// Closes the innermost bracket with the given token.
    fn pop(&mut self, token: Token) {
        let closer = self.top().closer;
        self.levels.pop();
        self.out.push(Token { kind: closer, ..token });
    }

    /// Closes the innermost bracket, which has no closing one before `at`.
    fn pop_missing(&mut self, at: Token, report: bool) {
        let level = *self.top();
        if report {
            self.raised.push(sentences::unclosed(level.opener, self.here(), Some(at)));
        }
        self.levels.pop();
        self.insert(level.closer);
    }

    /// Closes the round brackets down to the next brace: a statement begins.
    pub(super) fn close_round(&mut self) {
        let mut first = true;
        while self.top().is_round() && self.levels.len() > 1 {
            let opener = self.top().opener;
            if first {
                self.raised.push(sentences::unclosed(opener, self.here(), None));
            }
            first = false;
            let closer = self.top().closer;
            self.levels.pop();
            self.insert(closer);
        }
    }

    /// Closes all brackets at the end of an item. One is reported: the one that indentation speaks against, else the
    /// innermost.
    pub(super) fn close_all(&mut self) {
        if self.levels.len() > 1 {
            let innermost = *self.top();
            let blamed = if innermost.is_brace() {
                self.suspect.unwrap_or(innermost.opener)
            } else {
                innermost.opener
            };
            self.raised.push(sentences::unclosed(blamed, self.here(), None));
        }
        while self.levels.len() > 1 {
            let closer = self.top().closer;
            self.levels.pop();
            self.insert(closer);
        }
        self.top().pending = None;
    }

    /// A closing bracket that closes nothing is reported and left out.
    fn stray(&mut self, token: Token) {
        self.raised.push(sentences::unopened(token));
        if self.out.len() == self.chunk_start {
            // It stands alone between items: a chunk of its own holds the error.
            self.out.push(token);
        }
    }
}
