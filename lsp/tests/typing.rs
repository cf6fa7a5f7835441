//! Recorded typing: programs are typed letter by letter through the server, as an editor sends them.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::Editor;

/// The place of a byte, in lines and bytes.
fn place(text: &str, offset: usize) -> Value {
    let before = &text[..offset];
    let line = before.matches('\n').count();
    json!({ "line": line, "character": offset - before.rfind('\n').map_or(0, |at| at + 1) })
}

/// Programs of the parser's tests that mean nothing, or use a package or a module that is not there.
const WRONG: [&str; 9] = [
    "compose",
    "consumer",
    "embedded",
    "kubernetes",
    "node_app",
    "release_train",
    "rust_workspace",
    "terraform",
    "tour",
];

/// The examples and the programs of the parser's tests, and whether they are right.
fn programs() -> Vec<(PathBuf, bool)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let list = |folder: PathBuf| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let examples = list(root.join("examples")).map(|folder| (folder.join("main.pipe"), true));
    let is_right =
        |program: &Path| !WRONG.iter().any(|wrong| program.file_stem().is_some_and(|name| name == *wrong));
    let parsed = list(root.join("lang/syntax/tests/programs")).map(|program| {
        let is_right = is_right(&program);
        (program, is_right)
    });
    let mut found: Vec<(PathBuf, bool)> = examples.filter(|(file, _)| file.exists()).chain(parsed).collect();
    found.sort();
    found
}

/// Types every item of a program anew, while the others stand around it. Names that were not offered behind their point.
fn type_program(program: &Path, is_right: bool) -> Vec<String> {
    let text = std::fs::read_to_string(program).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().canonicalize().unwrap().join("main.pipe");
    std::fs::write(&file, &text).unwrap();
    if let Ok(manifest) = std::fs::read(program.with_file_name("pipe.toml")) {
        std::fs::write(file.with_file_name("pipe.toml"), manifest).unwrap();
    }
    let mut editor = Editor::start(&file);
    editor.open(&text);
    let at_first = editor.problems();
    let mut missed = Vec::new();
    for item in &pipe_syntax::parse(&text).module.items {
        let (start, end) = (item.offset as usize, (item.offset + item.len) as usize);
        editor.change(json!({ "text": format!("{}{}", &text[..start], &text[end..]) }));
        for (at, c) in text[start..end].char_indices().map(|(at, c)| (start + at, c)) {
            let here = place(&text, at);
            editor.change(json!({ "range": { "start": here, "end": here }, "text": c.to_string() }));
            let after = place(&text, at + c.len_utf8());
            if is_right
                && let Some(wanted) = member_behind(&text, at)
                && !editor.offered(&after).iter().any(|label| label == wanted)
            {
                let line = text[..at].matches('\n').count() + 1;
                missed.push(format!("{}:{line}: {wanted}", program.display()));
            }
            if c == '\n' {
                editor.ask(
                    "textDocument/signatureHelp",
                    json!({ "textDocument": { "uri": editor.file }, "position": after }),
                );
            }
        }
    }
    assert_eq!(editor.problems(), at_first, "{}", program.display());
    let errors: Vec<&Value> = at_first.iter().filter(|found| found["severity"] == 1).collect();
    assert_eq!(errors.is_empty(), is_right, "{}: {errors:#?}", program.display());
    missed
}

/// The name behind a point of the language.
fn member_behind(text: &str, at: usize) -> Option<&str> {
    let rest = text[at..].strip_prefix('.')?;
    let line = text[..at].rsplit('\n').next().unwrap();
    // In a text, a script or a comment a point is something else; so it is in a number, and before a module's type.
    let quoted = line.matches('"').count() % 2 == 1 || text[..at].matches("\"\"\"").count() % 2 == 1;
    if quoted || line.contains('#') {
        return None;
    }
    let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    (len > 0 && rest.starts_with(|c: char| c.is_alphabetic())).then(|| &rest[..len])
}

#[test]
fn programs_are_typed_letter_by_letter() {
    let missed: Vec<String> = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || {
                let programs = programs().into_iter().skip(half).step_by(2);
                programs.flat_map(|(program, is_right)| type_program(&program, is_right)).collect::<Vec<_>>()
            })
        });
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert_eq!(missed, [] as [String; 0]);
}
