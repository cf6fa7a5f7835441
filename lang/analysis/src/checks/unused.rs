//! Names that nothing uses.

use pipe_diagnostics::Diagnostic;

use super::{name_span, unused_value};
use crate::db::{Db, SourceModule};
use crate::infer::{Infer, Local, References};
use crate::place::{Finding, ItemTag};
use crate::scope::module_scope;
use crate::typed::Type;

/// Local `let`s of a body that nothing uses.
pub(crate) fn unused_lets(infer: &Infer<'_>) -> Vec<Finding> {
    let unused = infer.locals.iter().filter(|local| local.unused_let);
    unused
        .map(|local| {
            if let Some(found) = unused_let_effect(infer, local) {
                return found;
            }
            let name = &local.decl.name;
            let found = infer.warning("unused-let", format!("`{name}` is never used"), local.decl.span);
            found.help(format!("remove it, or call it `_{name}`")).fix(
                format!("call it `_{name}`"),
                infer.place(local.decl.span),
                format!("_{name}"),
            )
        })
        .collect()
}

/// A `let` of an action that nothing runs: it looks as if its effect happened.
fn unused_let_effect(infer: &Infer<'_>, local: &Local) -> Option<Finding> {
    let ty = infer.table.follow(&local.decl.ty);
    let span = local.value.filter(|_| matches!(ty, Type::Action(_)))?;
    let found = unused_value(infer, &ty, span)?;
    let why = format!("nothing uses `{}`", local.decl.name);
    Some(found.label(infer.place(local.decl.span), why))
}

/// `use`, `param` and private `let` items of a module that nothing in it uses.
pub(crate) fn unused_items(db: &dyn Db, module: SourceModule, references: &References) -> Vec<Finding> {
    let scope = module_scope(db, module);
    let mut found = Vec::new();
    for (name, &node) in &scope.values {
        let used = references.globals.contains(&node.global(db)) || references.aliases.contains(name);
        if used || node.public(db) || name.starts_with('_') {
            continue;
        }
        let (code, message, help) = match node.key(db).kind {
            // One that leads nowhere was reported.
            ItemTag::Use if module.imports(db).get(name).copied().flatten().is_none() => continue,
            ItemTag::Use => ("unused-use", format!("module `{name}` is never used"), "remove the `use`"),
            ItemTag::Param => (
                "unused-param",
                format!("nothing uses the param `{name}`"),
                "remove it: it would be a flag without effect",
            ),
            ItemTag::Let => ("unused-let", format!("`{name}` is never used"), "remove it, or make it `pub`"),
            _ => continue,
        };
        let place = node.place(db, name_span(db, node));
        found.push(Diagnostic::warning(code, message, place).help(help));
    }
    found
}
