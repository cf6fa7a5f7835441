//! The `use` items of a text.

use pipe_syntax::ast::{Item, ItemKind, Module, UsePath};
use pipe_syntax::{Span, parse};

use crate::format::TextEdit;
use crate::tree::whole_item;

/// A `use` of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// The path as it is written.
    pub(crate) path: String,
    /// Its local name.
    pub(crate) name: String,
}

/// The files that a module uses.
pub(crate) fn imports(module: &Module) -> Vec<Import> {
    let uses = module.items.iter().filter_map(|item| match &*item.kind {
        ItemKind::Use(tree) => match (&tree.path, &tree.alias) {
            (UsePath::File { path, .. }, Some(alias)) => {
                Some(Import { path: path.clone(), name: alias.text.to_string() })
            }
            _ => None,
        },
        _ => None,
    });
    uses.collect()
}

/// The `use` items of a module.
pub(crate) fn use_items(module: &Module) -> impl Iterator<Item = &Item> {
    module.items.iter().filter(|item| matches!(*item.kind, ItemKind::Use(_)))
}

/// The local name that a module's file suggests; `None` when it suggests no name.
pub(crate) fn module_name(file: &str) -> Option<String> {
    let stem = file.rsplit('/').next()?.strip_suffix(".pipe")?.replace(['-', '.'], "_");
    let parsed = parse(&format!("use \"./a.pipe\" as {stem}\n"));
    let right = parsed.errors.is_empty() && parsed.module.items.len() == 1;
    (right && stem.starts_with(|c: char| c.is_ascii_lowercase())).then_some(stem)
}

/// The path of a module as another one writes it; both are relative to the same folder.
pub(crate) fn relative(from: &str, to: &str) -> String {
    let mut from: Vec<&str> = from.split('/').collect();
    let mut to: Vec<&str> = to.split('/').collect();
    from.pop();
    while to.len() > 1 && from.first().is_some_and(|first| Some(first) == to.first()) {
        from.remove(0);
        to.remove(0);
    }
    let up = "../".repeat(from.len());
    format!("{}{}", if up.is_empty() { "./" } else { &up }, to.join("/"))
}

/// The edit that adds a `use`: behind the others, else before the first item.
pub(crate) fn use_edit(text: &str, module: &Module, path: &str, name: &str) -> TextEdit {
    let line = format!("use \"{path}\" as {name}");
    let at = |offset: u32| Span { start: offset, end: offset };
    match (use_items(module).last(), module.items.first()) {
        (Some(last), _) => TextEdit { span: at(last.offset + last.len), text: format!("\n{line}") },
        (None, Some(first)) => {
            TextEdit { span: at(whole_item(module, first).start), text: format!("{line}\n\n") }
        }
        (None, None) => TextEdit { span: at(text.len() as u32), text: format!("{line}\n") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_one_file_to_the_other() {
        for (from, to, path) in [
            ("main.pipe", "deploy.pipe", "./deploy.pipe"),
            ("main.pipe", "lib/deploy.pipe", "./lib/deploy.pipe"),
            ("lib/a.pipe", "lib/b.pipe", "./b.pipe"),
            ("lib/a.pipe", "main.pipe", "../main.pipe"),
            ("x/a.pipe", "y/b.pipe", "../y/b.pipe"),
        ] {
            assert_eq!(relative(from, to), path);
        }
    }

    #[test]
    fn names_come_from_files() {
        assert_eq!(module_name("lib/go-ci.pipe").as_deref(), Some("go_ci"));
        assert_eq!(module_name("match.pipe"), None);
        assert_eq!(module_name("1.pipe"), None);
    }
}
