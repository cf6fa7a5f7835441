//! The syntax tree: what was written, with comments and blank lines, and with a node wherever the parser recovered.
//!
//! Every span is relative to its item (see [`Span`]). Trees compare by value; two equal trees mean the same program
//! text up to white space inside an item, so incremental queries can stop at an equal tree.

mod expr;
mod item;
mod literal;
mod pattern;
pub(crate) mod places;
#[cfg(test)]
mod sizes;
mod symbol;
mod ty;

pub use expr::*;
pub use item::*;
pub use literal::*;
pub use pattern::*;
pub use symbol::*;
pub use ty::*;

use crate::Span;

/// A name with its place. Lower-case and upper-case names are told apart by the grammar, not here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The text as written.
    pub text: Symbol,
    /// Where it stands.
    pub span: Span,
}

/// A file of the language.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Module {
    /// The `##` lines that stand at the top of the file, followed by a blank line or by another doc comment.
    pub docs: Vec<String>,
    /// Items in source order. A broken item is kept as [`ItemKind::Error`].
    pub items: Vec<Item>,
    /// Comments and blank lines of the whole file, by absolute offset; the formatter attaches them.
    pub trivia: Vec<Trivia>,
}

/// What stands between tokens and is kept for the formatter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trivia {
    /// A comment or an empty line.
    pub kind: TriviaKind,
    /// Absolute place.
    pub span: Span,
}

/// Kinds of [`Trivia`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriviaKind {
    /// `# …`, the text behind `#`, without the line end. `own_line` when nothing but white space stands before it.
    Comment {
        /// The text behind `#`.
        text: String,
        /// Nothing but white space before it on its line.
        own_line: bool,
    },
    /// `## …`, the text behind `##`.
    Doc(String),
    /// One or more empty lines.
    Blank,
}
