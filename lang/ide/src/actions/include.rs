//! Which files of the package count.

use pipe_analysis::FileKind;
use pipe_syntax::ast::ExprKind;

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::Node;

/// How many entries a list of what is included may have.
const MANY: usize = 40;

/// Names what `workspace.dir()` includes: everything that is there now and is not excluded, so that what comes later, and is not
/// needed, changes no key.
pub(super) fn narrow(site: &Site<'_>) -> Option<Action> {
    let (args, span) = site.path.iter().rev().find_map(|node| match *node {
        Node::Expr(e, span) => match &e.kind {
            ExprKind::Call { args, .. } => Some((args, span)),
            _ => None,
        },
        _ => None,
    })?;
    let call = site.call_at(span)?;
    let place = call.declaration.place.as_ref()?;
    if &*call.declaration.name != "dir" || &*place.file != "std/workspace" {
        return None;
    }
    let named =
        |wanted: &str| args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == wanted));
    let path = named("path").or_else(|| args.first().filter(|arg| arg.name.is_none()));
    let folder = match path.map(|arg| &arg.value.kind) {
        None => String::new(),
        Some(ExprKind::String(string)) => string.constant()?,
        Some(_) => return None,
    };
    if named("include").is_some() || args.iter().filter(|arg| arg.name.is_none()).count() > 1 {
        return None;
    }
    let excluded = named("exclude").map(|arg| site.text_of(site.at(arg.value.span))).unwrap_or_default();
    let folder = folder.trim_start_matches("./").trim_matches('.');
    let entries = site.folder.entries(folder).into_iter();
    let entries = entries.filter(|entry| {
        let hidden = entry.name.starts_with('.') || entry.name == "node_modules" || entry.name == "target";
        !hidden
            && !excluded.contains(&format!("\"{}", entry.name))
            && !entry.name.contains(['*', '?', '[', '"', '\\', '$', '{'])
    });
    let globs: Vec<String> = entries
        .map(|entry| match entry.kind {
            FileKind::Dir => format!("\"{}/**\"", entry.name),
            FileKind::File => format!("\"{}\"", entry.name),
        })
        .collect();
    if globs.is_empty() || globs.len() > MANY || !site.text_of(span).ends_with(')') {
        return None;
    }
    let include = format!("include: [{}]", globs.join(", "));
    let edit = match args.last() {
        Some(last) => site.insert(site.at(last.value.span).end, format!(", {include}")),
        None => site.insert(call.name.end + 1, include),
    };
    site.action(ActionKind::Rewrite, "name the files that count", vec![edit])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    const FILES: &str = "--- go.mod\nmodule x\n--- cmd/main.go\nx\n--- .git/HEAD\nx\n--- dist/a\nx\n";

    #[test]
    fn what_is_there_is_named() {
        check(
            &format!(
                "param src: Dir = workspace.dir($0exclude: [\"dist\"])\n\npub fn f() -> Dir {{ src }}\n{FILES}"
            ),
            "name the files that count",
            "param src: Dir = workspace.dir(exclude: [\"dist\"], include: [\"cmd/**\", \"go.mod\", \"main.pipe\"])\n\npub fn f() -> Dir { src }\n",
        );
        check(
            "param src: Dir = workspace.dir($0)\n\npub fn f() -> Dir { src }\n--- go.mod\nx\n",
            "name the files that count",
            "param src: Dir = workspace.dir(include: [\"go.mod\", \"main.pipe\"])\n\npub fn f() -> Dir { src }\n",
        );
        refused("fn f(d: Dir) -> Dir { d.dir($0\"x\") }\n", "name the files that count");
    }
}
