//! The `use` items of a file.

use pipe_syntax::Span;
use pipe_syntax::ast::{Expr, ExprKind, Item, ItemKind, Name, UsePath};

use super::site::Site;
use super::{Action, ActionKind};
use crate::imports::{module_name, relative, use_edit, use_items};
use crate::tree::Node;

/// Puts the `use` items into order: packages, then files, by their names.
pub(super) fn sort(site: &Site<'_>) -> Option<Action> {
    if !matches!(*site.item.kind, ItemKind::Use(_)) {
        return None;
    }
    let items: Vec<&Item> = use_items(site.module).collect();
    // What stands between them would lose its place.
    let span = |item: &Item| Span { start: item.offset, end: item.offset + item.len };
    let gap =
        |pair: &[&Item]| site.text.get((pair[0].offset + pair[0].len) as usize..pair[1].offset as usize);
    if items.windows(2).any(|pair| gap(pair).is_none_or(|gap| !gap.trim().is_empty())) {
        return None;
    }
    let key = |item: &&Item| match &*item.kind {
        ItemKind::Use(tree) => match &tree.path {
            UsePath::Package(names) => {
                (0, names.iter().map(|name| name.text.to_string()).collect::<Vec<_>>().join("."))
            }
            UsePath::File { path, .. } => (1, path.clone()),
        },
        _ => (2, String::new()),
    };
    let mut sorted = items.clone();
    sorted.sort_by_key(key);
    let edits: Vec<_> = items
        .iter()
        .zip(&sorted)
        .filter(|(old, new)| old.offset != new.offset)
        .map(|(old, new)| site.edit(span(old), site.text_of(span(new))))
        .collect();
    if edits.is_empty() { None } else { site.action(ActionKind::Organize, "sort the `use` items", edits) }
}

/// Adds the `use` of a module that is named and not known.
pub(super) fn add(site: &Site<'_>) -> Option<Action> {
    let name = site.path.iter().rev().find_map(|node| match node {
        Node::Expr(e, _) => first_name(e),
        _ => None,
    })?;
    if site.inspection.uses.iter().any(|u| u.span == site.at(name.span)) {
        return None;
    }
    let mut modules = site.folder.modules().iter().map(|(module, _)| module);
    let named =
        |module: &&String| *module != site.file && module_name(module).as_deref() == Some(&*name.text);
    let module = modules.find(named)?;
    let path = relative(site.file, module);
    let edit = use_edit(site.text, site.module, &path, &name.text);
    site.action(ActionKind::Complete, format!("use \"{path}\""), vec![site.edit(edit.span, edit.text)])
}

/// The name that a path begins with, also one that is called.
fn first_name(mut e: &Expr) -> Option<&Name> {
    loop {
        match &e.kind {
            ExprKind::Name(name) => return Some(name),
            ExprKind::Field { base, .. } => e = base,
            ExprKind::Call { callee, .. } => e = callee,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    const FILES: &str = "--- a.pipe\npub fn x() -> Int { 1 }\n--- b.pipe\npub fn x() -> Int { 1 }\n";

    #[test]
    fn they_are_sorted() {
        let body = "\nfn f() -> Int { a.x() + b.x() }\n";
        check(
            &format!("use \"./b.pipe\" as b$0\nuse \"./a.pipe\" as a\n{body}{FILES}"),
            "sort the `use` items",
            &format!("use \"./a.pipe\" as a\nuse \"./b.pipe\" as b\n{body}{FILES}"),
        );
        refused(
            &format!("use \"./a.pipe\" as a$0\nuse \"./b.pipe\" as b\n{body}{FILES}"),
            "sort the `use` items",
        );
    }

    #[test]
    fn one_is_added() {
        check(
            "fn f() -> Int { a$0.x() }\n--- a.pipe\npub fn x() -> Int { 1 }\n",
            "use \"./a.pipe\"",
            "use \"./a.pipe\" as a\n\nfn f() -> Int { a.x() }\n",
        );
    }
}
