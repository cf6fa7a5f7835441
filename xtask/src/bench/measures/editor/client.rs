//! A client of the language server protocol that measures: the time of a message is when its last byte was read.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A server that is silent for so long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server, and what it says.
pub(super) struct Client {
    child: Child,
    input: ChildStdin,
    said: Receiver<(Instant, Value)>,
    next: u64,
    versions: BTreeMap<PathBuf, i64>,
}

/// What a server answered or told.
pub(super) struct Answer {
    /// The result, or the parameters of a notification.
    pub(super) result: Value,
    /// When it had come.
    pub(super) at: Instant,
    /// How long after the question.
    pub(super) took: Duration,
}

/// A change that was sent.
pub(super) struct Sent {
    pub(super) version: i64,
    /// When it was about to be sent.
    pub(super) at: Instant,
}

impl Client {
    /// Starts a server for a folder. It is told of no ability to ask for diagnostics, so that it tells them by itself.
    pub(super) fn start(command: &mut Command, folder: &Path) -> Result<Client, String> {
        let started = command
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = started.map_err(|error| format!("{command:?}: {error}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else {
            return Err("a server without pipes".to_owned());
        };
        let (sender, said) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send((Instant::now(), message)).is_err() {
                    return;
                }
            }
        });
        let mut client = Client { child, input, said, next: 0, versions: BTreeMap::new() };
        let abilities = json!({
            "textDocument": { "publishDiagnostics": { "versionSupport": true }, "completion": { "completionItem": {} } },
            "workspace": { "workspaceFolders": true, "didChangeWatchedFiles": { "dynamicRegistration": true } },
        });
        let folders = json!([{ "uri": uri(folder), "name": "bench" }]);
        let params = json!({ "processId": null, "rootUri": uri(folder), "workspaceFolders": folders, "capabilities": abilities });
        client.request("initialize", params)?;
        client.notify("initialized", json!({}))?;
        Ok(client)
    }

    /// Opens a file.
    pub(super) fn open(&mut self, file: &Path, language: &str, text: &str) -> Result<(), String> {
        self.versions.insert(file.to_path_buf(), 1);
        let document = json!({ "uri": uri(file), "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }))
    }

    /// Replaces a part of a line.
    pub(super) fn change(
        &mut self,
        file: &Path,
        line: usize,
        column: usize,
        length: usize,
        text: &str,
    ) -> Result<Sent, String> {
        let version = self.versions.entry(file.to_path_buf()).or_insert(1);
        *version += 1;
        let version = *version;
        let range = json!({
            "start": { "line": line, "character": column },
            "end": { "line": line, "character": column + length },
        });
        let document = json!({ "uri": uri(file), "version": version });
        let at = Instant::now();
        let change = json!({ "range": range, "text": text });
        self.notify(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": [change] }),
        )?;
        Ok(Sent { version, at })
    }

    /// The diagnostics of this version of a file.
    pub(super) fn diagnostics(&mut self, file: &Path, version: i64) -> Result<Answer, String> {
        let uri = uri(file);
        let start = Instant::now();
        let (at, message) = self.until(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri.as_str()
                && message["params"]["version"] == version
        })?;
        Ok(Answer { result: message["params"].clone(), at, took: at.duration_since(start) })
    }

    /// Asks something.
    pub(super) fn request(&mut self, method: &str, params: Value) -> Result<Answer, String> {
        self.next += 1;
        let id = self.next;
        let start = Instant::now();
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        let (at, message) = self.until(|message| message["id"] == id && message.get("method").is_none())?;
        match message.get("error") {
            Some(error) => Err(format!("{method}: {error}")),
            None => Ok(Answer { result: message["result"].clone(), at, took: at.duration_since(start) }),
        }
    }

    /// The most memory that the server had, in MB.
    pub(super) fn megabytes(&self) -> Result<f64, String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .map_err(|error| error.to_string())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kilobytes.map(|kilobytes| kilobytes / 1024.0).ok_or_else(|| "a process without VmHWM".to_owned())
    }

    fn notify(&mut self, method: &str, params: Value) -> Result<(), String> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    fn send(&mut self, message: &Value) -> Result<(), String> {
        let text = message.to_string();
        let framed = format!("Content-Length: {}\r\n\r\n{text}", text.len());
        self.input
            .write_all(framed.as_bytes())
            .and_then(|()| self.input.flush())
            .map_err(|error| error.to_string())
    }

    /// Reads until something comes that is wanted. What the server asks is answered as by a client that knows nothing.
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<(Instant, Value), String> {
        loop {
            let (at, message) =
                self.said.recv_timeout(PATIENCE).map_err(|error| format!("the server: {error}"))?;
            if wanted(&message) {
                return Ok((at, message));
            }
            if let (Some(id), Some(method)) = (message.get("id"), message.get("method")) {
                let items = message["params"]["items"].as_array().map_or(0, Vec::len);
                let result = if method == "workspace/configuration" {
                    json!(vec![Value::Null; items])
                } else {
                    Value::Null
                };
                self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result }))?;
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A message: headers, an empty line, the bytes.
fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut bytes = vec![0; length];
    output.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A file's URI; the names of the project need no escapes.
pub(super) fn uri(file: &Path) -> String {
    format!("file://{}", file.display())
}
