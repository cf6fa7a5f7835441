//! Everything that is wrong in a module.

use pipe_diagnostics::{Diagnostic, Severity};
use pipe_syntax::{Span, ast};

use super::intrinsics::opaque_outside_std;
use super::permissions::undeclared_permissions;
use super::unused::unused_items;
use super::{call_cycles, type_cycles, unmet_demands};
use crate::db::{Db, ItemNode, Role, SourceModule, items, parsed};
use crate::infer::{References, infer};
use crate::place::{Finding, ItemTag, Place};
use crate::scope::module_scope;
use crate::signature::signature;

/// Where the name of an item stands.
pub(crate) fn name_span(db: &dyn Db, node: ItemNode<'_>) -> Span {
    match &**node.tree(db) {
        ast::ItemKind::Use(item) => match (&item.alias, &item.path) {
            (Some(alias), _) => alias.span,
            (None, ast::UsePath::Package(path)) => path.last().map_or_else(Span::default, |name| name.span),
            (None, ast::UsePath::File { span, .. }) => *span,
        },
        ast::ItemKind::Param(item) => item.name.span,
        ast::ItemKind::Let(item) => item.name.span,
        ast::ItemKind::Function(item) => item.name.span,
        ast::ItemKind::Record(item) => item.name.span,
        ast::ItemKind::Enum(item) => item.name.span,
        ast::ItemKind::Test(item) => item.title.span,
        ast::ItemKind::Error => Span::default(),
    }
}

/// Everything that is wrong in a module, in the order of the source within each item.
#[salsa::tracked]
pub(crate) fn module_findings(db: &dyn Db, module: SourceModule) -> Vec<Finding> {
    let mut found = syntax_errors(db, module).clone();
    let broken = !found.is_empty();
    let mut references = References::default();
    for &node in &items(db, module).nodes {
        let (outside, inside) = (signature(db, node), infer(db, node));
        references.aliases.extend(outside.aliases.iter().cloned());
        references.extend(inside.references.clone());
        // What else is wrong in an item that could not be read would mostly follow from that.
        if node.broken(db) {
            continue;
        }
        found.extend(outside.findings.iter().cloned());
        found.extend(inside.findings.iter().cloned());
        found.extend(unmet_demands(db, node));
        found.extend(opaque_outside_std(db, node));
        found.extend(param_outside_entry(db, node));
        found.extend(type_missing(db, node));
        found.extend(undeclared_permissions(db, node));
    }
    found.extend(duplicates(db, module));
    found.extend(call_cycles(db, module).iter().map(|cycle| cycle.finding.clone()));
    found.extend(type_cycles(db, module).clone());
    // What could not be read may have been the use.
    if !broken && module.role(db) != Role::Std {
        found.extend(unused_items(db, module, &references));
    }
    found
}

/// Apart, so that an edit that changes only offsets leaves the rest alone.
#[salsa::tracked]
fn syntax_errors(db: &dyn Db, module: SourceModule) -> Vec<Finding> {
    let id = module.id(db);
    let errors = parsed(db, module.file(db)).errors.iter().cloned();
    errors.map(|error| error.map(|span| Place { module: id.clone(), item: None, span })).collect()
}

fn duplicates(db: &dyn Db, module: SourceModule) -> Vec<Finding> {
    let duplicates = module_scope(db, module).duplicates.iter();
    duplicates
        .map(|&(second, first)| {
            let name = &second.key(db).name;
            let place = second.place(db, name_span(db, second));
            Diagnostic::error("duplicate-name", format!("`{name}` is declared twice"), place)
                .label(first.place(db, name_span(db, first)), "the first one")
                .help("give one of them another name")
        })
        .collect()
}

fn param_outside_entry(db: &dyn Db, node: ItemNode<'_>) -> Option<Finding> {
    if node.key(db).kind != ItemTag::Param || node.module(db).role(db) == Role::Entry {
        return None;
    }
    let place = node.place(db, name_span(db, node));
    let message = "a `param` stands in the entry module of the package that is run";
    let found = Diagnostic::error("param-outside-entry", message, place);
    Some(found.help("make it a parameter of the functions that need it"))
}

/// A `pub let` without a type.
fn type_missing(db: &dyn Db, node: ItemNode<'_>) -> Option<Finding> {
    let ast::ItemKind::Let(item) = &**node.tree(db) else { return None };
    if item.ty.is_some() || !node.public(db) {
        return None;
    }
    let found =
        Diagnostic::error("missing-type", "a `pub let` writes its type", node.place(db, item.name.span));
    let at = Span { start: item.name.span.end, end: item.name.span.end };
    let failed = infer(db, node).findings.iter().any(|found| found.severity == Severity::Error);
    Some(match infer(db, node).value_type.as_ref().filter(|_| !failed) {
        Some(ty) => found.fix(format!("write `: {ty}`"), node.place(db, at), format!(": {ty}")),
        None => found,
    })
}
