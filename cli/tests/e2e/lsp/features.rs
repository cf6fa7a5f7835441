//! What an editor shows and changes of a text.

use serde_json::{Value, json};

use super::{Editor, labels, range, uri};
use crate::harness::World;

#[test]
fn a_fix_is_offered() {
    let world = World::module("pub fn f(c: Container) -> Container { c.run([\"true\"], timeuot: 5s) }\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    let found = editor.diagnostics(&main, 1);
    let params = json!({
        "textDocument": { "uri": uri(&main) }, "range": found[0]["range"], "context": { "diagnostics": found },
    });
    let actions = editor.ask("textDocument/codeAction", params);
    assert_eq!(actions[0]["title"], "write `timeout`", "{actions}");
    assert_eq!(actions[0]["edit"]["changes"][uri(&main)][0]["newText"], "timeout");
    assert_eq!(actions[0]["isPreferred"], true);
}

#[test]
fn names_are_explained_and_found_in_other_files() {
    let world = World::module("use \"./deploy.pipe\" as deploy\n\npub fn f() -> Int { deploy.replicas() }\n");
    world.write("deploy.pipe", "## How many.\npub fn replicas() -> Int { 3 }\n");
    let (main, deploy) = (world.package().join("main.pipe"), world.package().join("deploy.pipe"));
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    let hover = editor.at("textDocument/hover", &main, 2, 30);
    assert_eq!(hover["contents"]["value"], "```pipe\npub fn replicas() -> Int\n```\n\nHow many.");
    let place = editor.at("textDocument/definition", &main, 2, 30);
    assert_eq!(place, json!({ "uri": uri(&deploy), "range": range(1, 7, 15) }));
    // What is open counts, saved or not.
    editor.open_text(&deploy, "\n\npub fn replicas() -> String { \"3\" }\n");
    let place = editor.at("textDocument/definition", &main, 2, 30);
    assert_eq!(place["range"], range(2, 7, 15));
    assert_eq!(editor.problems(&main, 1)[0]["code"], "type-mismatch");
}

#[test]
fn completion_knows_the_type_before_the_point() {
    let text = "pub fn f() -> Container { image(\"alpine\") }\n";
    let world = World::module(text);
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    editor.change(&main, 2, json!([{ "range": range(0, 41, 41), "text": "." }]));
    let found = labels(&editor.at("textDocument/completion", &main, 0, 42));
    assert!(found.iter().any(|label| label == "run"), "{found:?}");
    assert!(!found.iter().any(|label| label == "image"), "{found:?}");
    // A broken neighbour changes nothing.
    let above = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    editor.change(&main, 3, json!([{ "range": above, "text": "fn broken( {\n" }]));
    let found = labels(&editor.at("textDocument/completion", &main, 1, 42));
    assert!(found.iter().any(|label| label == "run"), "{found:?}");
}

#[test]
fn an_entry_is_explained_when_it_is_asked_for() {
    let world = World::module("pub fn f() -> Container { image(\"alpine:3\").r }\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    let found = editor.at("textDocument/completion", &main, 0, 45);
    let run = found["items"].as_array().unwrap().iter().find(|item| item["label"] == "run").unwrap().clone();
    assert!(run.get("documentation").is_none());
    let run = editor.ask("completionItem/resolve", run);
    assert!(run["documentation"]["value"].as_str().unwrap().contains("Runs a command"), "{run}");
}

#[test]
fn a_file_is_outlined_folded_and_formatted() {
    let world = World::module("pub fn f( )->Int{ 1 }\nrecord R {\n  x: Int\n}\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    let document = json!({ "textDocument": { "uri": uri(&main) } });
    let symbols = editor.ask("textDocument/documentSymbol", document.clone());
    assert_eq!((&symbols[0]["name"], &symbols[1]["children"][0]["name"]), (&json!("f"), &json!("x")));
    let folds = editor.ask("textDocument/foldingRange", document.clone());
    assert_eq!((&folds[0]["startLine"], &folds[0]["endLine"]), (&json!(1), &json!(2)), "{folds}");
    let mut params = document;
    params["options"] = json!({ "tabSize": 8, "insertSpaces": false });
    params["range"] = range(0, 0, 0);
    let some = editor.ask("textDocument/rangeFormatting", params.clone());
    assert_eq!(some[0]["newText"], "pub fn f() -> Int { 1 }", "{some}");
    params["range"] = json!({ "start": { "line": 9, "character": 0 }, "end": { "line": 9, "character": 0 } });
    assert_eq!(editor.ask("textDocument/rangeFormatting", params.clone()), json!([]));
    let edits = editor.ask("textDocument/formatting", params);
    assert_eq!(edits[0]["newText"], "pub fn f() -> Int { 1 }\n", "{edits}");
}

#[test]
fn a_broken_item_keeps_no_other_from_its_form() {
    let world = World::module("fn broken( -> Int {1}\n\npub fn f( )->Int {1}\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::with(&world, json!({})).0;
    editor.open(&main);
    let options = json!({ "tabSize": 2, "insertSpaces": true });
    let params = json!({ "textDocument": { "uri": uri(&main) }, "options": options });
    let edits = editor.ask("textDocument/formatting", params);
    let range = json!({ "start": { "line": 2, "character": 0 }, "end": { "line": 2, "character": 20 } });
    assert_eq!(edits, json!([{ "newText": "pub fn f() -> Int { 1 }", "range": range }]));
    // The command line refuses it.
    world.run(["fmt", "--check"]).exits(2);
}

#[test]
fn the_standard_library_can_be_read() {
    let world = World::module("pub fn f() -> Container { image(\"a\") }\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::start(&world);
    let options = json!({ "standardLibrary": true });
    editor.ask("initialize", json!({ "capabilities": {}, "initializationOptions": options }));
    editor.tell("initialized", json!({}));
    editor.open(&main);
    let place = editor.at("textDocument/definition", &main, 0, 28);
    assert_eq!(place["uri"], "pipe-std:/std/prelude.pipe");
    let text = editor.ask("pipe/standardLibrary", json!({ "uri": place["uri"] }));
    let line = place["range"]["start"]["line"].as_u64().unwrap() as usize;
    assert!(text.as_str().unwrap().lines().nth(line).unwrap().starts_with("pub fn image("));
}

/// Two files of which one uses the other.
fn two_files() -> World {
    let world =
        World::module("use \"./deploy.pipe\" as deploy\n\npub fn f() -> Int { deploy.replicas(many: 2) }\n");
    world.write("deploy.pipe", "## How many.\npub fn replicas(many: Int) -> Int { many }\n");
    world
}

#[test]
fn a_name_is_found_and_changed_everywhere() {
    let world = two_files();
    let (main, deploy) = (world.package().join("main.pipe"), world.package().join("deploy.pipe"));
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    let mut params = json!({
        "textDocument": { "uri": uri(&main) }, "position": { "line": 2, "character": 30 },
        "context": { "includeDeclaration": true },
    });
    let found = editor.ask("textDocument/references", params.clone());
    let places: Vec<(&Value, &Value)> =
        found.as_array().unwrap().iter().map(|place| (&place["uri"], &place["range"])).collect();
    assert_eq!(places, [(&json!(uri(&deploy)), &range(1, 7, 15)), (&json!(uri(&main)), &range(2, 27, 35))]);
    assert_eq!(editor.ask("textDocument/prepareRename", params.clone()), range(2, 27, 35));
    params["newName"] = json!("copies");
    let edit = editor.ask("textDocument/rename", params.clone());
    assert_eq!(edit["changes"][uri(&deploy)][0]["newText"], "copies", "{edit}");
    assert_eq!(edit["changes"][uri(&main)][0]["range"], range(2, 27, 35));
    params["newName"] = json!("match");
    let refused = editor.response("textDocument/rename", params);
    assert_eq!(refused["error"]["code"], -32803, "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("no word of the language"));
}

#[test]
fn calls_are_explained_and_followed() {
    let world = two_files();
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    let help = editor.at("textDocument/signatureHelp", &main, 2, 42);
    assert_eq!(help["signatures"][0]["label"], "replicas(many: Int) -> Int", "{help}");
    assert_eq!(
        (&help["activeParameter"], &help["signatures"][0]["parameters"][0]["label"]),
        (&json!(0), &json!([9, 18]))
    );
    let item = editor.at("textDocument/prepareCallHierarchy", &main, 2, 30)[0].clone();
    assert_eq!(item["name"], "replicas");
    let callers = editor.ask("callHierarchy/incomingCalls", json!({ "item": item }));
    assert_eq!((&callers[0]["from"]["name"], &callers[0]["fromRanges"][0]), (&json!("f"), &range(2, 27, 35)));
    let called = editor.ask("callHierarchy/outgoingCalls", json!({ "item": callers[0]["from"] }));
    assert_eq!(called[0]["to"]["name"], "replicas");
    let found = editor.ask("workspace/symbol", json!({ "query": "rpl" }));
    assert_eq!((&found[0]["name"], &found[1]), (&json!("replicas"), &Value::Null), "{found}");
}

#[test]
fn what_can_be_done_is_shown() {
    let world = two_files();
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open_text(&main, "pub fn f() -> Int { [true].len() }\n\ntest \"it works\" { expect f() == 1 }\n");
    let document = json!({ "textDocument": { "uri": uri(&main) } });
    let lenses = editor.ask("textDocument/codeLens", document.clone());
    let commands: Vec<(&Value, &Value)> = lenses
        .as_array()
        .unwrap()
        .iter()
        .map(|lens| (&lens["command"]["command"], &lens["command"]["arguments"]))
        .collect();
    let (f, test) = (json!([uri(&world.package()), "f"]), json!([uri(&world.package()), "it works"]));
    assert_eq!(
        commands,
        [
            (&json!("pipe.run"), &f),
            (&json!("pipe.plan"), &f),
            (&json!("pipe.why"), &f),
            (&json!("pipe.test"), &test)
        ]
    );
    let tokens = editor.ask("textDocument/semanticTokens/full", document.clone());
    assert_eq!(tokens["data"].as_array().unwrap()[..5], [json!(0), json!(7), json!(1), json!(5), json!(1)]);
    let mut since = document.clone();
    since["previousResultId"] = tokens["resultId"].clone();
    let same = editor.ask("textDocument/semanticTokens/full/delta", since);
    assert_eq!(same["edits"], json!([]), "{same}");
    let mut part = document.clone();
    part["range"] = range(0, 0, 10);
    assert!(
        editor.ask("textDocument/semanticTokens/range", part.clone())["data"].as_array().unwrap().len() >= 5
    );
    editor.change(&main, 2, json!([{ "range": range(0, 20, 32), "text": "let x = [true].len()\n x" }]));
    part["range"] = range(0, 0, 40);
    let hints = editor.ask("textDocument/inlayHint", part);
    assert_eq!(hints[0]["label"], ": Int", "{hints}");
}

#[test]
fn what_a_lens_of_another_module_names_can_be_run() {
    let world =
        World::module("use \"./deploy.pipe\" as deploy\n\npub fn f() -> String { deploy.version() }\n");
    world.write(
        "deploy.pipe",
        "pub fn version(major: Int = 1) -> String { \"v${major}\" }\npub let name: String = \"app\"\n\
         pub fn of(n: Int) -> Int { n }\npub action wait() { do sleep(1ms) }\n",
    );
    let deploy = world.package().join("deploy.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&deploy);
    let lenses = editor.ask("textDocument/codeLens", json!({ "textDocument": { "uri": uri(&deploy) } }));
    let named: Vec<(&str, &str)> = lenses
        .as_array()
        .unwrap()
        .iter()
        .map(|lens| &lens["command"])
        .map(|command| (command["title"].as_str().unwrap(), command["arguments"][1].as_str().unwrap()))
        .collect();
    let each = |target| ["Run", "Plan", "Why"].map(|title| (title, target));
    assert_eq!(named, [each("deploy.version()"), each("deploy.name"), each("deploy.wait()")].concat());
    for (title, target) in named {
        let outcome = world.run([title.to_lowercase().as_str(), target]).exits(0);
        let printed = match target {
            "deploy.name" => "app",
            "deploy.version()" => "v1",
            _ => continue,
        };
        assert!(title != "Run" || outcome.stdout.trim_end() == printed, "{}", outcome.stdout);
    }
}

#[test]
fn changes_are_offered() {
    let world = World::module("pub fn f() -> Container { image(\"alpine:3\") }\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    let mut params = json!({
        "textDocument": { "uri": uri(&main) }, "range": range(0, 34, 34),
        "context": { "diagnostics": [], "only": ["refactor"] },
    });
    let found = editor.ask("textDocument/codeAction", params.clone());
    let titles: Vec<&Value> = found.as_array().unwrap().iter().map(|action| &action["title"]).collect();
    assert!(titles.contains(&&json!("extract a `param`")), "{found}");
    assert!(
        found
            .as_array()
            .unwrap()
            .iter()
            .all(|action| action["kind"].as_str().unwrap().starts_with("refactor"))
    );
    params["context"]["only"] = json!(["source"]);
    assert_eq!(editor.ask("textDocument/codeAction", params), json!([]));
}
