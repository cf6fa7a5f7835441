//! Items that nothing reaches.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;
use pipe_diagnostics::Diagnostic;

use crate::checks::name_span;
use crate::db::{Db, ItemNode, Role, SourceModule, Workspace, in_std, items};
use crate::place::{Finding, ItemTag};
use crate::reachable::each_need;
use crate::typed::{Global, ModuleId};

/// Private functions of a module that nothing reaches: no `pub` item, test or param, and nothing that these reach.
#[salsa::tracked]
pub(super) fn unused_functions(db: &dyn Db, module: SourceModule) -> Vec<Finding> {
    let graph = Graph::new(db, &[module]);
    let private = |item: &Item<'_>| {
        let key = item.node.key(db);
        key.kind == ItemTag::Function && !item.public && !key.name.starts_with('_')
    };
    let items = &module_references(db, module).items;
    let reached = graph.reach(items.iter().filter(|item| !private(item)));
    let unused = items.iter().filter(|item| private(item) && !reached.contains(&item.node));
    unused
        .map(|Item { node, .. }| {
            let name = &node.key(db).name;
            let message = format!("nothing reaches the function `{name}`");
            let found = Diagnostic::warning("unused-function", message, node.place(db, name_span(db, *node)));
            found.help(format!("remove it, make it `pub`, or call it `_{name}`"))
        })
        .collect()
}

/// `pub` functions, values, records and enums of other modules of the package that nothing reaches from the entry module.
#[salsa::tracked]
pub(super) fn unreachable(db: &dyn Db) -> Vec<Finding> {
    let modules = Workspace::try_get(db).map(|workspace| workspace.modules(db).clone()).unwrap_or_default();
    let own = || modules.iter().filter(|module| module.role(db).in_root_package());
    let Some(entry) = own().find(|module| module.role(db) == Role::Entry) else { return Vec::new() };
    let graph = Graph::new(db, &modules);
    let reached = graph.reach(&module_references(db, *entry).items);
    // Of a module that is only named the `use` is told.
    let named: HashSet<SourceModule> =
        own().flat_map(|module| module.imports(db).values().copied().flatten()).collect();
    let mut found = Vec::new();
    for module in own().filter(|module| module.role(db) == Role::Root) {
        let items = &module_references(db, *module).items;
        if named.contains(module) && !items.iter().any(|item| reached.contains(&item.node)) {
            continue;
        }
        for Item { node, .. } in items.iter().filter(|item| item.public && !reached.contains(&item.node)) {
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

/// The items of a module in its order, with what they name.
#[derive(Clone, Debug, PartialEq, Eq, salsa::SalsaValue)]
struct ModuleReferences<'db> {
    items: Vec<Item<'db>>,
}

#[derive(Clone, Debug, PartialEq, Eq, salsa::SalsaValue)]
struct Item<'db> {
    node: ItemNode<'db>,
    public: bool,
    /// What it names in modules of the program, not of the standard library; each once.
    names: Vec<Global>,
}

/// Apart from what else is known of items, so that an edit that changes nothing of it asks for nothing further.
#[salsa::tracked]
fn module_references<'db>(db: &'db dyn Db, module: SourceModule) -> ModuleReferences<'db> {
    let item = |node: &ItemNode<'db>| {
        let mut names = IndexSet::new();
        each_need(db, *node, &mut |global| {
            if !names.contains(global) && !in_std(db, &global.module) {
                names.insert(global.clone());
            }
        });
        Item { node: *node, public: node.public(db), names: names.into_iter().collect() }
    };
    ModuleReferences { items: items(db, module).nodes.iter().map(item).collect() }
}

/// What names what, in some modules.
struct Graph<'db> {
    modules: HashMap<&'db ModuleId, HashMap<&'db str, Vec<&'db Item<'db>>>>,
}

impl<'db> Graph<'db> {
    fn new(db: &'db dyn Db, modules: &[SourceModule]) -> Graph<'db> {
        let by_name = |module: &SourceModule| {
            let mut by_name: HashMap<&str, Vec<&Item<'db>>> = HashMap::new();
            for item in &module_references(db, *module).items {
                by_name.entry(&*item.node.key(db).name).or_default().push(item);
            }
            (module.id(db), by_name)
        };
        Graph { modules: modules.iter().map(by_name).collect() }
    }

    /// The items that some reach through what they name, themselves among them.
    fn reach(&self, roots: impl IntoIterator<Item = &'db Item<'db>>) -> HashSet<ItemNode<'db>> {
        let mut reached = HashSet::new();
        let mut waiting: Vec<&Item<'db>> = roots.into_iter().collect();
        while let Some(item) = waiting.pop() {
            if !reached.insert(item.node) {
                continue;
            }
            for global in &item.names {
                let named = self.modules.get(&global.module).and_then(|names| names.get(&*global.name));
                waiting.extend(named.into_iter().flatten());
            }
        }
        reached
    }
}
