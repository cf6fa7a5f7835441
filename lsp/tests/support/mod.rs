//! An editor in the same process as its server.

#![allow(clippy::unwrap_used, dead_code)]

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use pipe_lsp::History;
use serde_json::{Value, json};

/// A server that says nothing for so long, while it is waited for, says nothing any more.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An editor with a server in this process.
pub(crate) struct Editor {
    input: PipeWriter,
    output: mpsc::Receiver<Value>,
    pub(crate) file: String,
    version: i64,
    next: i64,
    /// The last version that problems were told of, with them.
    told: (i64, Vec<Value>),
    refreshes: u32,
}

impl Editor {
    pub(crate) fn start(file: &Path) -> Editor {
        let capabilities = json!({ "general": { "positionEncodings": ["utf-8"] } });
        Editor::start_with(file, json!({ "capabilities": capabilities }), None)
    }

    pub(crate) fn start_with(file: &Path, params: Value, history: Option<Arc<dyn History>>) -> Editor {
        let ((server_in, input), (output, server_out)) = (std::io::pipe().unwrap(), std::io::pipe().unwrap());
        std::thread::spawn(move || {
            pipe_lsp::serve(BufReader::new(server_in), server_out, "0", None, history).unwrap()
        });
        let (messages, read) = mpsc::channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = message(&mut output) {
                // The test may have ended.
                let _ = messages.send(message);
            }
        });
        let mut editor = Editor {
            input,
            output: read,
            file: format!("file://{}", file.display()),
            version: 0,
            next: 0,
            told: (0, Vec::new()),
            refreshes: 0,
        };
        editor.ask("initialize", params);
        editor.tell("initialized", json!({}));
        editor
    }

    /// Waits until the server says that what is shown in the text has to be asked for again.
    pub(crate) fn refreshed(&mut self) {
        while self.refreshes == 0 {
            self.read();
        }
        self.refreshes = 0;
    }

    fn write(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn read(&mut self) -> Value {
        let message = self.output.recv_timeout(PATIENCE).expect("a message of a server that goes on");
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") if message["params"]["uri"] == self.file => {
                let version = message["params"]["version"].as_i64().unwrap();
                assert!(self.told.0 <= version && version <= self.version, "told of {version}");
                self.told = (version, message["params"]["diagnostics"].as_array().unwrap().clone());
            }
            Some("window/logMessage") => panic!("{message}"),
            Some("workspace/inlayHint/refresh") => {
                self.refreshes += 1;
                self.write(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
            }
            _ => {}
        }
        message
    }

    /// Asks and waits for the result.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let message = self.response(method, params);
        assert!(message.get("error").is_none(), "{method}: {message}");
        message["result"].clone()
    }

    /// Asks and waits for the whole answer.
    pub(crate) fn response(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.read();
            if message.get("method").is_none() && message["id"] == id {
                return message;
            }
        }
    }

    pub(crate) fn open(&mut self, text: &str) {
        self.version += 1;
        let document =
            json!({ "uri": self.file, "languageId": "pipe", "version": self.version, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub(crate) fn change(&mut self, change: Value) {
        self.version += 1;
        let document = json!({ "uri": self.file, "version": self.version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
    }

    /// What is offered at a place.
    pub(crate) fn offered(&mut self, at: &Value) -> Vec<String> {
        let document = json!({ "uri": self.file });
        let found = self.ask("textDocument/completion", json!({ "textDocument": document, "position": at }));
        let items = found["items"].as_array().unwrap();
        items.iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    }

    /// The problems of the text as it is, once they are told.
    pub(crate) fn problems(&mut self) -> Vec<Value> {
        while self.told.0 < self.version {
            self.read();
        }
        self.told.1.clone()
    }
}

/// The next message of a server; `None` when it ended.
fn message(output: &mut BufReader<PipeReader>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some(("Content-Length", n)) => length = n.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).unwrap();
    Some(serde_json::from_slice(&body).unwrap())
}
