//! What can be done with an item, shown above it.

use pipe_analysis::inspect::Snapshot;
use pipe_syntax::Span;
use pipe_syntax::ast::{Function, Item, ItemKind};

use crate::imports::{imports, relative};

/// Something that can be done with an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// The name of the item.
    pub span: Span,
    /// What can be done.
    pub does: LensKind,
    /// What the command line calls the item: a target, which may be an expression, or the title of a test.
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

/// What can be done with the public items and the tests of a file, as far as the command line can name it. It knows what the entry
/// module knows: a function there is called with flags for its parameters; what another module offers is an expression, in which
/// nothing is left to give.
pub fn lenses(snapshot: &Snapshot, file: &str) -> Vec<Lens> {
    let Some(tree) = snapshot.tree(file) else { return Vec::new() };
    let reach = Reach::of(snapshot, file);
    tree.module.items.iter().flat_map(|item| of_item(item, &reach)).collect()
}

/// How the command line comes to the items of a file.
enum Reach {
    /// It is the entry module.
    Entry,
    /// The entry module calls it so.
    Module(String),
    Not,
}

impl Reach {
    fn of(snapshot: &Snapshot, file: &str) -> Reach {
        let Some(entry) = snapshot.entry_file() else { return Reach::Not };
        if **entry == *file {
            return Reach::Entry;
        }
        let wanted = relative(entry, file);
        let uses = snapshot.tree(entry).map(|tree| imports(&tree.module)).unwrap_or_default();
        uses.into_iter()
            .find(|import| import.path == wanted)
            .map_or(Reach::Not, |import| Reach::Module(import.name))
    }

    /// What the command line calls a value.
    fn value(&self, name: &str) -> Option<String> {
        match self {
            Reach::Entry => Some(name.to_owned()),
            Reach::Module(module) => Some(format!("{module}.{name}")),
            Reach::Not => None,
        }
    }

    /// What it calls a function.
    fn function(&self, function: &Function) -> Option<String> {
        let callable = function.params.iter().all(|param| param.default.is_some());
        match self {
            Reach::Entry => self.value(&function.name.text),
            _ => self.value(&function.name.text).filter(|_| callable).map(|name| format!("{name}()")),
        }
    }
}

fn of_item(item: &Item, reach: &Reach) -> Vec<Lens> {
    let lens =
        |name: Span, does, target: &str| Lens { span: name.at(item.offset), does, target: target.to_owned() };
    let (name, target) = match &*item.kind {
        ItemKind::Test(test) => {
            let title = test.title.constant().unwrap_or_default();
            return vec![lens(test.title.span, LensKind::Test, &title)];
        }
        ItemKind::Function(function) if item.public => (&function.name, reach.function(function)),
        ItemKind::Let(value) if item.public => (&value.name, reach.value(&value.name.text)),
        _ => return Vec::new(),
    };
    let Some(target) = target.filter(|_| !name.text.is_empty()) else { return Vec::new() };
    [LensKind::Run, LensKind::Plan, LensKind::Why]
        .into_iter()
        .map(|does| lens(name.span, does, &target))
        .collect()
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

    #[test]
    fn what_the_command_line_cannot_name_has_none() {
        use LensKind::{Plan, Run, Test, Why};
        let text = "\
use \"./a.pipe\" as a
pub fn f(n: Int) -> Int { a.free() + a.bound(n) }
--- a.pipe
use \"./b.pipe\" as b
pub fn free(n: Int = 1) -> Int { b.deep() + n }
pub fn bound(n: Int) -> Int { n }
fn hidden() -> Int { 1 }
--- b.pipe
pub fn deep() -> Int { 1 }
test \"deep\" { expect deep() == 1 }
";
        let all = |target: &str| [Run, Plan, Why].map(|does| (does, target.to_owned()));
        // In the entry module what has no default is asked for.
        assert_eq!(found(text, "main.pipe"), all("f"));
        assert_eq!(found(text, "a.pipe"), all("a.free()"));
        assert_eq!(found(text, "b.pipe"), [(Test, "deep".to_owned())]);
    }
}
