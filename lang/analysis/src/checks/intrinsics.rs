//! What only the standard library can declare.

use pipe_diagnostics::Diagnostic;
use pipe_syntax::ast;

use super::name_span;
use crate::db::{Db, ItemNode, Role};
use crate::place::Finding;

/// An `opaque` type outside the standard library.
pub(crate) fn opaque_outside_std(db: &dyn Db, node: ItemNode<'_>) -> Option<Finding> {
    let opaque = matches!(&**node.tree(db), ast::ItemKind::Record(record) if record.opaque);
    if !opaque || node.module(db).role(db) == Role::Std {
        return None;
    }
    let place = node.place(db, name_span(db, node));
    let found = Diagnostic::error("opaque-type", "only the standard library declares opaque types", place);
    Some(found.help("write `record`"))
}
