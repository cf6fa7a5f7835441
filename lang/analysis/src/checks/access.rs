//! Items of other modules that are not `pub`.

use pipe_diagnostics::Diagnostic;

use super::name_span;
use crate::db::ItemNode;
use crate::place::{Finding, Place};
use crate::scope::Names;

/// An item is used that its module keeps to itself.
pub(crate) fn private(names: Names<'_>, node: ItemNode<'_>, module: &str, place: Place) -> Finding {
    let name = &node.key(names.db).name;
    let declared = node.place(names.db, name_span(names.db, node));
    Diagnostic::error("private", format!("`{name}` is private to module `{module}`"), place)
        .label(declared, "declared here without `pub`")
        .help("put `pub` before its declaration, if others should use it")
}
