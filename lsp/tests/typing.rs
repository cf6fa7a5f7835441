//! Recorded typing: programs are typed letter by letter through the server, as an editor sends them.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::path::{Path, PathBuf};

use pipe_syntax::ast::ItemKind;
use serde_json::{Value, json};

/// An editor with a server in this process.
struct Editor {
    input: PipeWriter,
    output: BufReader<PipeReader>,
    file: String,
    version: i64,
    next: i64,
    /// The last version that problems were told of, with them.
    told: (i64, Vec<Value>),
}

impl Editor {
    fn start(file: &Path) -> Editor {
        let ((server_in, input), (output, server_out)) = (std::io::pipe().unwrap(), std::io::pipe().unwrap());
        std::thread::spawn(move || {
            pipe_lsp::serve(BufReader::new(server_in), server_out, "0", None).unwrap()
        });
        let mut editor = Editor {
            input,
            output: BufReader::new(output),
            file: format!("file://{}", file.display()),
            version: 0,
            next: 0,
            told: (0, Vec::new()),
        };
        let capabilities = json!({ "general": { "positionEncodings": ["utf-8"] } });
        editor.ask("initialize", json!({ "capabilities": capabilities }));
        editor.tell("initialized", json!({}));
        editor
    }

    fn write(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
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
        let message: Value = serde_json::from_slice(&body).unwrap();
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") if message["params"]["uri"] == self.file => {
                let version = message["params"]["version"].as_i64().unwrap();
                assert!(self.told.0 <= version && version <= self.version, "told of {version}");
                self.told = (version, message["params"]["diagnostics"].as_array().unwrap().clone());
            }
            Some("window/logMessage") => panic!("{message}"),
            _ => {}
        }
        message
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.read();
            if message.get("method").is_none() && message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    fn open(&mut self, text: &str) {
        self.version += 1;
        let document =
            json!({ "uri": self.file, "languageId": "pipe", "version": self.version, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, change: Value) {
        self.version += 1;
        let document = json!({ "uri": self.file, "version": self.version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
    }

    /// What is offered at a place.
    fn offered(&mut self, at: &Value) -> Vec<String> {
        let document = json!({ "uri": self.file });
        let found = self.ask("textDocument/completion", json!({ "textDocument": document, "position": at }));
        let items = found["items"].as_array().unwrap();
        items.iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    }

    /// The problems of the text as it is, once they are told.
    fn problems(&mut self) -> Vec<Value> {
        while self.told.0 < self.version {
            self.read();
        }
        self.told.1.clone()
    }
}

/// The place of a byte, in lines and bytes.
fn place(text: &str, offset: usize) -> Value {
    let before = &text[..offset];
    let line = before.matches('\n').count();
    json!({ "line": line, "character": offset - before.rfind('\n').map_or(0, |at| at + 1) })
}

/// The examples, which are right, and the programs of the parser's tests, of which some mean nothing.
fn programs() -> Vec<(PathBuf, bool)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let list = |folder: PathBuf| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let examples = list(root.join("examples")).map(|folder| (folder.join("main.pipe"), true));
    let parsed = list(root.join("lang/syntax/tests/programs")).map(|program| (program, false));
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
        if matches!(item.kind, ItemKind::Use(_)) {
            continue;
        }
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
    let errors: Vec<&Value> = at_first.iter().filter(|found| found["severity"] == 1 && is_right).collect();
    assert_eq!(errors, [] as [&Value; 0], "{}", program.display());
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
