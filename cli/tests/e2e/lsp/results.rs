//! What hovers and hints say of earlier runs, with the real store; and that the store does not notice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Editor, uri};
use crate::harness::World;

const TEXT: &str = "param src: Dir = workspace.dir(\"src\")

pub fn build() -> File {
  tools
    .mount(\"/src\", src)
    .run(sh\"cp /src/in /out\")
    .file(\"/out\")
}
";

fn world() -> World {
    let world = World::tools(TEXT);
    world.write("src/in", "one");
    world
}

fn editor(world: &World) -> Editor {
    let capabilities = json!({ "workspace": { "inlayHint": { "refreshSupport": true } } });
    let mut editor = Editor::with(world, capabilities).0;
    editor.open(&world.package().join("main.pipe"));
    editor
}

/// What is said of the first function, once that holds.
fn said(editor: &mut Editor, world: &World, holds: impl Fn(&str) -> bool) -> String {
    let main = world.package().join("main.pipe");
    let line = world.read("main.pipe").lines().position(|line| line.starts_with("pub fn")).unwrap() as u64;
    let start = std::time::Instant::now();
    loop {
        let hover = editor.at("textDocument/hover", &main, line, 8);
        let text = hover["contents"]["value"].as_str().unwrap_or_default();
        let said = text.split("\n\n").find(|part| part.starts_with("Last run")).unwrap_or_default();
        if holds(said) {
            return said.to_owned();
        }
        assert!(start.elapsed().as_secs() < 120, "{text}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

fn hints(editor: &mut Editor, world: &World) -> Vec<String> {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let document = json!({ "uri": uri(&world.package().join("main.pipe")) });
    let found = editor.ask("textDocument/inlayHint", json!({ "textDocument": document, "range": range }));
    let hint = |hint: &Value| format!("{}: {}", hint["position"]["line"], hint["label"].as_str().unwrap());
    found.as_array().unwrap().iter().map(hint).collect()
}

/// All files below a folder: bytes and times of the files, names of the rest.
fn files(folder: &Path) -> BTreeMap<PathBuf, Option<(Vec<u8>, std::time::SystemTime)>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            let file = meta
                .is_file()
                .then(|| (std::fs::read(entry.path()).unwrap_or_default(), meta.modified().unwrap()));
            if meta.is_dir() {
                waiting.push(entry.path());
            }
            found.insert(entry.path(), file);
        }
    }
    found
}

#[test]
fn the_last_run_is_shown_and_what_would_become_of_it_now() {
    let world = world();
    let mut editor = editor(&world);
    let main = world.package().join("main.pipe");
    world.run(["run", "build"]).success();
    let shown = said(&mut editor, &world, |said| said.ends_with("cached now"));
    assert!(shown.starts_with("Last run: ok, "), "{shown}");
    assert_eq!(hints(&mut editor, &world), ["7: cached"]);
    // Of the step, too, where it is called.
    let step = editor.at("textDocument/hover", &main, 7, 6);
    assert!(step["contents"]["value"].as_str().unwrap().ends_with(&shown), "{step}");
    // A file that it reads is another one, and then the same again.
    world.write("src/in", "two");
    let shown = said(&mut editor, &world, |said| said.contains("runs now"));
    assert!(shown.contains("`import src` is other than before"), "{shown}");
    world.write("src/in", "one");
    said(&mut editor, &world, |said| said.ends_with("cached now"));
    // The program is another one.
    let at = |line, start, end| {
        json!({
            "start": { "line": line, "character": start }, "end": { "line": line, "character": end }
        })
    };
    editor.change(&main, 2, json!([{ "range": at(7, 14, 14), "text": " -p" }]));
    let shown = said(&mut editor, &world, |said| said.ends_with("runs now"));
    assert!(shown.starts_with("Last run: ok, "), "{shown}");
    assert_eq!(hints(&mut editor, &world), ["7: runs"]);
}

#[test]
fn a_failed_run_is_shown_as_one() {
    let world = World::tools("pub fn unit() -> Check { tools.check(sh\"exit 3\") }\n");
    let mut editor = editor(&world);
    world.run(["run", "unit"]).exits(1);
    let shown = said(&mut editor, &world, |said| said.contains("runs now"));
    assert!(shown.starts_with("Last run: exit code 3, "), "{shown}");
    assert!(shown.contains("failed last time with exit code 3"), "{shown}");
}

#[test]
fn the_store_does_not_notice() {
    let world = world();
    world.run(["run", "build"]).success();
    let before = files(&world.store());
    assert!(before.len() > 3);
    let mut editor = editor(&world);
    said(&mut editor, &world, |said| said.ends_with("cached now"));
    world.write("src/in", "two");
    said(&mut editor, &world, |said| said.contains("runs now"));
    assert_eq!(editor.close(), 0);
    assert_eq!(files(&world.store()), before);
    assert_eq!(std::fs::read_dir(world.home()).unwrap().count(), 0);
}

#[test]
fn a_store_of_another_version_is_left_alone() {
    let world = world();
    world.run(["run", "build"]).success();
    let database = world.store().join("db.sqlite");
    // The format is the four bytes from the sixtieth on: https://www.sqlite.org/fileformat.html.
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[60..64].copy_from_slice(&99u32.to_be_bytes());
    std::fs::write(&database, bytes).unwrap();
    let mut editor = editor(&world);
    let shown = said(&mut editor, &world, |said| !said.is_empty());
    assert!(shown.starts_with("Last run: not known, for "), "{shown}");
    assert!(shown.contains("newer version of pipe"), "{shown}");
}
