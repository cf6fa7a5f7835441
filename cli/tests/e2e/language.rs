//! Wrong programs: one error each, where the caret says.

use std::path::PathBuf;

use crate::harness::{World, repository};
use crate::values::diagnostics;

/// An expected error: line, column and end column of its caret, all from 1.
type Caret = (u64, u64, u64);

/// Carets below a line of code: `#   ^^^`.
fn carets(text: &str) -> Vec<Caret> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let marker = line.strip_prefix('#').map(str::trim).unwrap_or_default();
        if marker.is_empty() || !marker.chars().all(|c| c == '^') {
            continue;
        }
        let start = line.find('^').unwrap() as u64 + 1;
        found.push((index as u64, start, start + marker.len() as u64));
    }
    found
}

fn bad_programs() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(repository().join("tests/lang/bad"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pipe"))
        .collect();
    files.sort();
    files
}

#[test]
fn each_mistake_is_reported_once_at_its_caret() {
    let files = bad_programs();
    assert!(files.len() >= 17, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        // `# error: …`, with the fix in brackets behind it; another comment is no expectation.
        let Some(message) = text.lines().next().and_then(|line| line.strip_prefix("# error: ")) else {
            continue;
        };
        let message = message.split(" (fix").next().unwrap();
        let carets = carets(&text);
        let world = World::empty();
        let found = diagnostics(&world.run(["check", "--format", "json", file.to_str().unwrap()]).exits(1));
        let places: Vec<Caret> = found
            .iter()
            .map(|d| {
                (
                    d["line"].as_u64().unwrap(),
                    d["column"].as_u64().unwrap(),
                    d["end_column"].as_u64().unwrap(),
                )
            })
            .collect();
        // One without a caret is a circle, which has no one place.
        assert!(places == carets || carets.is_empty() && places.len() == 1, "{}: {found:#?}", file.display());
        assert!(found.iter().all(|d| d["message"] == message), "{}: {found:#?}", file.display());
    }
}

#[test]
fn broken_items_leave_their_neighbours_alone() {
    let file = repository().join("tests/lang/bad/broken_item.pipe");
    let world = World::empty();
    let found = diagnostics(&world.run(["check", "--format", "json", file.to_str().unwrap()]).exits(1));
    let lines: Vec<u64> = found.iter().map(|d| d["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [2, 4], "{found:#?}");
}

#[test]
fn a_record_cannot_hold_a_function_of_itself() {
    let world = World::module("record R { f: fn(R) -> Int }\n");
    let found = diagnostics(&world.run(["check", "--format", "json"]).exits(1));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0]["line"].as_u64(), found[0]["column"].as_u64()), (Some(1), Some(15)));
}

#[test]
fn a_package_with_errors_is_not_run() {
    let world = World::module("pub fn f() -> Int { \"text\" }\n");
    for args in [&["run", "f"][..], &["plan", "f"], &["list"], &["test"]] {
        world.run(args).exits(2).says("main.pipe:1:");
    }
}
