//! What a person reads. Programs and reports stand side by side in the snapshot.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use support::{check, files_below, repository};

#[test]
fn mistakes_as_they_are_shown() {
    let mut shown = String::new();
    for file in files_below(&repository().join("tests/lang/bad"), "pipe") {
        let name = file.file_name().unwrap().to_str().unwrap();
        // The first line says what the snapshot shows.
        let text = std::fs::read_to_string(&file).unwrap();
        let (found, analysis) = check(&[(name, &text)]);
        for diagnostic in &found {
            shown += &support::shown(diagnostic, &analysis);
            shown += "\n";
        }
    }
    insta::assert_snapshot!(shown);
}
