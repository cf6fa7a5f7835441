//! The one canonical layout of a program: `docs/reference/format.md` is its rule.
//!
//! The way of a text: it is parsed; each kind of node becomes a document (`item`, `block`, `expr` …) with its comments
//! (`comments`, `rows`); the document is printed (`doc`, `layout`). What comes out is parsed again and compared (`same`),
//! so that a mistake in here can never change a program.

mod block;
mod chain;
mod comments;
mod comprehension;
mod delimited;
mod doc;
mod expr;
mod infix;
mod item;
mod layout;
mod literal;
mod pattern;
mod range;
mod rows;
mod same;
#[cfg(test)]
mod tests;
mod ty;

use crate::Span;
use crate::ast::{ItemKind, Module, Use, UsePath};
use crate::{Parsed, parse};
use comments::Comments;
use pipe_diagnostics::Diagnostic;
use rows::Place;
use std::collections::BTreeSet;

pub use range::{FormattedItems, format_range};
pub use same::same_program;

/// Stack for the deepest tree that the parser builds, in bytes. Only what is used is ever backed by memory.
const STACK: usize = 64 << 20;

/// Why a text was not formatted. It is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// It has syntax errors: these, with absolute spans.
    Syntax(Vec<Diagnostic<Span>>),
    /// The result would not have been the same program: a mistake of the formatter.
    Changed,
}

impl std::fmt::Display for FormatError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FormatError::Syntax(errors) => {
                let first = errors.first().map_or("", |error| &error.message);
                write!(f, "it has syntax errors: {first}")
            }
            FormatError::Changed => f.write_str("formatting would have changed the program"),
        }
    }
}

impl std::error::Error for FormatError {}

/// The canonical form of a program. Line ends become `\n`; formatting the result again gives the same bytes.
///
/// # Errors
/// When the text has syntax errors, or the result is not the same program with the same comments.
pub fn format(source: &str) -> Result<String, FormatError> {
    deep(|| {
        let text = source.replace("\r\n", "\n");
        let Parsed { module, errors } = parse(&text);
        if !errors.is_empty() {
            // Their places are those of the text that was given.
            return Err(FormatError::Syntax(parse(source).errors));
        }
        let formatted = print(&text, &module, modules(&module));
        let again = parse(&formatted);
        match again.errors.is_empty() && same_program(&module, &again.module) {
            true => Ok(formatted),
            false => Err(FormatError::Changed),
        }
    })
}

/// Runs with a stack for the deepest tree: it may be deeper than what is left of the caller's.
fn deep<T>(run: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK / 2, STACK, run)
}

/// The text of a module without errors, in which these names stand for modules.
fn print<'t>(text: &'t str, module: &'t Module, modules: BTreeSet<&'t str>) -> String {
    let comments = Comments::new(text, &module.trivia);
    let mut formatter = Formatter { text, base: 0, comments, modules };
    let doc = formatter.module(module);
    let mut out = layout::print(&doc);
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// Modules that every program has without `use`.
const MODULES: [&str; 8] = ["dotenv", "fake", "host", "json", "secret", "toml", "workspace", "yaml"];

/// The names that stand for modules in a file.
fn modules(module: &Module) -> BTreeSet<&str> {
    let imported = module.items.iter().filter_map(|item| match &*item.kind {
        ItemKind::Use(Use { path: UsePath::Package(path), alias }) => alias.as_ref().or(path.last()),
        ItemKind::Use(Use { alias, .. }) => alias.as_ref(),
        _ => None,
    });
    imported.map(|name| name.text.as_str()).chain(MODULES).collect()
}

/// Builds documents of nodes. Places of its methods are absolute unless they are spans of the tree.
struct Formatter<'t> {
    text: &'t str,
    /// Where the current item begins: what spans of the tree count from.
    base: u32,
    comments: Comments,
    /// Names of modules: what is called behind one is not an operation.
    modules: BTreeSet<&'t str>,
}

impl<'t> Formatter<'t> {
    /// The text between two places.
    fn source(&self, start: u32, end: u32) -> &'t str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The text of a span of the tree.
    fn slice(&self, span: Span) -> &'t str {
        let place = self.place(span);
        self.source(place.start, place.end)
    }

    /// The absolute place of a span of the tree.
    fn place(&self, span: Span) -> Place {
        let Span { start, end } = span.at(self.base);
        Place { start, end }
    }

    /// Whether the author broke the line between two places.
    fn breaks(&self, start: u32, end: u32) -> bool {
        self.source(start, end).contains('\n')
    }

    /// Whether the author broke the line behind what opens a sequence, or behind its first part.
    fn breaks_first(&self, open: u32, parts: &[Place]) -> bool {
        let Some(first) = parts.first() else { return false };
        self.breaks(open, first.start)
            || parts.get(1).is_some_and(|second| self.breaks(first.end, second.start))
    }

    /// The places of the parts of a sequence, each from its first token on: `..` and `for` belong to no node.
    fn at_first_tokens(&self, open: u32, mut places: Vec<Place>) -> Vec<Place> {
        let mut end = open;
        for place in &mut places {
            place.start = self.next_token(end);
            end = place.end;
        }
        places
    }

    /// Where the next token that is no comma begins: white space and comments are passed over.
    fn next_token(&self, from: u32) -> u32 {
        let mut at = from as usize;
        while let Some(rest) = self.text.get(at..) {
            let Some(next) = rest.chars().next() else { break };
            match next {
                '#' => at += rest.find('\n').unwrap_or(rest.len()),
                ',' | '\u{feff}' => at += next.len_utf8(),
                _ if next.is_ascii_whitespace() => at += 1,
                _ => break,
            }
        }
        at as u32
    }

    /// Where a bracket stands that is the next token but for a few that are passed over: it is there.
    fn find(&self, from: u32, bracket: char) -> u32 {
        let mut at = self.next_token(from);
        while let Some(next) = self.text.get(at as usize..).and_then(|rest| rest.chars().next()) {
            if next == bracket {
                break;
            }
            at = self.next_token(at + next.len_utf8() as u32);
        }
        at
    }
}
