//! The language, case by case: every Markdown file below `tests/lang`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use support::{cases, check, compare, expectations, files_below, repository};

#[test]
fn language_cases() {
    let folder = repository().join("tests/lang");
    let mut failures = String::new();
    let mut count = 0;
    for path in files_below(&folder, "md") {
        if path.ends_with("README.md") {
            continue;
        }
        let markdown = std::fs::read_to_string(&path).unwrap();
        for case in cases(&markdown) {
            count += 1;
            let files: Vec<(&str, &str)> =
                case.files.iter().map(|f| (f.path.as_str(), f.text.as_str())).collect();
            let expected: Vec<_> = files.iter().flat_map(|(path, text)| expectations(path, text)).collect();
            let (found, _) = check(&entry_first(&files));
            let difference = compare(&expected, &found, &files);
            if !difference.is_empty() {
                let file = path.strip_prefix(&folder).unwrap().display();
                failures += &format!("{file}: {}\n{difference}", case.name);
            }
        }
    }
    assert!(count > 60, "only {count} cases were found");
    assert!(failures.is_empty(), "\n{failures}");
}

/// The manifest decides where a package begins, so a program file must come first.
fn entry_first<'a>(files: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut files = files.to_vec();
    files.sort_by_key(|(path, _)| (*path != "main.pipe", path.ends_with(".toml")));
    files
}
