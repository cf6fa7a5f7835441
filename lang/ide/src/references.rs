//! Where a name is written that means the same.

use std::collections::BTreeSet;

use pipe_analysis::inspect::{Declaration, Snapshot};
use pipe_diagnostics::FileSpan;

use crate::at::{declared_at, word_in};

/// A place where a name is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Where.
    pub place: FileSpan,
    /// It is where the name is declared.
    pub declares: bool,
}

/// All places of the program where what the name at a place means is written, by file and place. Files of the standard library are
/// not looked through.
pub fn references(snapshot: &Snapshot, file: &str, offset: u32) -> Vec<Reference> {
    let files: Vec<&str> = snapshot.program_files().map(|file| &**file).collect();
    find(snapshot, file, offset, &files)
}

/// As [`references`], in the file itself only.
pub fn highlights(snapshot: &Snapshot, file: &str, offset: u32) -> Vec<Reference> {
    find(snapshot, file, offset, &[file])
}

fn find(snapshot: &Snapshot, file: &str, offset: u32, files: &[&str]) -> Vec<Reference> {
    let Some((_, declaration)) = declared_at(snapshot, file, offset) else { return Vec::new() };
    of_declaration(snapshot, &declaration, files)
}

/// The places in some files where a declaration's name is written.
pub(crate) fn of_declaration(
    snapshot: &Snapshot,
    declaration: &Declaration,
    files: &[&str],
) -> Vec<Reference> {
    let mut found = BTreeSet::new();
    for file in files {
        let by_name = |text: &str| word_in(text, &declaration.name);
        let is_module = declaration.kind == crate::DeclarationKind::Module;
        for inspection in snapshot.inspect_items(file, &|text| is_module || by_name(text)) {
            for written in inspection.uses.iter().filter(|u| same(u.meaning.declaration(), declaration)) {
                let place =
                    FileSpan { file: (*file).into(), start: written.span.start, end: written.span.end };
                found.insert(place);
            }
        }
    }
    found
        .into_iter()
        .map(|place| Reference { declares: declaration.place.as_ref() == Some(&place), place })
        .collect()
}

/// Whether two names mean the same.
fn same(a: &Declaration, b: &Declaration) -> bool {
    match (&a.place, &b.place) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a.kind == b.kind && a.name == b.name,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    /// `^^^` mark every place, `^^^ declares` the declaration.
    #[track_caller]
    fn check(text: &str) {
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let found = references(&fixture.snapshot(), &file, offset).into_iter();
        let found: BTreeSet<_> =
            found.map(|r| (r.place.file.to_string(), r.place.start, r.place.end, r.declares)).collect();
        let marks = fixture.marks().iter();
        let wanted: BTreeSet<_> =
            marks.map(|m| (m.file.clone(), m.range.start, m.range.end, m.text == "declares")).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_function_across_files() {
        check(
            "\
use \"./deploy.pipe\" as deploy
pub fn f() -> Int { deploy.repl$0icas() }
#                          ^^^^^^^^
--- deploy.pipe
pub fn replicas() -> Int { 3 }
#      ^^^^^^^^ declares
fn g() -> Int { replicas() }
#               ^^^^^^^^
fn h(replicas: Int) -> Int { replicas }
",
        );
    }

    #[test]
    fn a_parameter_in_its_body_and_by_name() {
        check(
            "\
fn f(name: String) -> String { na$0me }
#                              ^^^^
#    ^^^^ declares
fn g(name: String) -> String { f(name: name) }
#                                ^^^^
",
        );
    }

    #[test]
    fn a_local_alone() {
        check(
            "\
fn f() -> Int {
  let y = 1
#     ^ declares
  let z = [for y in [1] => y]
  $0y + z.len()
# ^
}
",
        );
    }

    #[test]
    fn fields_in_patterns_updates_and_values() {
        check(
            "\
record App { na$0me: String, n: Int = 1 }
#            ^^^^ declares
fn f(a: App) -> App { a.with(name: a.name) }
#                            ^^^^
#                                    ^^^^
fn g(a: App) -> String { match a { App(name: x, ..) => x } }
#                                      ^^^^
fn h() -> App { App(name: \"x\") }
#                   ^^^^
",
        );
    }

    #[test]
    fn variants_and_enums() {
        check(
            "\
enum Env { Sta$0ging, Production }
#          ^^^^^^^ declares
fn f(e: Env) -> Env { match e { Staging => Production, Env.Production => Env.Staging } }
#                               ^^^^^^^
#                                                                            ^^^^^^^
",
        );
        check(
            "\
enum En$0v { A, B }
#    ^^^ declares
fn f(e: Env) -> Env { match e { Env.A => Env.B, B => e } }
#       ^^^
#               ^^^
#                               ^^^
#                                        ^^^
",
        );
    }

    #[test]
    fn alternatives_bind_one_local() {
        check(
            "\
enum E { A(n: Int), B(n: Int) }
fn f(e: E) -> Int { match e { A(k) | B(k) => $0k } }
#                               ^ declares
#                                      ^
#                                            ^
",
        );
    }

    #[test]
    fn a_param_in_tests() {
        check(
            "\
param s$0rc: Dir = workspace.dir()
#     ^^^ declares
fn f() -> Dir { src }
#               ^^^
test \"x\" with (src: fixture(\"a\")) { expect f() == dir() }
#              ^^^
",
        );
    }

    #[test]
    fn an_operation_of_the_standard_library() {
        check(
            "\
fn f() -> Container { image(\"a\").r$0un([\"x\"]) }
#                                ^^^
fn g(c: Container) -> Container { c.run([\"y\"]) }
#                                   ^^^
",
        );
    }

    #[test]
    fn highlights_stay_in_the_file() {
        let fixture =
            Fixture::new("use \"./a.pipe\" as a\nfn f() -> Int { a.$0n }\n--- a.pipe\npub let n: Int = 1\n");
        let (file, offset) = fixture.cursor();
        assert_eq!(highlights(&fixture.snapshot(), &file, offset).len(), 1);
    }
}
