//! What stands between the lexer and the grammar: soft keywords, line ends, missing brackets, and mistakes that can be
//! mended on the way. The grammar then sees balanced brackets, and a line end only where a statement can really end.

mod brackets;
mod depth;
mod lines;
mod punctuation;
mod signs;
mod soft;
mod words;

use crate::errors::Raised;
use crate::lexer::Lexed;
use crate::token::{Token, TokenKind};
use brackets::Level;
use std::ops::Range;

/// How deep brackets may nest.
pub const MAX_BRACKETS: usize = 200;
/// How deep an item may nest in all: brackets, prefixes, `fn`, `if`, `??` and what else has something inside.
pub const MAX_DEPTH: usize = 500;
/// How many operations may follow one another in a chain, with those around it. Every reader of a tree recurses, also
/// through chains, and takes a few hundred bytes to a few thousand for a link.
pub const MAX_LINKS: usize = 10_000;

/// Tokens for the grammar, cut into items.
pub(crate) struct Layout {
    /// All tokens; those that were put in are empty.
    pub(crate) tokens: Vec<Token>,
    /// The items, in order; in the expression mode one chunk.
    pub(crate) chunks: Vec<Chunk>,
    /// What was found wrong.
    pub(crate) raised: Vec<Raised>,
}

/// The tokens of one item.
pub(crate) struct Chunk {
    /// Which tokens.
    pub(crate) tokens: Range<usize>,
    /// Whether the grammar can have it.
    pub(crate) kind: ChunkKind,
}

/// Whether the grammar can have a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChunkKind {
    /// It begins with the word of an item.
    Item,
    /// It begins with something else. `follower` when it may be the rest of a broken item above: it is indented, or a
    /// closing bracket.
    Junk {
        /// The rest of what is above, perhaps.
        follower: bool,
    },
    /// Deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// What the tokens are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A file of items.
    Module,
    /// One expression, which may go over several lines.
    Expression,
}

/// Prepares tokens for the grammar. No tree of the result is deeper than `depth`.
pub(crate) fn layout(text: &str, lexed: &Lexed, mode: Mode, depth: usize) -> Layout {
    let mut raised = Vec::new();
    let mut tokens = words::mend(text, &lexed.tokens, &mut raised);
    soft::retag(text, &mut tokens);
    let mut filter = Filter::new(text, &tokens, mode, raised);
    for i in 0..tokens.len() {
        filter.token(i);
    }
    filter.finish(depth)
}

/// The header of the item that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    /// `fn`, `action`, `record` …: the item's own word.
    word: Token,
    /// Its body or list has begun.
    body: bool,
}

/// The filter. It walks over the tokens once; everything it looks at ahead is a fixed number of tokens away.
struct Filter<'a> {
    text: &'a str,
    tokens: &'a [Token],
    mode: Mode,
    out: Vec<Token>,
    chunks: Vec<Chunk>,
    /// Where the current chunk begins in `out`.
    chunk_start: usize,
    chunk_kind: ChunkKind,
    header: Option<Header>,
    /// Open brackets; the bottom is not a bracket.
    levels: Vec<Level>,
    raised: Vec<Raised>,
    /// Column of the first token of the current line, and where the line begins.
    indent: u32,
    line: u32,
    line_is_empty: bool,
    /// A bracket whose closing one stands at another indentation: to blame when one is missing.
    suspect: Option<Token>,
}

impl<'a> Filter<'a> {
    fn new(text: &'a str, tokens: &'a [Token], mode: Mode, raised: Vec<Raised>) -> Self {
        Filter {
            text,
            tokens,
            mode,
            out: Vec::with_capacity(tokens.len() + 16),
            chunks: Vec::new(),
            chunk_start: 0,
            chunk_kind: ChunkKind::Item,
            header: None,
            levels: vec![Level::bottom()],
            raised,
            indent: 0,
            line: 0,
            line_is_empty: true,
            suspect: None,
        }
    }

    /// Takes one token of the file.
    fn token(&mut self, i: usize) {
        let token = self.tokens[i];
        if token.kind == TokenKind::Newline {
            // Only the last of several counts: it sees the token that follows.
            if self.kind_at(i + 1) != Some(TokenKind::Newline) {
                self.newline(i);
            }
            self.line = token.end;
            self.line_is_empty = true;
            return;
        }
        if self.line_is_empty {
            self.indent = token.start - self.line;
        }
        if self.mode == Mode::Module && self.line_is_empty {
            self.margin(i);
        }
        self.begin_chunk(i);
        self.note_column();
        match token.kind {
            TokenKind::Semicolon => self.semicolon(i),
            TokenKind::LeftParen | TokenKind::LeftSquare | TokenKind::LeftBrace => self.open(i),
            TokenKind::RightParen | TokenKind::RightSquare | TokenKind::RightBrace => self.close(token),
            _ => self.plain(i),
        }
        self.line_is_empty = false;
    }

    /// Starts a chunk if none is open.
    fn begin_chunk(&mut self, i: usize) {
        if self.out.len() > self.chunk_start || self.mode == Mode::Expression {
            return;
        }
        let token = self.tokens[i];
        self.suspect = None;
        self.header = None;
        if self.begins_item(i) {
            self.chunk_kind = ChunkKind::Item;
        } else {
            let closes =
                matches!(token.kind, TokenKind::RightBrace | TokenKind::RightParen | TokenKind::RightSquare);
            self.chunk_kind = ChunkKind::Junk { follower: self.indent > 0 || closes };
        }
    }

    /// Ends the current chunk, with every bracket closed and a body for every header that needs one.
    fn end_chunk(&mut self) {
        if self.out.len() == self.chunk_start {
            return;
        }
        while self.last().is_some_and(|t| t.kind == TokenKind::Newline) {
            self.out.pop();
        }
        self.close_all();
        if self.needs_body() {
            self.missing_body();
        }
        self.chunks.push(Chunk { tokens: self.chunk_start..self.out.len(), kind: self.chunk_kind });
        self.chunk_start = self.out.len();
        self.header = None;
    }

    fn finish(mut self, depth: usize) -> Layout {
        if self.mode == Mode::Expression {
            self.close_all();
            self.chunks.push(Chunk { tokens: 0..self.out.len(), kind: ChunkKind::Item });
        } else {
            self.end_chunk();
        }
        for chunk in &mut self.chunks {
            if let Some(error) = depth::check(&self.out[chunk.tokens.clone()], depth) {
                chunk.kind = ChunkKind::TooDeep;
                self.raised.push(error);
            }
        }
        Layout { tokens: self.out, chunks: self.chunks, raised: self.raised }
    }

    fn kind_at(&self, i: usize) -> Option<TokenKind> {
        self.tokens.get(i).map(|t| t.kind)
    }

    /// The last token of the current chunk, and the one before.
    fn last(&self) -> Option<Token> {
        self.out[self.chunk_start..].last().copied()
    }

    fn last_but_one(&self) -> Option<Token> {
        self.out[self.chunk_start..].iter().rev().nth(1).copied()
    }

    /// Where the last token of the chunk ends: what is put in stands there.
    fn here(&self) -> u32 {
        self.out.last().map_or(0, |t| t.end)
    }

    /// Puts in a token that is not in the file.
    fn insert(&mut self, kind: TokenKind) {
        let at = self.here();
        self.out.push(Token { kind, start: at, end: at });
    }

    fn slice(&self, token: Token) -> &'a str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The innermost open bracket.
    fn top(&mut self) -> &mut Level {
        // The bottom is never taken away.
        if self.levels.is_empty() {
            self.levels.push(Level::bottom());
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }
}
