//! Private `let`s without a type: their type is that of their value.
//!
//! They are the only signatures that look into a body, so they are the only ones that could need each other in a circle. An
//! explicit walk over the names they mention finds that before any query runs into it.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_syntax::{ast, deeper};

use crate::checks::for_each_name;
use crate::db::{Db, ItemNode, SourceModule};
use crate::infer::infer;
use crate::place::ItemTag;
use crate::scope::module_scope;
use crate::typed::Type;

/// The type of a `let` by its value; [`Type::Error`] when it stands in a circle, which the cycle check reports.
pub(super) fn inferred_type<'db>(db: &'db dyn Db, node: ItemNode<'db>) -> Type {
    if untyped_let_cycles(db, node.module(db)).contains(&node.key(db).name) {
        return Type::Error;
    }
    // One `let` may lead to the next, and so on.
    deeper(|| infer(db, node)).value_type.clone().unwrap_or(Type::Error)
}

/// Names that the value of a `let` without a type mentions; empty for any other item.
#[salsa::tracked]
fn mentions<'db>(db: &'db dyn Db, node: ItemNode<'db>) -> BTreeSet<Arc<str>> {
    let mut names = BTreeSet::new();
    if let ast::ItemKind::Let(ast::LetItem { ty: None, value, .. }) = &**node.tree(db) {
        for_each_name(value, &mut |name| {
            names.insert(name.text.shared());
        });
    }
    names
}

/// The `let`s without a type whose values need each other.
#[salsa::tracked]
pub(crate) fn untyped_let_cycles(db: &dyn Db, module: SourceModule) -> BTreeSet<Arc<str>> {
    let scope = module_scope(db, module);
    let lets: Vec<(&Arc<str>, &BTreeSet<Arc<str>>)> = scope
        .values
        .iter()
        .filter(|(_, node)| node.key(db).kind == ItemTag::Let)
        .map(|(name, node)| (name, mentions(db, *node)))
        .filter(|(_, mentioned)| !mentioned.is_empty())
        .collect();
    let mut cyclic: BTreeSet<Arc<str>> = lets.iter().map(|(name, _)| (*name).clone()).collect();
    // Take away what mentions none of the rest until nothing more goes: what stays needs something that needs itself.
    loop {
        let before = cyclic.len();
        let settled: Vec<Arc<str>> = lets
            .iter()
            .filter(|(name, mentioned)| cyclic.contains(*name) && mentioned.is_disjoint(&cyclic))
            .map(|(name, _)| (*name).clone())
            .collect();
        for name in settled {
            cyclic.remove(&name);
        }
        if cyclic.len() == before {
            return cyclic;
        }
    }
}
