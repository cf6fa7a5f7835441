//! The typed program: items without salsa, with their origins.

use std::sync::Arc;

use indexmap::IndexMap;
use pipe_diagnostics::Severity;

use crate::checks;
use crate::db::{Db, ItemNode, Role, SourceModule, StdLibrary, Workspace, items, module_docs};
use crate::expression::CheckedExpression;
use crate::infer::{Bodies, Defaults, infer};
use crate::package::NetworkPermission;
use crate::reachable;
use crate::signature::{
    EnumSignature, FunctionSignature, ParamSignature, RecordSignature, Signature, ValueSignature, signature,
};
use crate::typed;

/// The whole program, the standard library's modules first.
pub(crate) fn program(db: &dyn Db, root: Option<SourceModule>) -> typed::Program {
    let std = StdLibrary::get(db).modules(db).iter();
    let user = Workspace::try_get(db).map(|workspace| workspace.modules(db).clone()).unwrap_or_default();
    let modules: IndexMap<_, _> = std
        .chain(user.iter())
        .map(|&module| (module.id(db).clone(), typed_module(db, module).clone()))
        .collect();
    typed::Program { modules, root: root.map(|root| root.id(db).clone()) }
}

/// The program without what it cannot reach of the standard library, the modules of which come first. These have no
/// documentation.
pub(crate) fn program_for(
    db: &dyn Db,
    root: Option<SourceModule>,
    expressions: &[CheckedExpression],
) -> typed::Program {
    let user = Workspace::try_get(db).map(|workspace| workspace.modules(db).clone()).unwrap_or_default();
    let roots = expressions.iter().flat_map(|expression| &expression.needs);
    let std = reachable::in_std(db, &user, roots).into_iter().map(|(module, nodes)| {
        let mut out = empty_module(db, module);
        for node in nodes {
            Assemble { db, node, has_errors: has_errors(db, node) }.add_to(&mut out);
        }
        Arc::new(out)
    });
    let user = user.iter().map(|&module| typed_module(db, module).clone());
    let modules = std.chain(user).map(|module| (module.id.clone(), module)).collect();
    typed::Program { modules, root: root.map(|root| root.id(db).clone()) }
}

fn empty_module(db: &dyn Db, module: SourceModule) -> typed::Module {
    typed::Module {
        id: module.id(db).clone(),
        file: module.file(db).name(db).clone(),
        docs: Vec::new(),
        in_root_package: module.role(db).in_root_package(),
        edition: module.package(db).edition,
        offline: module.role(db) == Role::Dependency
            && module.package(db).permissions.network == NetworkPermission::Off,
        functions: IndexMap::new(),
        params: IndexMap::new(),
        lets: IndexMap::new(),
        records: IndexMap::new(),
        enums: IndexMap::new(),
        tests: Vec::new(),
    }
}

/// A module of the program.
#[salsa::tracked]
pub(crate) fn typed_module(db: &dyn Db, module: SourceModule) -> Arc<typed::Module> {
    let mut out = typed::Module { docs: module_docs(db, module), ..empty_module(db, module) };
    let cyclic = checks::call_cycles(db, module);
    for &node in &items(db, module).nodes {
        // Of two items with one name the first is the one that the name means.
        if node.key(db).ordinal > 0 && node.key(db).kind != crate::place::ItemTag::Test {
            continue;
        }
        let global = node.global(db);
        let in_cycle = cyclic.iter().any(|cycle| cycle.members.contains(&global));
        let assemble = Assemble { db, node, has_errors: in_cycle || has_errors(db, node) };
        assemble.add_to(&mut out);
    }
    Arc::new(out)
}

fn has_errors(db: &dyn Db, node: ItemNode<'_>) -> bool {
    let findings = signature(db, node).findings.iter().chain(&infer(db, node).findings);
    node.broken(db) || findings.into_iter().any(|found| found.severity == Severity::Error)
}

struct Assemble<'db> {
    db: &'db dyn Db,
    node: ItemNode<'db>,
    has_errors: bool,
}

