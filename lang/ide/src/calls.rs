//! Who calls what.

use std::collections::BTreeMap;

use pipe_analysis::inspect::{Declaration, DeclarationKind as Kind, Snapshot};
use pipe_diagnostics::FileSpan;
use pipe_syntax::Span;

use crate::at::{declared_at, word_in};
use crate::render::detail;

/// Something that calls or is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller {
    /// Where its name is declared.
    pub name: FileSpan,
    /// All of it.
    pub whole: FileSpan,
    /// What it is called.
    pub label: String,
    /// Its parameters and its type.
    pub detail: String,
    /// What it is.
    pub kind: Kind,
}

/// A way from one to another, with the places where it is called: in the file of the one that calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPath {
    /// The other end.
    pub caller: Caller,
    /// Where the calls stand.
    pub places: Vec<Span>,
}

/// What the name at a place calls or is called: an item.
pub fn prepare_calls(snapshot: &Snapshot, file: &str, offset: u32) -> Option<Caller> {
    let (_, declaration) = declared_at(snapshot, file, offset)?;
    caller(snapshot, &declaration)
}

/// The items of the program that name the item declared at a place.
pub fn incoming_calls(snapshot: &Snapshot, place: &FileSpan) -> Vec<CallPath> {
    let Some((_, target)) = declared_at(snapshot, &place.file, place.start) else { return Vec::new() };
    let mut found: BTreeMap<Caller, Vec<Span>> = BTreeMap::new();
    for file in snapshot.program_files() {
        for inspection in snapshot.inspect_items(file, &|text| word_in(text, &target.name)) {
            let uses = inspection.uses.iter().filter(|u| u.meaning.declaration().place == target.place);
            let places: Vec<Span> = uses
                .map(|u| u.span)
                .filter(|span| {
                    target.place.as_ref().is_none_or(|own| own.file != *file || own.start != span.start)
                })
                .collect();
            let Some(first) = places.first() else { continue };
            let Some(caller) = item_around(snapshot, file, first.start) else { continue };
            found.entry(caller).or_default().extend(places);
        }
    }
    found.into_iter().map(|(caller, places)| CallPath { caller, places: sorted(places) }).collect()
}

/// The items that the item declared at a place names, the standard library's too.
pub fn outgoing_calls(snapshot: &Snapshot, place: &FileSpan) -> Vec<CallPath> {
    let Some(inspection) = snapshot.inspect(&place.file, place.start) else { return Vec::new() };
    let mut found: BTreeMap<Caller, Vec<Span>> = BTreeMap::new();
    for written in &inspection.uses {
        let declaration = written.meaning.declaration();
        let itself =
            declaration.place.as_ref().is_some_and(|own| own.file == place.file && own.start == place.start);
        if let Some(caller) = caller(snapshot, declaration).filter(|_| !itself) {
            found.entry(caller).or_default().push(written.span);
        }
    }
    found.into_iter().map(|(caller, places)| CallPath { caller, places: sorted(places) }).collect()
}

fn sorted(mut places: Vec<Span>) -> Vec<Span> {
    places.sort();
    places.dedup();
    places
}

fn caller(snapshot: &Snapshot, declaration: &Declaration) -> Option<Caller> {
    let calls = matches!(
        declaration.kind,
        Kind::Function | Kind::Action | Kind::Operation | Kind::Param | Kind::Let | Kind::Test
    );
    let name = declaration.place.clone().filter(|_| calls)?;
    let whole = whole(snapshot, &name).unwrap_or_else(|| name.clone());
    Some(Caller {
        whole,
        name,
        label: declaration.name.to_string(),
        detail: detail(declaration),
        kind: declaration.kind,
    })
}

/// The item around a place.
fn item_around(snapshot: &Snapshot, file: &str, offset: u32) -> Option<Caller> {
    let declared = snapshot.declared_in(file).into_iter();
    let before = declared.filter(|d| d.place.as_ref().is_some_and(|place| place.start <= offset));
    caller(snapshot, &before.max_by_key(|d| d.place.as_ref().map(|place| place.start))?)
}

fn whole(snapshot: &Snapshot, name: &FileSpan) -> Option<FileSpan> {
    if snapshot.in_standard_library(&name.file) {
        return None;
    }
    let tree = snapshot.tree(&name.file)?;
    let item = tree.module.items.iter().rfind(|item| item.offset <= name.start)?;
    Some(FileSpan {
        file: name.file.clone(),
        start: item.offset,
        end: (item.offset + item.len).max(name.end),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[test]
    fn in_and_out() {
        let text = "\
use \"./b.pipe\" as b
param n: Int = 1
fn a$0() -> Int { b.two() + b.two() + n }
fn c() -> Int { a() }
test \"x\" { expect a() == 1 }
--- b.pipe
pub fn two() -> Int { 2 }
";
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let snapshot = fixture.snapshot();
        let a = prepare_calls(&snapshot, &file, offset).unwrap();
        assert_eq!((a.label.as_str(), a.kind), ("a", Kind::Function));
        let shown = |paths: Vec<CallPath>| -> Vec<(String, usize)> {
            paths.into_iter().map(|path| (path.caller.label, path.places.len())).collect()
        };
        assert_eq!(shown(incoming_calls(&snapshot, &a.name)), [("c".into(), 1), ("x".into(), 1)]);
        assert_eq!(shown(outgoing_calls(&snapshot, &a.name)), [("two".into(), 2), ("n".into(), 1)]);
        let two = &outgoing_calls(&snapshot, &a.name)[0].caller;
        assert_eq!(shown(incoming_calls(&snapshot, &two.name)), [("a".into(), 2)]);
    }

    #[test]
    fn what_is_no_item_calls_nothing() {
        let fixture = Fixture::new("fn f() -> Int { let x = 1\n  x$0 }\n");
        let (file, offset) = fixture.cursor();
        assert_eq!(prepare_calls(&fixture.snapshot(), &file, offset), None);
    }
}
