//! From items and their parts to declarations.

use std::sync::Arc;

use pipe_diagnostics::FileSpan;
use pipe_syntax::{Span, ast};

use super::declaration::{Declaration, DeclarationKind as Kind, Parameter};
use super::snapshot::Snapshot;
use crate::checks::name_span;
use crate::db::{ItemNode, SourceModule};
use crate::infer::Part;
use crate::scope::short;
use crate::signature::{
    EnumSignature, FunctionSignature, ParamSignature, RecordSignature, Signature, ValueSignature, signature,
};
use crate::typed::{CheckedKind, LocalDecl, Type, Types};

impl Snapshot {
    /// A span of an item as a place in its file.
    pub(super) fn place_in(&self, node: ItemNode<'_>, span: Span) -> FileSpan {
        let Span { start, end } = node.in_file(&self.db, span);
        FileSpan { file: node.module(&self.db).file(&self.db).name(&self.db).clone(), start, end }
    }

    /// What an item declares; `None` for what is none.
    pub(super) fn describe(&self, node: ItemNode<'_>) -> Option<Declaration> {
        let mut found = match &signature(&self.db, node).signature {
            Signature::Function(function) => self.function(node, function),
            Signature::Value(value) => self.value(node, value),
            Signature::Record(record) => self.record(node, record),
            Signature::Enum(item) => self.enumeration(item),
            Signature::None => return self.without_signature(node),
        };
        found.docs = node.docs(&self.db).clone();
        found.place = Some(self.place_in(node, name_span(&self.db, node)));
        found.public = node.public(&self.db);
        if found.public && found.kind != Kind::Operation {
            found.head.insert_str(0, "pub ");
        }
        Some(found)
    }

    fn without_signature(&self, node: ItemNode<'_>) -> Option<Declaration> {
        match &**node.tree(&self.db) {
            ast::ItemKind::Use(_) => {
                let imports = node.module(&self.db).imports(&self.db);
                let module = imports.get(&node.key(&self.db).name).copied().flatten()?;
                Some(self.describe_module(module))
            }
            ast::ItemKind::Test(_) => {
                let title = &node.key(&self.db).name;
                let mut found = Declaration::new(Kind::Test, title, format!("test {title:?}"));
                found.place = Some(self.place_in(node, name_span(&self.db, node)));
                Some(found)
            }
            _ => None,
        }
    }

    /// What a module is: its name and the lines at its top.
    pub(super) fn describe_module(&self, module: SourceModule) -> Declaration {
        let name = short(&module.id(&self.db).0);
        let mut found = Declaration::new(Kind::Module, name, format!("module {name}"));
        found.docs = crate::db::module_docs(&self.db, module);
        found.place = Some(FileSpan { file: module.file(&self.db).name(&self.db).clone(), start: 0, end: 0 });
        found
    }

    fn function(&self, node: ItemNode<'_>, function: &FunctionSignature) -> Declaration {
        let full = &function.global.name;
        let generic = match function.type_params.as_slice() {
            [] => String::new(),
            names => format!("[{}]", names.join(", ")),
        };
        let (kind, name, skip) = match (full.split_once('.'), function.action) {
            (Some((_, name)), _) => (Kind::Operation, name, 1),
            (None, true) => (Kind::Action, &**full, 0),
            (None, false) => (Kind::Function, &**full, 0),
        };
        let word = if function.action { "action" } else { "fn" };
        let mut found = Declaration::new(kind, name, format!("{word} {full}{generic}"));
        let trees = match &**node.tree(&self.db) {
            ast::ItemKind::Function(tree) => tree.params.iter().map(|p| p.default.as_ref()).collect(),
            _ => Vec::new(),
        };
        found.parameters = Some(self.parameters(node, &function.params, &trees, &[], skip));
        let unit_action = function.action && function.ret == Type::Unit;
        found.result = (!unit_action).then(|| function.ret.to_string());
        let ret = function.ret.clone();
        found.ty = Some(if function.action { Type::Action(Arc::new(ret)) } else { ret });
        found
    }

    fn parameters(
        &self,
        node: ItemNode<'_>,
        params: &[ParamSignature],
        defaults: &[Option<&ast::Expr>],
        docs: &[Vec<String>],
        skip: usize,
    ) -> Vec<Parameter> {
        let all = params.iter().enumerate().skip(skip);
        all.map(|(i, param)| Parameter {
            name: param.name.clone(),
            ty: param.ty.clone(),
            default: defaults.get(i).copied().flatten().map(|e| self.text_of(node, e.span)),
            required: param.required,
            docs: docs.get(i).cloned().unwrap_or_default(),
        })
        .collect()
    }

