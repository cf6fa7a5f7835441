//! Fixes mend: applied, their diagnostic is gone.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use pipe_diagnostics::Fix;
use support::{cases, check, check_one, files_below, repository};

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
            programs.extend(cases.into_iter().flat_map(|case| case.files).map(|file| file.text));
        }
    }
    programs
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
                let same = after.iter().filter(|other| other.code == diagnostic.code).count();
                let before = found.iter().filter(|other| other.code == diagnostic.code).count();
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
