//! What can be written at a place: names of a module, members of a module, what a value offers.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_diagnostics::FileSpan;

use super::declaration::Declaration;
use super::snapshot::Snapshot;
use crate::db::{ItemNode, Role, item_of, items};
use crate::infer::{Part, own_name};
use crate::place::ItemTag;
use crate::scope::module_scope;
use crate::signature::{Signature, signature};
use crate::typed::{Global, ModuleId, Type};

impl Snapshot {
    /// Names that stand for something anywhere in a file: its own, then the prelude's and the modules that need no `use`.
    pub fn names(&self, file: &str) -> Vec<Declaration> {
        let Some(module) = self.module(file) else { return Vec::new() };
        let names = self.scope(module);
        let declared = names.all_own();
        let own = declared.values.iter().chain(&declared.types);
        let std = names.all_std().values.iter().chain(&names.all_std().types);
        let hidden =
            |name: &Arc<str>| declared.values.contains_key(name) || declared.types.contains_key(name);
        let std = std.filter(|(name, _)| !hidden(name));
        let public = std.filter(|(_, node)| node.public(&self.db));
        let named = |(name, node): (&Arc<str>, &ItemNode<'_>)| {
            Some(Declaration { name: name.clone(), ..self.describe(*node)? })
        };
        let mut found: Vec<Declaration> = own.chain(public).filter_map(named).collect();
        let modules = names.all_std().namespaces.iter().filter(|(name, _)| !hidden(name));
        found.extend(modules.map(|(_, module)| self.describe_module(*module)));
        found
    }

    /// What another module offers to the one that names it.
    pub fn members_of_module(&self, id: &ModuleId) -> Vec<Declaration> {
        let Some(module) = self.module_of(id) else { return Vec::new() };
        let scope = module_scope(&self.db, module);
        let all = scope.values.iter().chain(&scope.types);
        all.filter(|(name, node)| {
            node.public(&self.db) && !name.contains('.') && node.key(&self.db).kind != ItemTag::Use
        })
        .filter_map(|(_, node)| self.describe(*node))
        .collect()
    }

    /// Fields and operations of a type, fields first.
    pub fn members(&self, file: &str, ty: &Type) -> Vec<Declaration> {
        let Some(module) = self.module(file) else { return Vec::new() };
        let names = self.scope(module);
        let record = match ty {
            Type::Record(global, _) | Type::Opaque(global, _) => {
                item_of(&self.db, global, &[ItemTag::Record])
            }
            Type::Checked(kind) => names.std_type(kind.name()),
            _ => None,
        };
        let mut found = Vec::new();
        if let Some(node) = record
            && let Signature::Record(record) = &signature(&self.db, node).signature
        {
            let fields = 0..record.fields.len();
            found.extend(fields.filter_map(|i| self.describe_part(node, Part::Field(i))));
        }
        let operations = names.operations(ty);
        let public = operations.into_iter().flatten().filter(|(_, node)| node.public(&self.db));
        found.extend(public.filter_map(|(_, node)| self.describe(*node)));
        found
    }

    /// The variants of an enum, by its type.
    pub fn variants(&self, ty: &Type) -> Vec<Declaration> {
        let Type::Enum(global, _) = ty else { return Vec::new() };
        let Some(node) = item_of(&self.db, global, &[ItemTag::Enum]) else { return Vec::new() };
        self.variants_of(node)
    }

    /// The variants of the enum of a name in a file.
    pub fn variants_named(&self, file: &str, name: &str) -> Vec<Declaration> {
        let node = self.module(file).and_then(|module| self.scope(module).ty(name));
        node.map(|node| self.variants_of(node)).unwrap_or_default()
    }

    fn variants_of(&self, node: ItemNode<'_>) -> Vec<Declaration> {
        let Signature::Enum(item) = &signature(&self.db, node).signature else { return Vec::new() };
        (0..item.variants.len()).filter_map(|i| self.describe_part(node, Part::Variant(i))).collect()
    }

    /// The declaration of a type that has one; of what a list, an optional value or an action is of.
    pub fn declaration_of(&self, file: &str, ty: &Type) -> Option<Declaration> {
        match ty {
            Type::List(inner) | Type::Optional(inner) | Type::Action(inner) | Type::Map(_, inner) => {
                self.declaration_of(file, inner)
            }
            Type::Record(global, _) | Type::Opaque(global, _) | Type::Enum(global, _) => {
                self.describe(item_of(&self.db, global, &[ItemTag::Record, ItemTag::Enum])?)
            }
            Type::Checked(kind) => Some(self.describe_checked(self.module(file)?, *kind)),
            _ => None,
        }
    }

