//! How the server lives and ends, whatever it is sent.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Editor, range};
use crate::harness::World;

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
    // It looks for what is known of steps when nothing was typed for a moment, and finds nothing: no message tells of that.
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(editor.close(), 0);
    assert!(!world.store().exists());
    assert_eq!(std::fs::read_dir(world.home()).unwrap().count(), 0);
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
