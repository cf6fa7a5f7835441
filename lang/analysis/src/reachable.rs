//! What a package can reach of the standard library: evaluating it needs nothing else.

use std::collections::{BTreeMap, HashSet};

use crate::db::{Db, ItemNode, Role, SourceModule, items, items_of, module_of};
use crate::infer::infer;
use crate::signature::{ParamSignature, Signature, for_each_declared, signature};
use crate::typed::{Global, ModuleId, Type};

/// Items of the standard library that the modules and the given names need, and those that these need, by module and in
/// the order of the source.
pub(crate) fn in_std<'db, 'g>(
    db: &'db dyn Db,
    modules: &[SourceModule],
    names: impl Iterator<Item = &'g Global>,
) -> Vec<(SourceModule, Vec<ItemNode<'db>>)> {
    let mut search = Search { db, seen: HashSet::new(), waiting: Vec::new(), found: BTreeMap::new() };
    names.for_each(|name| search.name(name));
    for module in modules {
        items(db, *module).nodes.iter().for_each(|node| search.needs_of(*node));
    }
    while let Some(node) = search.waiting.pop() {
        search.needs_of(node);
    }
    let found = search.found.into_values();
    found.map(|(module, nodes)| (module, nodes.into_values().collect())).collect()
}

struct Search<'db> {
    db: &'db dyn Db,
    /// Names that were met, of any module.
    seen: HashSet<Global>,
    /// Items whose needs are not known yet.
    waiting: Vec<ItemNode<'db>>,
    /// By module and offset.
    found: BTreeMap<ModuleId, (SourceModule, BTreeMap<u32, ItemNode<'db>>)>,
}

impl<'db> Search<'db> {
    fn name(&mut self, name: &Global) {
        if self.seen.contains(name) {
            return;
        }
        self.seen.insert(name.clone());
        let module = module_of(self.db, &name.module);
        let Some(module) = module.filter(|module| module.role(self.db) == Role::Std) else { return };
        // A type and a function may have one name.
        for &node in items_of(self.db, module, &name.name) {
            let (_, nodes) =
                self.found.entry(name.module.clone()).or_insert_with(|| (module, BTreeMap::new()));
            nodes.insert(node.offset(self.db), node);
            self.waiting.push(node);
        }
    }

    /// What an item's body names, and the types in its body and around it.
    fn needs_of(&mut self, node: ItemNode<'db>) {
        let references = &infer(self.db, node).references;
        references.globals.iter().chain(&references.types).for_each(|global| self.name(global));
        match &signature(self.db, node).signature {
            Signature::Function(function) => {
                self.params(&function.params);
                self.ty(&function.ret);
            }
            Signature::Value(value) => self.ty(&value.ty),
            Signature::Record(record) => self.params(&record.fields),
            Signature::Enum(item) => item.variants.iter().for_each(|variant| self.params(&variant.payload)),
            Signature::None => {}
        }
    }

    fn params(&mut self, params: &[ParamSignature]) {
        params.iter().for_each(|param| self.ty(&param.ty));
    }

    fn ty(&mut self, ty: &Type) {
        for_each_declared(ty, &mut |global| self.name(global));
    }
}