impl<'db> Assemble<'db> {
    fn add_to(&self, out: &mut typed::Module) {
        let bodies = &infer(self.db, self.node).bodies;
        let name = self.node.key(self.db).name.clone();
        match (&signature(self.db, self.node).signature, bodies) {
            (Signature::Function(function), Bodies::Function { defaults, body }) => {
                let body = match body {
                    Some(body) => typed::FunctionBody::Source(body.clone()),
                    None => typed::FunctionBody::Intrinsic,
                };
                out.functions.insert(name, Arc::new(self.function(function, defaults, body)));
            }
            (Signature::Value(value), Bodies::Value(body)) => self.value(out, value, body.clone()),
            (Signature::Record(record), Bodies::Fields(defaults)) => {
                out.records.insert(name, Arc::new(self.record(record, defaults)));
            }
            (Signature::Enum(item), Bodies::Variants(defaults)) => {
                out.enums.insert(name, Arc::new(self.enum_item(item, defaults)));
            }
            (_, Bodies::Test { with, body }) => out.tests.push(Arc::new(typed::Test {
                title: name,
                origin: self.origin(),
                with: with.clone(),
                body: body.clone(),
                has_errors: self.has_errors,
            })),
            _ => {}
        }
    }

    fn origin(&self) -> typed::Origin {
        let file = self.node.module(self.db).file(self.db).name(self.db).clone();
        typed::Origin {
            file,
            offset: self.node.offset(self.db),
            cuts: self.node.cuts(self.db).clone(),
            name: checks::name_span(self.db, self.node),
        }
    }

    fn docs(&self) -> Vec<String> {
        self.node.docs(self.db).clone()
    }

    fn function(
        &self,
        function: &FunctionSignature,
        defaults: &Defaults,
        body: typed::FunctionBody,
    ) -> typed::Function {
        typed::Function {
            global: function.global.clone(),
            origin: self.origin(),
            docs: self.docs(),
            public: self.node.public(self.db),
            action: function.action,
            type_params: function.type_params.clone(),
            params: params(&function.params, defaults, &[]),
            ret: function.ret.clone(),
            body,
            has_errors: self.has_errors,
        }
    }

    fn value(&self, out: &mut typed::Module, value: &ValueSignature, body: Option<Arc<typed::Body>>) {
        let name = value.global.name.clone();
        let (global, origin, docs) = (value.global.clone(), self.origin(), self.docs());
        let (public, ty, has_errors) = (self.node.public(self.db), value.ty.clone(), self.has_errors);
        if self.node.key(self.db).kind == crate::place::ItemTag::Param {
            let param = typed::Param { global, origin, docs, public, ty, default: body, has_errors };
            out.params.insert(name, Arc::new(param));
        } else {
            let item = typed::Let { global, origin, docs, public, ty, value: body, has_errors };
            out.lets.insert(name, Arc::new(item));
        }
    }

    fn record(&self, record: &RecordSignature, defaults: &Defaults) -> typed::Record {
        typed::Record {
            global: record.global.clone(),
            origin: self.origin(),
            docs: self.docs(),
            public: self.node.public(self.db),
            opaque: record.opaque,
            type_params: record.type_params.clone(),
            fields: params(&record.fields, defaults, &self.field_docs()),
            has_errors: self.has_errors,
        }
    }

    fn field_docs(&self) -> Vec<Vec<String>> {
        match &**self.node.tree(self.db) {
            pipe_syntax::ast::ItemKind::Record(record) => {
                record.fields.iter().map(|field| field.docs.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn enum_item(&self, item: &EnumSignature, defaults: &[Defaults]) -> typed::Enum {
        let docs: Vec<Vec<String>> = match &**self.node.tree(self.db) {
            pipe_syntax::ast::ItemKind::Enum(tree) => {
                tree.variants.iter().map(|variant| variant.docs.clone()).collect()
            }
            _ => Vec::new(),
        };
        let none = Defaults::new();
        let variants = item.variants.iter().enumerate().map(|(i, variant)| typed::Variant {
            name: variant.name.clone(),
            docs: docs.get(i).cloned().unwrap_or_default(),
            payload: params(&variant.payload, defaults.get(i).unwrap_or(&none), &[]),
        });
        typed::Enum {
            global: item.global.clone(),
            origin: self.origin(),
            docs: self.docs(),
            public: self.node.public(self.db),
            type_params: item.type_params.clone(),
            variants: variants.collect(),
            has_errors: self.has_errors,
        }
    }
}

fn params(params: &[ParamSignature], defaults: &Defaults, docs: &[Vec<String>]) -> Vec<typed::FunctionParam> {
    params
        .iter()
        .enumerate()
        .map(|(i, param)| typed::FunctionParam {
            name: param.name.clone(),
            ty: param.ty.clone(),
            default: defaults.get(i).cloned().flatten(),
            span: param.span,
            docs: docs.get(i).cloned().unwrap_or_default(),
        })
        .collect()
}
