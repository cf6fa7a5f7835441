//! What editors show and do, one feature a file: on files by name, offsets in bytes, and strings.
//!
//! **Invariant.** No type of any editor protocol, no I/O, no clock. A feature asks a [`Snapshot`] and gives plain data; of the
//! files of its package it knows what a [`PackageFolder`] tells, which reads through analysis' `System`.

mod actions;
mod at;
mod calls;
mod complete;
mod definition;
mod diagnostics;
#[cfg(test)]
mod fixture;
mod folder;
mod folding;
mod format;
mod hover;
mod imports;
mod inlay;
mod lenses;
mod links;
mod on_type;
mod references;
mod rename;
mod render;
mod results;
mod selection;
mod semantic;
mod signature;
mod symbols;
mod tree;
mod type_definition;

pub use actions::{Action, ActionKind, actions};
pub use calls::{CallPath, Caller, incoming_calls, outgoing_calls, prepare_calls};
pub use complete::{About, Completion, CompletionKind, complete, documentation, plain};
pub use definition::definition;
pub use diagnostics::{QuickFix, diagnostics, fixes};
pub use folder::PackageFolder;
pub use folding::{Fold, FoldKind, folds};
pub use format::{TextEdit, format, format_range};
pub use hover::{Hover, hover};
pub use inlay::{InlayHint, InlayKind, inlay_hints};
pub use lenses::{Lens, LensKind, lenses};
pub use links::{Link, LinkTarget, links};
pub use on_type::format_on_type;
pub use pipe_analysis::inspect::{DeclarationKind, Snapshot};
pub use references::{Reference, highlights, references};
pub use rename::{prepare_rename, rename};
pub use results::{CacheState, ItemResult, LastRun, Program, Results, Runnable, Shown, StepResult, program};
pub use selection::selections;
pub use semantic::{SemanticToken, TokenKind, semantic_tokens};
pub use signature::{SignatureHelp, signature_help};
pub use symbols::{Symbol, SymbolKind, matches_query, symbols};
pub use type_definition::type_definition;
