//! The ways in: a file, and one expression.

use crate::Span;
use crate::ast::{Expr, Item, ItemKind, Module};
use crate::build::nodes::error_expr;
use crate::build::{self, Builder, Source, Symbols};
use crate::errors::{Raised, limits, literals, mistakes, select, unexpected};
use crate::grammar;
use crate::known::KnownItems;
use crate::layout::{self, Chunk, ChunkKind, Layout, MAX_DEPTH, Mode};
use crate::lexer::quoted::IssueKind;
use crate::lexer::{self, Docs, Lexed};
use crate::token::Token;
use pipe_diagnostics::Diagnostic;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Larger files are refused.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// How deep the tree of a hole's expression may become.
const MAX_HOLE_DEPTH: usize = 100;

/// What a text parses to: always a tree, and what is wrong with the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The tree. Spans inside an item are relative to it.
    pub module: Module,
    /// The errors in the order of the text, with absolute spans; at most one a statement.
    pub errors: Vec<Diagnostic<Span>>,
}

/// Parses a file. It never fails and never panics; a file of more than [`MAX_FILE_BYTES`] has no items and one error.
pub fn parse(text: &str) -> Parsed {
    read(text, &KnownItems::default(), None)
}

/// Parses a file of which some items are `known`, and keeps those that have no error in `learned`.
pub(crate) fn read(text: &str, known: &KnownItems, mut learned: Option<&mut KnownItems>) -> Parsed {
    if text.len() > MAX_FILE_BYTES {
        let error = limits::file_too_large(text.len(), MAX_FILE_BYTES).diagnostic;
        return Parsed { module: Module::default(), errors: vec![error] };
    }
    let mut lexed = lexer::lex(text, 0..text.len());
    let Layout { tokens, chunks, raised } = layout::layout(text, &lexed, Mode::Module, MAX_DEPTH);
    let mut reports = Reports::new(raised, &lexed, text);
    let symbols = Symbols::default();
    let mut items = Vec::with_capacity(chunks.len());
    let mut errors = Vec::new();
    let mut follows_error = false;
    for (i, chunk) in chunks.iter().enumerate() {
        let own = &tokens[chunk.tokens.clone()];
        let (item, mut raised) = match known.item(text, own, chunk.kind) {
            Some(known) => (Item { docs: lexed.docs.above(known.offset), ..known }, Vec::new()),
            None => item(Source { text, symbols: &symbols }, &lexed, own, chunk),
        };
        if let Some(learned) =
            learned.as_deref_mut().filter(|_| raised.is_empty() && chunk.kind == ChunkKind::Item)
        {
            learned.keep(text, own, &item, known);
        }
        items.push(item);
        // Whatever was found up to the next item belongs to this one.
        let next = chunks.get(i + 1).and_then(|c| tokens.get(c.tokens.start)).map_or(u32::MAX, |t| t.start);
        raised.extend(reports.before(next));
        let follower = follows_error && chunk.kind == (ChunkKind::Junk { follower: true });
        if follower {
            continue;
        }
        let selected = select::one_a_statement(text, own, raised);
        follows_error = !selected.is_empty();
        errors.extend(selected);
    }
    errors.extend(select::one_a_statement(text, &[], reports.before(u32::MAX)));
    let docs = std::mem::take(&mut lexed.docs.module);
    let trivia = std::mem::take(&mut lexed.trivia);
    Parsed { module: Module { docs, items, trivia }, errors }
}

/// Parses one expression, which may go over several lines: a target on the command line. Spans count from the start of
/// the text.
pub fn parse_expression(text: &str) -> (Expr, Vec<Diagnostic<Span>>) {
    if text.len() > MAX_FILE_BYTES {
        return (error_expr(0, 0), vec![limits::file_too_large(text.len(), MAX_FILE_BYTES).diagnostic]);
    }
    let (expr, raised) = expression_at(Source { text, symbols: &Symbols::default() }, 0..text.len(), 0, 0);
    // No statement ends inside an expression that is not in a block, so one error is shown.
    (expr, select::one_a_statement(text, &[], raised))
}

/// Parses the expression at an absolute range of a file. Spans of the tree count from `base`; `holes` literals are
/// around it.
pub(crate) fn expression_at(
    source: Source<'_>,
    range: Range<usize>,
    base: u32,
    holes: usize,
) -> (Expr, Vec<Raised>) {
    let text = source.text;
    let lexed = lexer::lex(text, range.clone());
    let depth = if holes == 0 { MAX_DEPTH } else { MAX_HOLE_DEPTH };
    let Layout { tokens, chunks, raised } = layout::layout(text, &lexed, Mode::Expression, depth);
    let (l, r) = (range.start as u32 - base, range.end as u32 - base);
    let mut raised = Reports::new(raised, &lexed, text).raised;
    if chunks.iter().any(|c| c.kind == ChunkKind::TooDeep) {
        return (error_expr(l, r), raised);
    }
    let (expr, found) = mended(source, base, &tokens, &lexed.docs, holes, |builder, tokens| {
        grammar::ExpressionParser::new().parse(builder, stream(tokens, base)).ok()
    });
    raised.extend(found);
    (expr.unwrap_or_else(|| error_expr(l, r)), raised)
}

