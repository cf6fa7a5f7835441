//! Items that nothing reaches.

use std::collections::{BTreeSet, HashSet};

use pipe_diagnostics::Diagnostic;

use crate::checks::name_span;
use crate::db::{Db, ItemNode, Role, SourceModule, items, items_of, module_of};
use crate::infer::infer;
use crate::package::Loaded;
use crate::place::{Finding, ItemTag};

/// Private functions of a module that nothing reaches: no `pub` item, test or param, and nothing that these reach.
pub(super) fn unused_functions(db: &dyn Db, module: SourceModule) -> Vec<Finding> {
    let nodes = &items(db, module).nodes;
    let private = |node: &ItemNode<'_>| {
        let key = node.key(db);
        key.kind == ItemTag::Function && !node.public(db) && !key.name.starts_with('_')
    };
    let roots = nodes.iter().filter(|node| !private(node)).copied();
    let reached = reach(db, roots.collect(), |global| *global.id(db) == *module.id(db));
    let unused = nodes.iter().filter(|node| private(node) && !reached.contains(node));
    unused
        .map(|node| {
            let name = &node.key(db).name;
            let message = format!("nothing reaches the function `{name}`");
            let found = Diagnostic::warning("unused-function", message, node.place(db, name_span(db, *node)));
            found.help(format!("remove it, make it `pub`, or call it `_{name}`"))
        })
        .collect()
}

/// `pub` functions and values of other modules that nothing reaches from the entry module.
pub(super) fn unreachable(db: &dyn Db, loaded: &Loaded) -> Vec<Finding> {
    let Some(entry) = loaded.entry else { return Vec::new() };
    let reached = reach(db, items(db, entry).nodes.clone(), |_| true);
    let mut found = Vec::new();
    for &module in loaded.own.iter().filter(|module| module.role(db) == Role::Root) {
        // Of a module that is only named the `use` is told.
        let named =
            loaded.own.iter().any(|other| other.imports(db).values().any(|used| *used == Some(module)));
        if named && !items(db, module).nodes.iter().any(|node| reached.contains(node)) {
            continue;
        }
        for node in items(db, module).nodes.iter().filter(|node| node.public(db) && !reached.contains(node)) {
            let kind = match node.key(db).kind {
                ItemTag::Function => "function",
                ItemTag::Let => "value",
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

/// The items that some reach through what they name, in modules of the kind, themselves among them.
fn reach<'db>(
    db: &'db dyn Db,
    roots: Vec<ItemNode<'db>>,
    within: impl Fn(&SourceModule) -> bool,
) -> HashSet<ItemNode<'db>> {
    let mut reached = HashSet::new();
    let mut seen = BTreeSet::new();
    let mut waiting = roots;
    while let Some(node) = waiting.pop() {
        reached.insert(node);
        for global in &infer(db, node).references.globals {
            if !seen.insert(global) {
                continue;
            }
            let module = module_of(db, &global.module);
            let module = module.filter(|module| module.role(db) != Role::Std && within(module));
            waiting.extend(module.iter().flat_map(|module| items_of(db, *module, &global.name)));
        }
    }
    reached
}