    /// The text of a span of an item, on one line.
    fn text_of(&self, node: ItemNode<'_>, span: Span) -> String {
        let text = node.module(&self.db).file(&self.db).text(&self.db);
        let written = text.get(node.in_file(&self.db, span).range()).unwrap_or_default();
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn value(&self, node: ItemNode<'_>, value: &ValueSignature) -> Declaration {
        let (kind, word, default) = match &**node.tree(&self.db) {
            ast::ItemKind::Param(tree) => (Kind::Param, "param", tree.default.as_ref()),
            _ => (Kind::Let, "let", None),
        };
        let name = &value.global.name;
        let default = default.map_or_else(String::new, |e| format!(" = {}", self.text_of(node, e.span)));
        let mut found = Declaration::new(kind, name, format!("{word} {name}: {}{default}", value.ty));
        found.ty = Some(value.ty.clone());
        found
    }

    fn record(&self, node: ItemNode<'_>, record: &RecordSignature) -> Declaration {
        let name = &record.global.name;
        let (kind, word) = if record.opaque { (Kind::Opaque, "opaque") } else { (Kind::Record, "record") };
        let mut found = Declaration::new(kind, name, format!("{word} {name}"));
        let (defaults, docs) = match &**node.tree(&self.db) {
            ast::ItemKind::Record(tree) => (
                tree.fields.iter().map(|field| field.default.as_ref()).collect(),
                tree.fields.iter().map(|field| field.docs.clone()).collect(),
            ),
            _ => (Vec::new(), Vec::new()),
        };
        found.parameters = Some(self.parameters(node, &record.fields, &defaults, &docs, 0));
        if !record.opaque && record.type_params.is_empty() {
            found.ty = Some(Type::Record(record.global.clone(), Types::default()));
        }
        found
    }

    fn enumeration(&self, item: &EnumSignature) -> Declaration {
        let name = &item.global.name;
        let variants: Vec<String> = item.variants.iter().map(|variant| variant.name.to_string()).collect();
        let head = format!("enum {name} {{ {} }}", variants.join(", "));
        let mut found = Declaration::new(Kind::Enum, name, head);
        found.ty = Some(Type::Enum(item.global.clone(), Types::default()));
        found
    }

    /// What a part of an item is.
    pub(super) fn describe_part(&self, node: ItemNode<'_>, part: Part) -> Option<Declaration> {
        match (part, &signature(&self.db, node).signature) {
            (Part::Parameter(i), Signature::Function(function)) => {
                self.part(node, Kind::Parameter, &function.global.name, function.params.get(i)?, Vec::new())
            }
            (Part::Field(i), Signature::Record(record)) => {
                let docs = match &**node.tree(&self.db) {
                    ast::ItemKind::Record(tree) => tree.fields.get(i).map(|field| field.docs.clone()),
                    _ => None,
                };
                let owner = &record.global.name;
                self.part(node, Kind::Field, owner, record.fields.get(i)?, docs.unwrap_or_default())
            }
            (Part::Payload(variant, i), Signature::Enum(item)) => {
                let variant = item.variants.get(variant)?;
                self.part(node, Kind::Field, &variant.name, variant.payload.get(i)?, Vec::new())
            }
            (Part::Variant(i), Signature::Enum(item)) => self.variant(node, item, i),
            _ => None,
        }
    }

    fn part(
        &self,
        node: ItemNode<'_>,
        kind: Kind,
        owner: &str,
        param: &ParamSignature,
        docs: Vec<String>,
    ) -> Option<Declaration> {
        let name = &param.name;
        let head = match kind {
            Kind::Field => format!("{owner}.{name}: {}", param.ty),
            _ => format!("{name}: {}", param.ty),
        };
        let mut found = Declaration::new(kind, name, head);
        found.ty = Some(param.ty.clone());
        found.docs = docs;
        found.place = Some(self.place_in(node, start_of(param.span, name)));
        Some(found)
    }

    fn variant(&self, node: ItemNode<'_>, item: &EnumSignature, index: usize) -> Option<Declaration> {
        let variant = item.variants.get(index)?;
        let mut found =
            Declaration::new(Kind::Variant, &variant.name, format!("{}.{}", item.global.name, variant.name));
        if let ast::ItemKind::Enum(tree) = &**node.tree(&self.db)
            && let Some(tree) = tree.variants.get(index)
        {
            found.docs.clone_from(&tree.docs);
            let defaults: Vec<_> = tree.payload.iter().map(|p| p.default.as_ref()).collect();
            let payload = self.parameters(node, &variant.payload, &defaults, &[], 0);
            found.parameters = Some(payload).filter(|payload| !payload.is_empty());
        }
        found.ty =
            Some(Type::Enum(item.global.clone(), Types::default())).filter(|_| item.type_params.is_empty());
        found.place = Some(self.place_in(node, start_of(variant.span, &variant.name)));
        Some(found)
    }

    /// What a local is.
    pub(super) fn describe_local(&self, node: ItemNode<'_>, local: &LocalDecl) -> Declaration {
        let mut found =
            Declaration::new(Kind::Local, &local.name, format!("let {}: {}", local.name, local.ty));
        found.ty = Some(local.ty.clone());
        found.place = Some(self.place_in(node, local.span));
        found.public = false;
        found
    }

    /// What a type of checked literals is; the standard library says what it has.
    pub(super) fn describe_checked(&self, module: SourceModule, kind: CheckedKind) -> Declaration {
        let declared = self.scope(module).std_type(kind.name()).and_then(|node| self.describe(node));
        declared.unwrap_or_else(|| Declaration::new(Kind::Opaque, kind.name(), format!("opaque {kind}")))
    }

    /// The names that an item's own declaration binds, with where they stand: relative spans.
    pub(super) fn parts_of(&self, node: ItemNode<'_>) -> Vec<(Span, Part)> {
        let named = |params: &[ParamSignature], part: &dyn Fn(usize) -> Part| -> Vec<(Span, Part)> {
            params.iter().enumerate().map(|(i, p)| (start_of(p.span, &p.name), part(i))).collect()
        };
        match &signature(&self.db, node).signature {
            Signature::Function(function) => named(&function.params, &Part::Parameter),
            Signature::Record(record) => named(&record.fields, &Part::Field),
            Signature::Enum(item) => {
                let variants = item.variants.iter().enumerate();
                variants
                    .flat_map(|(v, variant)| {
                        let own = (start_of(variant.span, &variant.name), Part::Variant(v));
                        let payload = named(&variant.payload, &|i| Part::Payload(v, i));
                        std::iter::once(own).chain(payload)
                    })
                    .collect()
            }
            Signature::Value(_) | Signature::None => Vec::new(),
        }
    }
}

/// The place of a name that a span begins with.
fn start_of(span: Span, name: &str) -> Span {
    Span { start: span.start, end: span.start + name.len() as u32 }
}
