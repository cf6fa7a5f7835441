//! What items reach through what they name.

use std::collections::{BTreeMap, HashSet};

use indexmap::IndexSet;

use crate::db::{Db, ItemNode, Role, SourceModule, items, items_of, module_of};
use crate::infer::infer;
use crate::signature::{ParamSignature, Signature, for_each_declared, signature};
use crate::typed::Global;

/// The items that some reach, themselves among them. Each name is met once; `goes_on` says whether its items belong to it.
pub(crate) fn reached<'db>(
    db: &'db dyn Db,
    roots: impl IntoIterator<Item = ItemNode<'db>>,
    mut goes_on: impl FnMut(&Global, SourceModule) -> bool,
) -> IndexSet<ItemNode<'db>> {
    let mut reached = IndexSet::new();
    let mut seen: HashSet<Global> = HashSet::new();
    let mut waiting: Vec<ItemNode<'db>> = roots.into_iter().collect();
    while let Some(node) = waiting.pop() {
        if !reached.insert(node) {
            continue;
        }
        each_need(db, node, &mut |global| {
            if seen.contains(global) {
                return;
            }
            seen.insert(global.clone());
            let module = module_of(db, &global.module).filter(|module| goes_on(global, *module));
            // A type and a function may have one name.
            waiting.extend(module.iter().flat_map(|module| items_of(db, *module, &global.name)));
        });
    }
    reached
}

/// Items of the standard library that the modules and the given names need, and those that these need, by module and in
/// the order of the source: evaluating the modules needs nothing else of it.
pub(crate) fn in_std<'db, 'g>(
    db: &'db dyn Db,
    modules: &[SourceModule],
    names: impl Iterator<Item = &'g Global>,
) -> Vec<(SourceModule, Vec<ItemNode<'db>>)> {
    let is_std = |module: &SourceModule| module.role(db) == Role::Std;
    let named = names.filter_map(|name| {
        let module = module_of(db, &name.module).filter(is_std)?;
        Some(items_of(db, module, &name.name))
    });
    let own = modules.iter().flat_map(|module| &items(db, *module).nodes);
    let roots: Vec<ItemNode<'db>> = named.flatten().chain(own).copied().collect();
    let mut found: BTreeMap<_, (SourceModule, BTreeMap<u32, ItemNode<'db>>)> = BTreeMap::new();
    for node in reached(db, roots, |_, module| is_std(&module)) {
        let module = node.module(db);
        if is_std(&module) {
            let (_, nodes) = found.entry(module.id(db)).or_insert_with(|| (module, BTreeMap::new()));
            nodes.insert(node.offset(db), node);
        }
    }
    found.into_values().map(|(module, nodes)| (module, nodes.into_values().collect())).collect()
}

/// What an item's body names, and the types in its body and around it.
pub(crate) fn each_need(db: &dyn Db, node: ItemNode<'_>, visit: &mut dyn FnMut(&Global)) {
    let references = &infer(db, node).references;
    references.globals.iter().chain(&references.types).for_each(&mut *visit);
    let mut params = |params: &[ParamSignature]| {
        params.iter().for_each(|param| for_each_declared(&param.ty, visit));
    };
    match &signature(db, node).signature {
        Signature::Function(function) => {
            params(&function.params);
            for_each_declared(&function.ret, visit);
        }
        Signature::Value(value) => for_each_declared(&value.ty, visit),
        Signature::Record(record) => params(&record.fields),
        Signature::Enum(item) => item.variants.iter().for_each(|variant| params(&variant.payload)),
        Signature::None => {}
    }
}
