//! The tests in the examples of the documentation pass. That the examples have no mistakes is a test of the checker.

use std::path::PathBuf;

use crate::harness::{World, repository};

/// Pages whose examples show a layout.
const LAYOUT: &[&str] = &["format.md"];

/// A program of a page, with where it stands.
struct Example {
    place: String,
    text: String,
    /// Other files below its heading.
    files: Vec<(String, String)>,
}

fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![repository().join("docs/reference"), repository().join("docs/coming-from")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md")
                && !LAYOUT.iter().any(|name| path.ends_with(name))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The right programs of a page. One of statements becomes a test.
fn examples(page: &PathBuf) -> Vec<Example> {
    let text = std::fs::read_to_string(page).unwrap();
    let name = page.strip_prefix(repository()).unwrap().display().to_string();
    let mut found: Vec<Example> = Vec::new();
    let (mut heading, mut first) = (String::new(), None);
    let mut files = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with('#') {
            heading = line.trim_start_matches('#').trim().replace('`', "");
            (first, files) = (None, Vec::new());
        }
        let Some(info) = line.strip_prefix("```") else { continue };
        let code: String = lines
            .by_ref()
            .take_while(|line| !line.starts_with("```"))
            .map(|line| format!("{line}\n"))
            .collect();
        let words: Vec<&str> = info.split(' ').collect();
        match words.as_slice() {
            ["pipe"] => {
                first.get_or_insert(found.len());
                found.push(Example { place: format!("{name}, {heading}"), text: code, files: Vec::new() });
            }
            ["pipe", file] if file.contains('.') => files.push(((*file).to_owned(), code)),
            ["toml"] => files.push(("pipe.toml".to_owned(), code)),
            _ => {}
        }
        if let Some(first) = first {
            found[first].files.append(&mut files);
        }
    }
    found
}

fn is_statements(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("expect "))
}

#[test]
fn tests_in_examples_pass() {
    let together = World::empty();
    let (mut main, mut wanted) = (String::new(), 0);
    let mut apart = 0;
    for example in pages().iter().flat_map(examples) {
        let tests = example.text.lines().filter(|line| line.starts_with("test ")).count();
        if is_statements(&example.text) {
            main.push_str(&format!("test {:?} {{\n{}}}\n\n", example.place, example.text));
            wanted += 1;
        } else if tests == 0 {
            continue;
        } else if example.files.is_empty() && !example.text.contains("param ") {
            let module = format!("m{wanted}");
            together.write(&format!("{module}.pipe"), &example.text);
            main = format!("use \"./{module}.pipe\" as {module}\n{main}");
            wanted += tests;
        } else {
            let world = World::module(&example.text);
            for (name, text) in &example.files {
                world.write(name, text);
            }
            // Folders that examples name.
            for file in [
                "src/a",
                "testdata/empty/a",
                "testdata/two-modules/one/go.mod",
                "testdata/two-modules/two/go.mod",
            ] {
                world.write(file, "module example.com/a\n");
            }
            let outcome = world.run(["test"]);
            let passed = format!("{tests} passed, 0 failed");
            assert!(
                outcome.stdout.contains(&passed),
                "{}: {}{}",
                example.place,
                outcome.stdout,
                outcome.stderr
            );
            apart += 1;
        }
    }
    together.write("main.pipe", &main);
    let outcome = together.run(["test"]);
    let passed = format!("{wanted} passed, 0 failed");
    assert!(outcome.stdout.contains(&passed), "{wanted} tests: {}{}", outcome.stdout, outcome.stderr);
    assert!(wanted > 60 && apart > 0, "{wanted} {apart}");
}