    /// Functions that can stand behind `|>`: their first parameter takes a value of the type. Each with what is written before
    /// its name: a module that the file knows, or nothing.
    pub fn functions_on(&self, file: &str, ty: &Type) -> Vec<(Option<Arc<str>>, Declaration)> {
        let Some(module) = self.module(file) else { return Vec::new() };
        let names = self.scope(module);
        let own = names.all_own().values.values().map(|node| (None, *node));
        let std =
            names.all_std().values.values().filter(|node| node.public(&self.db)).map(|node| (None, *node));
        let imported = module.imports(&self.db).iter().filter_map(|(name, module)| Some((name, (*module)?)));
        let elsewhere = imported.flat_map(|(name, module)| {
            let nodes = items(&self.db, module).nodes.iter();
            nodes.filter(|node| node.public(&self.db)).map(|node| (Some(name.clone()), *node))
        });
        let all = own.chain(elsewhere).chain(std);
        all.filter(|(_, node)| match &signature(&self.db, *node).signature {
            Signature::Function(function) => {
                function.params.first().is_some_and(|first| takes(&first.ty, ty))
            }
            _ => false,
        })
        .filter_map(|(before, node)| Some((before, self.describe(node)?)))
        .collect()
    }

    /// The files of the standard library, in its order.
    pub fn standard_library(&self) -> impl Iterator<Item = &Arc<str>> {
        let std = crate::db::StdLibrary::get(&self.db).modules(&self.db).iter();
        std.map(|module| module.file(&self.db).name(&self.db))
    }

    /// What a file is: its module's name and the lines at its top.
    pub fn module_of_file(&self, file: &str) -> Option<Declaration> {
        self.module(file).map(|module| self.describe_module(module))
    }

    /// The variants of an enum that is declared at a place.
    pub fn variants_at(&self, place: &FileSpan) -> Vec<Declaration> {
        self.node_at(place).map(|node| self.variants_of(node)).unwrap_or_default()
    }

    /// Items of the standard library that evaluating an item may come to: those that it names, and those that the items of the
    /// program name that it names.
    pub fn reached_in_standard_library(&self, place: &FileSpan) -> BTreeSet<Global> {
        let mut found = BTreeSet::new();
        crate::reachable::reached(&self.db, self.node_at(place), |global, module| {
            let is_std = module.role(&self.db) == Role::Std;
            if is_std {
                found.insert(global.clone());
            }
            !is_std
        });
        found
    }

    /// The actions of the standard library that running an item may come to, by their own names.
    pub fn effects(&self, place: &FileSpan) -> BTreeSet<Arc<str>> {
        let reached = self.reached_in_standard_library(place).into_iter();
        let actions = reached.filter(|global| {
            let node = item_of(&self.db, global, &[ItemTag::Function]);
            node.is_some_and(|node| match &signature(&self.db, node).signature {
                Signature::Function(function) => function.action,
                _ => false,
            })
        });
        actions.map(|global| own_name(&global.name).into()).collect()
    }

    fn node_at(&self, place: &FileSpan) -> Option<ItemNode<'_>> {
        self.item_at(self.module(&place.file)?, place.start)
    }

    /// What the items of a file declare, in its order; tests too.
    pub fn declared_in(&self, file: &str) -> Vec<Declaration> {
        let Some(module) = self.module(file) else { return Vec::new() };
        let nodes = items(&self.db, module).nodes.iter();
        nodes
            .filter(|node| node.key(&self.db).kind != ItemTag::Use)
            .filter_map(|n| self.describe(*n))
            .collect()
    }
}

/// Whether a parameter of one type takes a value of another, as far as that can be told without its type arguments.
fn takes(parameter: &Type, value: &Type) -> bool {
    match (parameter, value) {
        (Type::Parameter(_), _) | (_, Type::Error | Type::Never) => true,
        (Type::Optional(inner), value) if !matches!(value, Type::Optional(_)) => takes(inner, value),
        (Type::Optional(a), Type::Optional(b))
        | (Type::List(a), Type::List(b))
        | (Type::Action(a), Type::Action(b)) => takes(a, b),
        (Type::Map(a, x), Type::Map(b, y)) => takes(a, b) && takes(x, y),
        (Type::Record(a, _), Type::Record(b, _))
        | (Type::Enum(a, _), Type::Enum(b, _))
        | (Type::Opaque(a, _), Type::Opaque(b, _)) => a == b,
        (Type::Tree, Type::Opaque(global, _)) => matches!(&*global.name, "Dir" | "File"),
        (Type::Command, Type::List(element)) => **element == Type::String,
        (a, b) => a == b,
    }
}
