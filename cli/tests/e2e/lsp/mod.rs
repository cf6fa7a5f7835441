//! `pipe lsp`, driven as an editor drives it: JSON-RPC over its standard input and output.

mod features;
mod life;
mod results;
mod text;

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
