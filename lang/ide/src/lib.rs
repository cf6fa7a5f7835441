//! What editors show and do, one feature a file: on files by name, offsets in bytes, and strings.
//!
//! **Invariant.** No type of any editor protocol, no I/O, no clock. A feature asks a [`Snapshot`] and gives plain data; what is known
//! of earlier runs comes through [`RunFacts`].

mod at;
mod complete;
mod definition;
mod diagnostics;
mod facts;
#[cfg(test)]
mod fixture;
mod folding;
mod format;
mod hover;
mod render;
mod symbols;
mod tree;

pub use complete::{Completion, CompletionKind, complete};
pub use definition::definition;
pub use diagnostics::{QuickFix, diagnostics, fixes};
pub use facts::{NoFacts, RunFacts};
pub use folding::{Fold, FoldKind, folds};
pub use format::{TextEdit, format, format_range};
pub use hover::{Hover, hover};
pub use pipe_analysis::inspect::{DeclarationKind, Snapshot};
pub use symbols::{Symbol, SymbolKind, symbols};
