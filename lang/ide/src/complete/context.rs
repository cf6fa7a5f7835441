//! What kind of thing is written at a place.

use pipe_analysis::inspect::{Draft, Snapshot};
use pipe_syntax::Span;
use pipe_syntax::ast::{Arg, ExprKind, ItemKind, Module, TriviaKind, UsePath};

use crate::at::{filled, word_start};
use crate::tree::{Node, path_at};

/// A place where something is being written.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// The text; with a word put in where none is written yet, so that it can be read there.
    pub(super) draft: Draft,
    /// The word that is being written, up to the cursor; it may be empty.
    pub(super) word: Span,
    /// A `(` follows: a call needs no brackets of its own.
    pub(super) called: bool,
    /// A `:` follows: the name of an argument stands here already.
    pub(super) named: bool,
    pub(super) position: Position,
}

/// What can stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Behind `.` or `?.`; where the value before ends.
    Member {
        /// Where what stands before ends.
        base_end: u32,
        /// `?.`: an optional's value.
        optional: bool,
    },
    /// Behind `|>`.
    Piped { base_end: u32 },
    /// At the left edge: an item.
    Item,
    /// A type.
    Type,
    /// The text of a string without holes before the place; the whole literal.
    Literal(Span),
    /// The path of a `use`.
    ModulePath,
    /// An expression, perhaps as an argument, perhaps a pattern.
    Expression { argument: Option<Argument>, arm_of: Option<Span> },
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Argument {
    /// The whole call.
    pub(super) call: Span,
    /// Names that are given elsewhere.
    pub(super) given: Vec<String>,
    /// Which one it is when it has no name.
    pub(super) position: usize,
    /// Its name, when that is written before.
    pub(super) name: Option<String>,
}

impl Context {
    /// What is written at a place of a text; `None` where nothing of the language is.
    pub(super) fn at(snapshot: &Snapshot, file: &str, text: &str, offset: u32) -> Option<Context> {
        let at = offset as usize;
        let start = word_start(text, at);
        let before = text.get(..start)?.trim_end();
        let rest = text.get(at..)?;
        let behind = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        let (called, named) = (behind.starts_with('('), behind.starts_with(':'));
        let draft = snapshot.draft(file, filled(text, offset)?);
        let module = draft.module();
        if in_comment(module, offset) {
            return None;
        }
        if let Some((use_path, span)) = header_text(module, offset) {
            let word = Span { start: span.start + 1, end: offset };
            let position = Position::ModulePath;
            return use_path.then_some(Context { draft, word, called: false, named: false, position });
        }
        let path = path_at(module, offset);
        if let Some(Node::String(_, span) | Node::Script(_, span)) = path.last()
            && span.start < offset
            && (offset < span.end || !text.get(..at)?.ends_with('"') || offset == span.start + 1)
        {
            let Some(Node::String(string, _)) = path.last() else { return None };
            let word = Span { start: span.start + 1, end: offset };
            let begun = text.get(word.range())?;
            // What an unfinished literal goes on with is not of it.
            if string.triple || begun.contains("${") || begun.contains('\\') {
                return None;
            }
            let position = Position::Literal(*span);
            return Some(Context { draft, word, called: false, named: false, position });
        }
        let word = Span { start: start as u32, end: offset };
        let position = position(text, before, module, &path, word);
        Some(Context { draft, word, called, named, position })
    }
}

