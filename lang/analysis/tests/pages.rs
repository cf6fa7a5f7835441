//! Every diagnostic has its page, and the page's first example gives it; the others are right programs.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeSet;

use pipe_analysis::{Level, codes, lints};
use support::{CaseFile, cases, check, files_below, repository};

/// Nothing that can be written in one program gives these.
const WITHOUT_EXAMPLE: [&str; 1] = ["unreadable-file"];

#[test]
fn the_example_of_a_page_gives_its_diagnostic() {
    let mut failures = String::new();
    for (code, title) in codes() {
        let page = std::fs::read_to_string(repository().join(format!("docs/errors/{code}.md")));
        let Ok(page) = page else {
            failures += &format!("{code} has no page\n");
            continue;
        };
        if !page.starts_with(&format!("# `{code}`: {title}\n")) {
            failures += &format!("{code}: the page's title is not `{title}`\n");
        }
        let files: Vec<CaseFile> = cases(&page).into_iter().flat_map(|case| case.files).collect();
        failures += &examples(code, &files);
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// Codes of the parser have no list: they are those whose page is not about a code of the checker, and that stand in its source.
#[test]
fn the_example_of_a_page_about_syntax_gives_its_diagnostic() {
    let sources: String = files_below(&repository().join("lang/syntax/src"), "rs")
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    let mut failures = String::new();
    let mut count = 0;
    for path in files_below(&repository().join("docs/errors"), "md") {
        let code = path.file_stem().unwrap().to_str().unwrap();
        let own = path.parent() == Some(&repository().join("docs/errors"));
        let checked = codes().iter().any(|(known, _)| *known == code);
        if !own || checked || !sources.contains(&format!("\"{code}\"")) {
            continue;
        }
        let page = std::fs::read_to_string(&path).unwrap();
        let files: Vec<CaseFile> = cases(&page).into_iter().flat_map(|case| case.files).collect();
        // A program of that size is no example.
        if !["too-deep", "file-too-large"].contains(&code) {
            count += 1;
            failures += &examples(code, &files);
        }
    }
    assert!(count > 40, "{count}");
    assert!(failures.is_empty(), "\n{failures}");
}

fn examples(code: &str, files: &[CaseFile]) -> String {
    // A package below another folder, so that a page can show what lies outside.
    let at = |path: &str| format!("package/{path}");
    let others: Vec<(String, &str)> =
        files.iter().filter(|f| f.path != "main.pipe").map(|f| (at(&f.path), f.text.as_str())).collect();
    let mut failures = String::new();
    let programs: Vec<&CaseFile> = files.iter().filter(|file| file.path == "main.pipe").collect();
    if programs.is_empty() != WITHOUT_EXAMPLE.contains(&code) {
        failures += &format!("{code}: an example is missing\n");
    }
    for (index, program) in programs.into_iter().enumerate() {
        let main = at("main.pipe");
        let mut package = vec![(main.as_str(), program.text.as_str())];
        if index == 0 {
            package.extend(others.iter().map(|(path, text)| (path.as_str(), *text)));
        }
        let found: BTreeSet<&str> = check(&package).0.iter().map(|diagnostic| diagnostic.code).collect();
        let wanted = if index == 0 { BTreeSet::from([code]) } else { BTreeSet::new() };
        if found != wanted {
            failures += &format!("{code}: example {index} gives {found:?}\n");
        }
    }
    failures
}

#[test]
fn the_reference_lists_every_lint() {
    let page = std::fs::read_to_string(repository().join("docs/reference/lints.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| [`")).collect();
    let level = |level: Level| match level {
        Level::Allow => "allow",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    let title = |code: &str| codes().iter().find(|(known, _)| *known == code).unwrap().1;
    let row = |&(code, default): &(&str, Level)| {
        format!("| [`{code}`](../errors/{code}.md) | {} | {} |", level(default), title(code))
    };
    assert_eq!(rows, lints().iter().map(row).collect::<Vec<_>>());
}

#[test]
fn codes_are_sorted_and_complete() {
    let known: Vec<&str> = codes().iter().map(|(code, _)| *code).collect();
    assert!(known.is_sorted());
    // Every literal that could be a code and is handed to a maker of diagnostics.
    for file in files_below(&repository().join("lang/analysis/src"), "rs") {
        let text = std::fs::read_to_string(&file).unwrap();
        for maker in ["error(", "warning("] {
            for (at, _) in text.match_indices(maker) {
                let rest = text[at + maker.len()..].trim_start();
                let Some(code) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
                    continue;
                };
                assert!(known.contains(&code) || code.contains(' '), "{}: {code}", file.display());
            }
        }
    }
}
