//! Fixes mend: applied, their diagnostic is gone.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use pipe_diagnostics::{Fix, Severity};
use support::{apply_automatic, cases, check, check_one, files_below, repository};

/// The text with the edits of a fix.
fn apply(text: &str, fix: &Fix<pipe_diagnostics::FileSpan>) -> String {
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.place.start, edit.place.end)));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.place.start as usize..edit.place.end as usize, &edit.text);
    }
    text
}

/// Every program of one file.
fn programs() -> Vec<String> {
    let mut programs = Vec::new();
    for file in files_below(&repository().join("tests/lang/bad"), "pipe") {
        programs.push(std::fs::read_to_string(file).unwrap());
    }
    for folder in ["tests/lang", "docs/errors"] {
        for file in files_below(&repository().join(folder), "md") {
            let cases = cases(&std::fs::read_to_string(file).unwrap());
            let is_program = |file: &support::CaseFile| file.path.ends_with(".pipe");
            programs.extend(
                cases.into_iter().flat_map(|case| case.files).filter(is_program).map(|file| file.text),
            );
        }
    }
    programs
}

/// Those that are a package of their own, with one mistake.
fn single_programs() -> Vec<String> {
    let bad = files_below(&repository().join("tests/lang/bad"), "pipe");
    let bad = bad.into_iter().map(|file| std::fs::read_to_string(file).unwrap());
    let pages = files_below(&repository().join("docs/errors"), "md");
    let pages = pages.into_iter().flat_map(|file| cases(&std::fs::read_to_string(file).unwrap()));
    let alone = |case: &support::Case| case.files.iter().all(|file| file.path == "main.pipe");
    bad.chain(pages.filter(alone).flat_map(|case| case.files).map(|file| file.text)).collect()
}

#[test]
fn a_fix_takes_its_diagnostic_away() {
    let mut tried = 0;
    let mut failures = String::new();
    for text in programs() {
        let (found, _) = check(&[("main.pipe", &text)]);
        for diagnostic in &found {
            for fix in &diagnostic.fixes {
                tried += 1;
                let mended = apply(&text, fix);
                let after = check_one(&mended);
                // An error silences what follows from it, so others may come to light.
                let is_same = |other: &&pipe_diagnostics::Diagnostic| {
                    (other.code, &other.message) == (diagnostic.code, &diagnostic.message)
                };
                let (same, before) =
                    (after.iter().filter(is_same).count(), found.iter().filter(is_same).count());
                if same >= before {
                    let line = &diagnostic.message;
                    let new: Vec<String> =
                        after.iter().map(|d| format!("[{}] {}", d.code, d.message)).collect();
                    failures += &format!("{line}: {}\n{mended}\n  {}\n", fix.title, new.join("\n  "));
                }
            }
        }
    }
    assert!(tried > 50, "{tried}");
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn what_is_applied_without_asking_leaves_no_error() {
    let programs = [
        r#"pub fn f(c: Container, s: Secret) -> Container { c.env("KEY", s) }"#,
        r#"pub fn f(c: Container, s: Secret) -> Container { c.env("KEY", value: s) }"#,
        r#"pub fn f(c: Container, s: Secret) -> Container { c.env(value: s, name: "KEY") }"#,
        "pub action f(c: Container) {\n  let p = c.push(\"r.example.com/a:1\")\n  do sleep(1s)\n}",
        "pub action f(c: Container) {\n  c.push(\"r.example.com/a:1\")\n}",
        "pub action f(c: Container) {\n  c.check([\"true\"])\n  do sleep(1s)\n}",
        r#"pub fn f(c: Container) -> Container { c.run(["true"], timeuot: 5s) }"#,
    ];
    for text in programs {
        let mut fixes: Vec<_> =
            check_one(text).into_iter().flat_map(|d| d.fixes).filter(|fix| fix.automatic).collect();
        assert!(!fixes.is_empty(), "{text}");
        // From the end, so that edits do not move one another.
        fixes.sort_by_key(|fix| std::cmp::Reverse(fix.edits[0].place.start));
        let mended = fixes.iter().fold(text.to_owned(), |text, fix| apply(&text, fix));
        let errors: Vec<_> =
            check_one(&mended).into_iter().filter(|d| d.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{mended}\n{errors:#?}");
    }
}

/// A program all of whose errors can be fixed has none afterwards, and has a canonical form.
#[test]
fn what_can_be_fixed_is_right_afterwards() {
    let mut failures = String::new();
    let mut codes = std::collections::BTreeSet::new();
    for text in single_programs() {
        let found = check_one(&text);
        let errors: Vec<_> = found.iter().filter(|d| d.severity == Severity::Error).collect();
        let fixable = |d: &&pipe_diagnostics::Diagnostic| d.fixes.iter().any(|fix| fix.automatic);
        if !errors.iter().all(fixable) || !found.iter().any(|d| fixable(&d)) {
            continue;
        }
        codes.extend(found.iter().filter(fixable).map(|d| d.code));
        let fixed = apply_automatic(&text, check_one);
        let left: Vec<_> = check_one(&fixed).into_iter().filter(|d| d.severity == Severity::Error).collect();
        if !left.is_empty() {
            failures += &format!("{text}\nbecomes\n{fixed}\nwith {left:#?}\n");
            continue;
        }
        let formatted = pipe_syntax::format(&fixed).unwrap();
        assert_eq!(pipe_syntax::format(&formatted).unwrap(), formatted, "{fixed}");
        assert_eq!(apply_automatic(&fixed, check_one), fixed);
    }
    assert!(codes.len() >= 30, "{codes:?}");
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn no_fix_where_a_secret_is_a_part_of_the_value() {
    for text in [
        r#"pub fn f(c: Container, s: Secret) -> Container { c.env("KEY", "Bearer ${s}") }"#,
        r#"pub fn f(c: Container, s: Secret, b: Bool) -> Container { c.env("KEY", if b { s } else { "" }) }"#,
    ] {
        let found = check_one(text);
        assert!(found.len() == 1 && found[0].fixes.is_empty(), "{found:#?}");
    }
}
