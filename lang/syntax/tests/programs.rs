//! Whole programs parse without an error.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "the programs are files")]

use pipe_syntax::ast::ItemKind;
use pipe_syntax::parse;
use std::path::Path;

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut out: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "pipe"))
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    out.sort();
    out
}

#[test]
fn programs_have_no_errors() {
    let all = [files("tests/programs"), files("../../stdlib")].concat();
    assert!(all.len() > 20, "programs are there");
    for (name, text) in all {
        let parsed = parse(&text);
        let shown: Vec<String> = parsed
            .errors
            .iter()
            .map(|e| format!("{:?} {} {:?}", e.primary.place, e.message, text.get(e.primary.place.range())))
            .collect();
        assert!(shown.is_empty(), "{name}: {shown:#?}");
        assert!(!parsed.module.items.iter().any(|i| *i.kind == ItemKind::Error), "{name}");
    }
}
