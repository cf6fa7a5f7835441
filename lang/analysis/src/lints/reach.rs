//! Items that nothing reaches.

use pipe_diagnostics::Diagnostic;

use crate::checks::name_span;
use crate::db::{Db, ItemNode, Role, SourceModule, items};
use crate::package::Loaded;
use crate::place::{Finding, ItemTag};
use crate::reachable::reached;

/// Private functions of a module that nothing reaches: no `pub` item, test or param, and nothing that these reach.
pub(super) fn unused_functions(db: &dyn Db, module: SourceModule) -> Vec<Finding> {
    let nodes = &items(db, module).nodes;
    let private = |node: &ItemNode<'_>| {
        let key = node.key(db);
        key.kind == ItemTag::Function && !node.public(db) && !key.name.starts_with('_')
    };
    let roots = nodes.iter().filter(|node| !private(node)).copied();
    let reached = reached(db, roots, |_, of| of == module);
    let unused = nodes.iter().filter(|node| private(node) && !reached.contains(*node));
    unused
        .map(|node| {
            let name = &node.key(db).name;
            let message = format!("nothing reaches the function `{name}`");
            let found = Diagnostic::warning("unused-function", message, node.place(db, name_span(db, *node)));
            found.help(format!("remove it, make it `pub`, or call it `_{name}`"))
        })
        .collect()
}

/// `pub` functions, values, records and enums of other modules that nothing reaches from the entry module.
pub(super) fn unreachable(db: &dyn Db, loaded: &Loaded) -> Vec<Finding> {
    let Some(entry) = loaded.entry else { return Vec::new() };
    let entries = items(db, entry).nodes.iter().copied();
    let reached = reached(db, entries, |_, module| module.role(db) != Role::Std);
    let mut found = Vec::new();
    for &module in loaded.own.iter().filter(|module| module.role(db) == Role::Root) {
        // Of a module that is only named the `use` is told.
        let named =
            loaded.own.iter().any(|other| other.imports(db).values().any(|used| *used == Some(module)));
        if named && !items(db, module).nodes.iter().any(|node| reached.contains(node)) {
            continue;
        }
        for node in items(db, module).nodes.iter().filter(|node| node.public(db) && !reached.contains(*node))
        {
            let kind = match node.key(db).kind {
                ItemTag::Function => "function",
                ItemTag::Let => "value",
                ItemTag::Record => "record",
                ItemTag::Enum => "enum",
                _ => continue,
            };
            let message = format!("the entry module does not reach the {kind} `{}`", node.key(db).name);
            let place = node.place(db, name_span(db, *node));
            let warning = Diagnostic::warning("unreachable-pub", message, place);
            found.push(warning.help("remove `pub`, or the item; or let the entry module use it"));
        }
    }
    found
}
