//! What the server makes of texts: problems, order of edits, positions, files on the disk.

use serde_json::{Value, json};

use super::{Editor, range, uri};
use crate::harness::World;

#[test]
fn a_mistake_is_shown_where_it_is_until_it_is_mended() {
    let world = World::module("pub fn f() -> Int { nothing }\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    let found = editor.diagnostics(&main, 1);
    assert_eq!(
        (found.len(), &found[0]["code"], &found[0]["range"]),
        (1, &json!("unknown-name"), &range(0, 20, 27))
    );
    editor.change(
        &main,
        2,
        json!([{ "range": range(0, 20, 27), "text": "4" }, { "range": range(0, 21, 21), "text": "2" }]),
    );
    assert_eq!(editor.diagnostics(&main, 2), [] as [Value; 0]);
    assert_eq!(editor.close(), 0);
}

#[test]
fn edits_and_questions_keep_their_order() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    for version in 2..60 {
        let text = format!("pub fn f{version}() -> Int {{ 1 }}\n");
        editor.change(&main, version, json!([{ "text": text }]));
        let hover = editor.at("textDocument/hover", &main, 0, 8);
        let said = hover["contents"]["value"].as_str().unwrap_or_default();
        assert!(said.contains(&format!("pub fn f{version}()")), "{hover}");
    }
    assert_eq!(editor.diagnostics(&main, 59), [] as [Value; 0]);
}

#[test]
fn positions_count_what_was_agreed() {
    let world = World::module("pub fn f() -> String { \"é𝄞${nothing}\" }\n");
    let main = world.package().join("main.pipe");
    for (offered, chosen, start) in [
        (json!(["utf-16"]), "utf-16", 29),
        (json!(["utf-8", "utf-16"]), "utf-8", 32),
        (json!(["utf-32"]), "utf-32", 28),
    ] {
        let (mut editor, answer) =
            Editor::with(&world, json!({ "general": { "positionEncodings": offered } }));
        assert_eq!(answer["capabilities"]["positionEncoding"], chosen);
        editor.open(&main);
        assert_eq!(editor.diagnostics(&main, 1)[0]["range"], range(0, start, start + 7));
    }
}

#[test]
fn files_that_change_on_the_disk_are_read_again() {
    let world = World::module("use \"./deploy.pipe\" as deploy\n\npub fn f() -> Int { deploy.replicas() }\n");
    world.write("deploy.pipe", "pub fn replicas() -> Int { 3 }\n");
    let main = world.package().join("main.pipe");
    let (mut editor, _) = Editor::with(
        &world,
        json!({
            "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } },
        }),
    );
    editor.open(&main);
    assert_eq!(editor.diagnostics(&main, 1), [] as [Value; 0]);
    world.write("deploy.pipe", "pub fn replicas() -> String { \"3\" }\n");
    let changed = json!([{ "uri": uri(&world.package().join("deploy.pipe")), "type": 2 }]);
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": changed }));
    assert_eq!(editor.problems(&main, 1)[0]["code"], "type-mismatch");
}

#[test]
fn a_client_may_ask_for_what_is_wrong() {
    let world = World::module("pub fn f() -> Int { nothing }\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::start(&world);
    let options = json!({ "capabilities": {}, "initializationOptions": { "diagnostics": "pull" } });
    let answer = editor.ask("initialize", options);
    assert_eq!(answer["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"], true);
    editor.tell("initialized", json!({}));
    editor.open(&main);
    let found = editor.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": uri(&main) } }));
    assert_eq!((&found["kind"], &found["items"][0]["code"]), (&json!("full"), &json!("unknown-name")));
    let found = editor.ask("workspace/diagnostic", json!({ "previousResultIds": [] }));
    assert_eq!((&found["items"][0]["uri"], &found["items"][0]["version"]), (&json!(uri(&main)), &json!(1)));
    assert!(editor.said.is_empty(), "nothing is told unasked: {:?}", editor.said);
}

#[test]
fn the_first_look_at_a_package_is_shown() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    let main = world.package().join("main.pipe");
    let (mut editor, _) = Editor::with(&world, json!({ "window": { "workDoneProgress": true } }));
    editor.open(&main);
    let mut kinds: Vec<String> = Vec::new();
    while kinds.last().is_none_or(|kind| kind != "end") {
        let message = editor.read();
        if message["method"] == "window/workDoneProgress/create" {
            editor.write(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
        }
        kinds.extend(message["params"]["value"]["kind"].as_str().map(str::to_owned));
    }
    assert_eq!(kinds.first().map(String::as_str), Some("begin"));
}

#[test]
fn a_fetched_package_is_looked_into_and_none_is_fetched() {
    let world = crate::packages::world();
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    let found = editor.diagnostics(&main, 1);
    assert_eq!((found.len(), &found[0]["code"]), (1, &json!("package-not-locked")));
    assert!(!world.store().join("packages").exists());
    world.run(["update"]).success();
    let changed = json!({ "changes": [{ "uri": uri(&world.package().join("pipe.lock")), "type": 1 }] });
    editor.tell("workspace/didChangeWatchedFiles", changed);
    assert_eq!(editor.diagnostics(&main, 1), Vec::<Value>::new());
    let found = editor.at("textDocument/definition", &main, 2, 30);
    let shown = found.to_string();
    assert!(shown.contains("/store/packages/") && shown.contains("/main.pipe"), "{shown}");
    assert_eq!(editor.close(), 0);
}
