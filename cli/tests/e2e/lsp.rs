//! `pipe lsp`, driven as an editor drives it: JSON-RPC over its standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::harness::World;

/// An editor with a server.
struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: i64,
    /// Notifications that came while an answer was awaited.
    said: Vec<Value>,
}

impl Editor {
    /// A server that has answered nothing yet.
    fn start(world: &World) -> Editor {
        let mut child = world.pipe().arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Editor { child, input, output, next: 0, said: Vec::new() }
    }

    /// A server that is ready, with positions counted in bytes.
    fn ready(world: &World) -> Editor {
        Editor::with(world, json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } })).0
    }

    fn with(world: &World, capabilities: Value) -> (Editor, Value) {
        let mut editor = Editor::start(world);
        let params =
            json!({ "processId": null, "rootUri": uri(&world.package()), "capabilities": capabilities });
        let answer = editor.ask("initialize", params);
        editor.tell("initialized", json!({}));
        (editor, answer)
    }

    fn write(&mut self, message: &Value) {
        let body = message.to_string();
        self.bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server ended");
            match line.trim().split_once(": ") {
                Some(("Content-Length", n)) => length = n.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// Asks and waits for the whole answer.
    fn response(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.read();
            match message.get("method") {
                None if message["id"] == id => return message,
                // A request of the server: granted.
                Some(_) if message.get("id").is_some() => {
                    self.write(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
                }
                _ => self.said.push(message),
            }
        }
    }

    /// Asks and waits for the result.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut response = self.response(method, params);
        assert!(response.get("error").is_none(), "{response}");
        response["result"].take()
    }

    /// The problems of a file at a version.
    fn diagnostics(&mut self, file: &Path, version: i64) -> Vec<Value> {
        let is_it = |message: &Value| {
            let params = &message["params"];
            message["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == uri(file)
                && params["version"] == version
        };
        loop {
            if let Some(at) = self.said.iter().position(is_it) {
                let found = self.said.remove(at);
                return found["params"]["diagnostics"].as_array().unwrap().clone();
            }
            let message = self.read();
            self.said.push(message);
        }
    }

    /// The problems of a file at a version, once it has some: a change elsewhere is looked at later.
    fn problems(&mut self, file: &Path, version: i64) -> Vec<Value> {
        loop {
            let found = self.diagnostics(file, version);
            if !found.is_empty() {
                return found;
            }
        }
    }

    fn open(&mut self, file: &Path) -> String {
        let text = std::fs::read_to_string(file).unwrap();
        self.open_text(file, &text);
        text
    }

    fn open_text(&mut self, file: &Path, text: &str) {
        let document = json!({ "uri": uri(file), "languageId": "pipe", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, file: &Path, version: i64, changes: Value) {
        let document = json!({ "uri": uri(file), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.tell("textDocument/didChange", params);
    }

    /// Asks about a place.
    fn at(&mut self, method: &str, file: &Path, line: u64, character: u64) -> Value {
        let position = json!({ "line": line, "character": character });
        let params = json!({ "textDocument": { "uri": uri(file) }, "position": position });
        self.ask(method, params)
    }

    /// Ends it as an editor does; its exit code.
    fn close(mut self) -> i32 {
        self.ask("shutdown", Value::Null);
        self.write(&json!({ "jsonrpc": "2.0", "method": "exit" }));
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn range(line: u64, start: u64, end: u64) -> Value {
    json!({ "start": { "line": line, "character": start }, "end": { "line": line, "character": end } })
}

fn labels(found: &Value) -> Vec<String> {
    found["items"].as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
}

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

#[test]
fn no_message_ends_it() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::start(&world);
    let early = editor.response("textDocument/hover", json!({}));
    assert_eq!(early["error"]["code"], -32002, "{early}");
    editor.ask("initialize", json!({ "capabilities": {} }));
    editor.bytes(b"rubbish\r\n\r\n");
    editor.bytes(b"Content-Length: 9\r\n\r\nnot json!");
    editor.bytes(b"Content-Length: 2\r\n\r\n[]");
    editor.bytes(b"Content-Length: 3\r\n\r\n\xff\xfe\xfd");
    editor.bytes(
        "[".repeat(100_000)
            .as_bytes()
            .iter()
            .copied()
            .fold(b"Content-Length: 100000\r\n\r\n".to_vec(), |mut all, b| {
                all.push(b);
                all
            })
            .as_slice(),
    );
    editor.tell("textDocument/didChange", json!({ "wrong": true }));
    editor.change(&main, 2, json!([{ "text": "not open" }]));
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": "nonsense:" } }));
    editor.write(&json!({ "jsonrpc": "2.0", "id": 99, "result": "to nobody" }));
    let unknown = editor.response("pipe/unknown", json!({}));
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
    editor.open_text(&main, "pub fn f( { ))) \u{0} \"");
    let huge = json!([{ "range": range(u64::from(u32::MAX), 0, 5), "text": "x" }]);
    editor.change(&main, 2, huge);
    editor.at("textDocument/hover", &main, 4_000_000_000, 4_000_000_000);
    editor.at("textDocument/completion", &main, 0, 9);
    let wrong = editor.response("textDocument/hover", json!({ "position": -1 }));
    assert_eq!(wrong["error"]["code"], -32602, "{wrong}");
    assert_eq!(editor.close(), 0);
}

#[test]
fn it_says_how_it_ended() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    let mut editor = Editor::ready(&world);
    editor.write(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert_eq!(editor.child.wait().unwrap().code(), Some(1));
    let mut child = world.pipe().arg("lsp").stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn it_runs_and_writes_nothing() {
    let world = World::tools("pub fn f() -> Check { tools.check(sh\"touch /tmp/no\") }\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    assert_eq!(editor.diagnostics(&main, 1), [] as [Value; 0]);
    assert_eq!(editor.close(), 0);
    assert!(!world.store().exists());
    assert_eq!(std::fs::read_dir(world.home()).unwrap().count(), 0);
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
fn a_request_that_is_cancelled_is_answered_so_and_the_next_one_is_not_kept_waiting() {
    let world = World::module("pub fn f() -> Int { 1 }\n");
    let main = world.package().join("main.pipe");
    let mut editor = Editor::ready(&world);
    editor.open(&main);
    let (mut cancelled, mut answered) = (0, 0);
    for id in 1_000..1_050 {
        let params = json!({ "query": "f" });
        editor.write(&json!({ "jsonrpc": "2.0", "id": id, "method": "workspace/symbol", "params": params }));
        editor.tell("$/cancelRequest", json!({ "id": id }));
        let answer = loop {
            let message = editor.read();
            if message["id"] == id {
                break message;
            }
        };
        match answer.get("error") {
            Some(error) => {
                assert_eq!(error["code"], -32800, "{answer}");
                cancelled += 1;
            }
            None => answered += 1,
        }
    }
    assert!(cancelled > 0, "{answered} of 50 were answered before they were cancelled");
    let found = editor.ask("workspace/symbol", json!({ "query": "f" }));
    assert_eq!(found[0]["name"], "f", "{found}");
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