fn position(text: &str, before: &str, module: &Module, path: &[Node<'_>], word: Span) -> Position {
    if let Some(base) = before.strip_suffix("|>") {
        return Position::Piped { base_end: base.trim_end().len() as u32 };
    }
    if let Some(base) = before.strip_suffix('.').filter(|base| !base.ends_with('.')) {
        let inner = base.strip_suffix('?');
        let base_end = inner.unwrap_or(base).trim_end().len() as u32;
        return Position::Member { base_end, optional: inner.is_some() };
    }
    // A body that begins here was only put in where one is missing.
    if !path.iter().any(|node| node.span().start < word.start) {
        let line = text.get(..word.start as usize).and_then(|text| text.rsplit('\n').next());
        if line.is_some_and(|line| line.is_empty() || line == "pub ") {
            return Position::Item;
        }
        if in_header(module, before) {
            return Position::Type;
        }
    }
    Position::Expression { argument: argument(before, path, word), arm_of: arm_of(before, path, word) }
}

/// Behind `:`, `->`, or inside the brackets of a type.
fn in_header(module: &Module, before: &str) -> bool {
    let offset = before.len() as u32;
    let item = module.items.iter().rfind(|item| item.offset <= offset);
    let declares = item.is_some_and(|item| !matches!(*item.kind, ItemKind::Use(_) | ItemKind::Test(_)));
    let in_value = before.rsplit('\n').next().is_some_and(|line| line.ends_with('='));
    declares && !in_value && (before.ends_with("->") || before.ends_with([':', '[', ',', '(']))
}

/// The call whose argument begins at the word.
fn argument(before: &str, path: &[Node<'_>], word: Span) -> Option<Argument> {
    let named = before.strip_suffix(':').map(str::trim_end);
    if named.is_none() && !before.ends_with(['(', ',']) {
        return None;
    }
    let is_word = |node: &Node<'_>| node.span().start >= word.start;
    let around = path.iter().rev().find(|node| !is_word(node))?;
    let Node::Expr(e, span) = around else { return None };
    let base = span.start - e.span.start;
    let (args, from) = match &e.kind {
        ExprKind::Call { callee, args, .. } => (&**args, callee.span.end),
        ExprKind::Pipe(pipe) => (pipe.written_args(), pipe.function.last()?.span.end),
        _ => return None,
    };
    if word.start < from + base {
        return None;
    }
    let name = named.map(|text| text.get(word_start(text, text.len())..).unwrap_or_default().to_owned());
    let here = |arg: &&Arg| {
        let place = arg.name.as_ref().map_or(arg.value.span, |name| name.span).at(base);
        place.start <= word.end && word.start <= place.end
    };
    let given =
        args.iter().filter(|arg| !here(arg)).filter_map(|arg| Some(arg.name.as_ref()?.text.to_string()));
    let position = args.iter().filter(|arg| arg.value.span.at(base).end < word.start).count();
    Some(Argument { call: *span, given: given.collect(), position, name })
}

/// What is matched, where a pattern begins.
fn arm_of(before: &str, path: &[Node<'_>], word: Span) -> Option<Span> {
    let around = path.iter().rev().find(|node| node.span().start < word.start)?;
    let Node::Expr(e, span) = around else { return None };
    let ExprKind::Match { scrutinee, .. } = &e.kind else { return None };
    let scrutinee = scrutinee.span.at(span.start - e.span.start);
    (scrutinee.end < word.start && !before.ends_with("=>")).then_some(scrutinee)
}

fn in_comment(module: &Module, offset: u32) -> bool {
    module.trivia.iter().any(|trivia| {
        trivia.kind != TriviaKind::Blank && trivia.span.start < offset && offset <= trivia.span.end
    })
}

/// The text of a header that a place is in: the title of a test, or, marked so, the path of a `use` item.
fn header_text(module: &Module, offset: u32) -> Option<(bool, Span)> {
    let item = module.items.iter().rfind(|item| item.offset <= offset)?;
    let (use_path, span) = match &*item.kind {
        ItemKind::Use(tree) => match &tree.path {
            UsePath::File { span, .. } => (true, *span),
            UsePath::Package(_) => (false, Span { start: 0, end: item.len }),
        },
        ItemKind::Test(test) => (false, test.title.span),
        _ => return None,
    };
    let span = span.at(item.offset);
    (span.start < offset && offset < span.end).then_some((use_path, span))
}
