//! What can be done with an item, shown above it.

use pipe_analysis::inspect::Snapshot;
use pipe_syntax::ast::{Item, ItemKind, UsePath};
use pipe_syntax::{Span, parse};

use crate::imports::relative;

/// Something that can be done with an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// The name of the item.
    pub span: Span,
    /// What can be done.
    pub does: LensKind,
    /// What the command line calls the item: a target, or the title of a test.
    pub target: String,
}

/// Kinds of [`Lens`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LensKind {
    /// `pipe run`.
    Run,
    /// `pipe plan`.
    Plan,
    /// `pipe why`.
    Why,
    /// `pipe test`.
    Test,
}

/// What can be done with the public items and the tests of a file. Items of a module that the entry module does not use have no
/// name on the command line.
pub fn lenses(snapshot: &Snapshot, file: &str) -> Vec<Lens> {
    let Some(text) = snapshot.source(file) else { return Vec::new() };
    let before = qualifier(snapshot, file);
    let module = parse(&text).module;
    module.items.iter().flat_map(|item| of_item(item, before.as_deref())).collect()
}

fn of_item(item: &Item, before: Option<&str>) -> Vec<Lens> {
    let lens =
        |name: Span, does, target: &str| Lens { span: name.at(item.offset), does, target: target.to_owned() };
    let name = match &item.kind {
        ItemKind::Test(test) => {
            let title = test.title.constant().unwrap_or_default();
            return vec![lens(test.title.span, LensKind::Test, &title)];
        }
        ItemKind::Function(function) if item.public => &function.name,
        ItemKind::Let(value) if item.public => &value.name,
        _ => return Vec::new(),
    };
    let Some(before) = before.filter(|_| !name.text.is_empty()) else { return Vec::new() };
    let target = format!("{before}{}", name.text);
    [LensKind::Run, LensKind::Plan, LensKind::Why]
        .into_iter()
        .map(|does| lens(name.span, does, &target))
        .collect()
}

/// What stands before the names of a file on the command line, which knows what the entry module knows.
fn qualifier(snapshot: &Snapshot, file: &str) -> Option<String> {
    let entry = snapshot.entry_file()?;
    if **entry == *file {
        return Some(String::new());
    }
    let wanted = relative(entry, file);
    let uses = parse(&snapshot.source(entry)?).module.items.into_iter();
    uses.filter_map(|item| match item.kind {
        ItemKind::Use(tree) => match (tree.path, tree.alias) {
            (UsePath::File { path, .. }, Some(alias)) if path == wanted => Some(format!("{}.", alias.text)),
            _ => None,
        },
        _ => None,
    })
    .next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    fn found(text: &str, file: &str) -> Vec<(LensKind, String)> {
        lenses(&Fixture::new(text).snapshot(), file)
            .into_iter()
            .map(|lens| (lens.does, lens.target))
            .collect()
    }

    #[test]
    fn public_items_and_tests() {
        use LensKind::{Plan, Run, Test, Why};
        let text = "\
use \"./lib/deploy.pipe\" as ship
pub fn f() -> Int { ship.n + g() }
fn g() -> Int { 1 }
pub record R { a: Int }
test \"it works\" { expect true }
--- lib/deploy.pipe
pub let n: Int = 1
";
        let f = |does| (does, "f".to_owned());
        assert_eq!(found(text, "main.pipe"), [f(Run), f(Plan), f(Why), (Test, "it works".into())]);
        let n = |does| (does, "ship.n".to_owned());
        assert_eq!(found(text, "lib/deploy.pipe"), [n(Run), n(Plan), n(Why)]);
    }
}
