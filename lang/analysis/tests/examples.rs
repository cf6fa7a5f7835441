//! Examples of the documentation are programs without mistakes, and whatever is public has one.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeSet;

use pipe_syntax::ast::{Item, ItemKind};
use support::{CaseFile, cases, check, files_below, repository};

/// The pages whose examples show a layout: their names stand for nothing.
const LAYOUT: [&str; 1] = ["format.md"];

/// Items as they are; statements in a test.
fn program(example: &str) -> String {
    match pipe_syntax::parse(example).errors.is_empty() {
        true => example.to_owned(),
        false => format!("test \"example\" {{\n{example}}}\n"),
    }
}

/// What is wrong in the examples of a text, each with the other files below its heading.
fn wrong(markdown: &str, name: &str) -> (usize, String) {
    let (mut count, mut failures) = (0, String::new());
    for case in cases(markdown) {
        let (examples, others): (Vec<CaseFile>, Vec<CaseFile>) =
            case.files.into_iter().partition(|file| file.path == "main.pipe");
        for (index, example) in examples.iter().enumerate() {
            count += 1;
            let wanted: BTreeSet<&str> = match example.info.split_first() {
                Some((first, codes)) if first == "wrong" => codes.iter().map(String::as_str).collect(),
                _ => BTreeSet::new(),
            };
            let main = program(&example.text);
            let mut files = vec![("package/main.pipe".to_owned(), main.as_str())];
            let others = others.iter().filter(|_| index == 0);
            files.extend(others.map(|file| (format!("package/{}", file.path), file.text.as_str())));
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
            let (mut found, _) = check(&files);
            // Nobody calls what is shown alone.
            found.retain(|diagnostic| diagnostic.code != "unused-function");
            let codes: BTreeSet<&str> = found.iter().map(|diagnostic| diagnostic.code).collect();
            if codes != wanted {
                let said: Vec<&str> = found.iter().map(|diagnostic| &*diagnostic.message).collect();
                failures += &format!("{name}, {}: {codes:?} {said:?} in\n{}\n", case.name, example.text);
            }
        }
    }
    (count, failures)
}

#[test]
fn examples_of_the_pages_are_right() {
    let (mut count, mut failures) = (0, String::new());
    for folder in ["docs/reference", "docs/coming-from"] {
        for file in files_below(&repository().join(folder), "md") {
            let name = file.strip_prefix(repository()).unwrap().display().to_string();
            if LAYOUT.iter().any(|layout| name.ends_with(layout)) {
                continue;
            }
            let (more, wrong) = wrong(&std::fs::read_to_string(&file).unwrap(), &name);
            count += more;
            failures += &wrong;
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(count > 200, "{count}");
}

fn name(item: &Item) -> String {
    match &*item.kind {
        ItemKind::Function(function) => function.name.text.to_string(),
        ItemKind::Let(binding) => binding.name.text.to_string(),
        ItemKind::Record(record) => record.name.text.to_string(),
        ItemKind::Enum(item) => item.name.text.to_string(),
        _ => String::new(),
    }
}

/// Items with an example, fields and variants with a sentence.
#[test]
fn the_standard_library_is_documented() {
    let (mut count, mut failures) = (0, String::new());
    for source in pipe_stdlib::MODULES {
        let module = pipe_syntax::parse(source.text).module;
        if module.docs.is_empty() {
            failures += &format!("{} says nothing at its top\n", source.name);
        }
        for item in module.items.iter().filter(|item| item.public) {
            count += 1;
            let docs = item.docs.join("\n");
            let what = format!("{}: {}", source.name, name(item));
            if docs.starts_with("```") || docs.trim().is_empty() {
                failures += &format!("{what} has no documentation\n");
            }
            let (examples, wrong) = wrong(&docs, &what);
            failures += &wrong;
            if examples == 0 {
                failures += &format!("{what} has no example (a fence of pipe code)\n");
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(count > 150, "{count}");
}