/// Parses the tokens of one item.
fn item(source: Source<'_>, lexed: &Lexed, tokens: &[Token], chunk: &Chunk) -> (Item, Vec<Raised>) {
    let start = tokens.first().map_or(0, |t| t.start);
    let end = tokens.last().map_or(start, |t| t.end);
    let error = Item {
        offset: start,
        len: end - start,
        docs: lexed.docs.above(start),
        public: false,
        kind: Arc::new(ItemKind::Error),
    };
    match chunk.kind {
        ChunkKind::TooDeep => return (error, Vec::new()),
        ChunkKind::Junk { .. } => return (error, vec![unexpected::junk(source.text, tokens)]),
        ChunkKind::Item => {}
    }
    let (parsed, raised) = mended(source, start, tokens, &lexed.docs, 0, |builder, tokens| {
        grammar::ItemParser::new().parse(builder, stream(tokens, start)).ok()
    });
    let mut item = parsed.unwrap_or(error);
    // The grammar's own end does not see tokens that it dropped.
    item.len = end - start;
    item.offset = start;
    (item, raised)
}

/// How often a text is read anew without a bracket that does not fit.
const MAX_MENDS: usize = 8;

/// Runs the grammar. When it went on in the middle of a bracket that does not fit, it runs again without that bracket, so
/// that the mistake costs nothing but its statement.
fn mended<T>(
    source: Source<'_>,
    base: u32,
    tokens: &[Token],
    docs: &Docs,
    holes: usize,
    run: impl Fn(&mut Builder<'_>, &[Token]) -> Option<T>,
) -> (Option<T>, Vec<Raised>) {
    let mut kept: Vec<Raised> = Vec::new();
    let mut tokens = Cow::Borrowed(tokens);
    for round in 0.. {
        let mut builder = Builder::new(source, base, &tokens, docs, holes);
        let tree = run(&mut builder, &tokens);
        let shorter = builder
            .torn
            .filter(|_| round < MAX_MENDS)
            .and_then(|torn| build::without_group(&tokens, torn).map(|tokens| (torn.raised, tokens)));
        let Builder { mut raised, .. } = builder;
        if let Some((error, without)) = shorter {
            kept.push(raised.swap_remove(error));
            tokens = Cow::Owned(without);
            continue;
        }
        if tree.is_none() && raised.is_empty() {
            raised.push(unexpected::junk(source.text, &tokens));
        }
        kept.extend(raised);
        return (tree, kept);
    }
    (None, kept)
}

type Spanned = Result<(u32, Token, u32), ()>;

fn stream(tokens: &[Token], base: u32) -> impl Iterator<Item = Spanned> + '_ {
    tokens.iter().map(move |t| Ok((t.start - base, *t, t.end - base)))
}

/// What the stages before the grammar found, in the order of the text.
struct Reports {
    raised: Vec<Raised>,
}

impl Reports {
    fn new(mut raised: Vec<Raised>, lexed: &Lexed, text: &str) -> Reports {
        let unclosed: Vec<Unclosed> = lexed
            .issues
            .iter()
            .filter(|issue| issue.kind == IssueKind::Unclosed)
            .map(|issue| Unclosed::new(text, issue.at))
            .collect();
        for (i, literal) in unclosed.iter().enumerate() {
            let mut report = literals::unclosed(IssueKind::Unclosed, literal.place(), literal.triple);
            if let Some(end) = unclosed.get(i + 1).filter(|end| literal.may_end_at(end, text)) {
                literals::over_lines(&mut report, [literal.quote(), end.quote()]);
            }
            raised.push(report);
        }
        for place in &lexed.foreign_comments {
            let alone = text[place.end as usize..].lines().next().unwrap_or_default().trim().is_empty();
            raised.push(mistakes::foreign_comment(*place, &text[place.range()], alone));
        }
        // Sorted backwards, so that those before a place are at the end.
        raised.sort_by_key(|r| std::cmp::Reverse(r.diagnostic.primary.place.start));
        Reports { raised }
    }

    /// Takes out those before an offset.
    fn before(&mut self, offset: u32) -> Vec<Raised> {
        let rest = self.raised.partition_point(|r| r.diagnostic.primary.place.start >= offset);
        self.raised.split_off(rest)
    }
}

/// A literal without an end.
struct Unclosed {
    at: u32,
    /// How many bytes stand before its quotes: the name of a shell.
    prefix: u32,
    triple: bool,
}

impl Unclosed {
    fn new(text: &str, at: u32) -> Unclosed {
        let rest = &text[at as usize..];
        let prefix = rest.find('"').unwrap_or(0);
        Unclosed { at, prefix: prefix as u32, triple: rest[prefix..].starts_with("\"\"\"") }
    }

    /// Its quotes, with the name of its shell.
    fn place(&self) -> Span {
        let quotes = if self.triple { 3 } else { 1 };
        Span { start: self.at, end: self.at + self.prefix + quotes }
    }

    fn quote(&self) -> Span {
        Span { start: self.at + self.prefix, end: self.at + self.prefix + 1 }
    }

    /// Whether the quote of another one was meant to end it: all lines up to it are inside of the same block.
    fn may_end_at(&self, end: &Unclosed, text: &str) -> bool {
        let between = text.get(self.at as usize..end.at as usize).unwrap_or_default();
        let inside = |line: &str| line.is_empty() || line.starts_with([' ', '\t']);
        !self.triple && !end.triple && end.prefix == 0 && between.lines().skip(1).all(inside)
    }
}
