//! What is known of earlier runs, as an editor sees it: shown when it is there, gone with the text that it was found for.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant, SystemTime};

use pipe_lsp::{CacheState, History, ItemResult, LastRun, Program, Results, StepResult};
use serde_json::{Value, json};

use support::{Editor, PATIENCE};

/// One that knows of every call of `run` what the text says behind it in a comment, and can be made to wait.
#[derive(Default)]
struct Fake {
    stamp: AtomicU64,
    cached: AtomicBool,
    /// Told of each look that begins; it goes on when something is sent to the other end, or when it is stopped.
    waits: Option<Mutex<mpsc::Sender<mpsc::Sender<()>>>>,
}

impl History for Fake {
    fn stamp(&self) -> u64 {
        self.stamp.load(Ordering::SeqCst)
    }

    fn look(&self, _: &Path, program: &Program, stop: &Arc<AtomicBool>) -> Option<Results> {
        if let Some(waits) = &self.waits {
            let (go, gone) = mpsc::channel();
            waits.lock().unwrap().send(go).unwrap();
            while gone.recv_timeout(Duration::from_millis(5)).is_err() {
                if stop.load(Ordering::SeqCst) {
                    return None;
                }
            }
        }
        let state = match self.cached.load(Ordering::SeqCst) {
            true => CacheState::Cached,
            false => CacheState::Runs(None),
        };
        let at = SystemTime::now() - Duration::from_secs(7300);
        let last = Some(LastRun { exit_code: 0, took: Duration::from_millis(12_300), at });
        let Some(item) = program.runnable.first() else { return Some(Results::default()) };
        let text = &program.texts[&item.place.file];
        let (start, end) = (text.find("image(").unwrap() as u32, text.find(" }").unwrap() as u32);
        let place = pipe_diagnostics::FileSpan { file: item.place.file.clone(), start, end };
        Some(Results {
            steps: vec![StepResult { place, state: state.clone(), last }],
            items: vec![ItemResult { place: item.place.clone(), steps: vec![(state, last)] }],
            problem: None,
        })
    }
}

const TEXT: &str = "pub fn f() -> Container { image(\"a\").run([\"x\"]) }\n";

fn editor(history: &Arc<Fake>, options: Value) -> (tempfile::TempDir, Editor) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().canonicalize().unwrap().join("main.pipe");
    std::fs::write(&file, TEXT).unwrap();
    // All documents of the folder are of one package.
    std::fs::write(file.with_file_name("pipe.toml"), "").unwrap();
    let capabilities = json!({
        "general": { "positionEncodings": ["utf-8"] },
        "workspace": { "inlayHint": { "refreshSupport": true } },
    });
    let params = json!({ "capabilities": capabilities, "initializationOptions": options });
    let mut editor = Editor::start_with(&file, params, Some(history.clone()));
    editor.open(TEXT);
    (folder, editor)
}

fn hints(editor: &mut Editor) -> Vec<Value> {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9, "character": 0 } });
    let params = json!({ "textDocument": { "uri": editor.file }, "range": range });
    editor.ask("textDocument/inlayHint", params).as_array().unwrap().clone()
}

fn hover(editor: &mut Editor, character: u64) -> String {
    let position = json!({ "line": 0, "character": character });
    let params = json!({ "textDocument": { "uri": editor.file }, "position": position });
    editor.ask("textDocument/hover", params)["contents"]["value"].as_str().unwrap().to_owned()
}

#[test]
fn the_last_result_is_shown_and_shown_anew() {
    let history = Arc::new(Fake { cached: AtomicBool::new(true), ..Fake::default() });
    let (_folder, mut editor) = editor(&history, json!({}));
    editor.refreshed();
    let said = "Last run: ok, 12.3 s, 2 h ago · cached now";
    for character in [7, 40] {
        let shown = hover(&mut editor, character);
        assert!(shown.ends_with(said), "{shown}");
    }
    let found = hints(&mut editor);
    assert_eq!((&found[0]["label"], &found[0]["tooltip"]), (&json!("cached"), &json!(said)));
    assert_eq!(found[0]["position"], json!({ "line": 0, "character": TEXT.trim_end().len() }));
    // Something was recorded: nobody types, and nobody asks.
    history.cached.store(false, Ordering::SeqCst);
    history.stamp.store(1, Ordering::SeqCst);
    editor.refreshed();
    assert_eq!(hints(&mut editor)[0]["label"], "runs");
    assert!(hover(&mut editor, 7).ends_with("2 h ago · runs now"));
}

#[test]
fn it_can_be_left_out_of_the_text() {
    let history = Arc::new(Fake::default());
    let (_folder, mut editor) = editor(&history, json!({ "cacheState": false }));
    let begun = Instant::now();
    while !hover(&mut editor, 7).contains("Last run: ok") {
        assert!(begun.elapsed() < PATIENCE, "nothing is known");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(hints(&mut editor), Vec::<Value>::new());
}

#[test]
fn a_look_keeps_nobody_waiting_and_is_of_one_text_only() {
    let (begins, begun) = mpsc::channel();
    let history = Arc::new(Fake { waits: Some(Mutex::new(begins)), ..Fake::default() });
    let (_folder, mut editor) = editor(&history, json!({}));
    let first = begun.recv().unwrap();
    // It does not end, and everything else goes on.
    assert!(!hover(&mut editor, 7).contains("Last run"));
    let end = json!({ "line": 0, "character": 47 });
    editor.change(json!({ "range": { "start": end, "end": end }, "text": "." }));
    assert!(editor.offered(&json!({ "line": 0, "character": 48 })).contains(&"run".to_owned()));
    let line = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    editor.change(json!({ "range": line, "text": TEXT.replace("f()", "g()") }));
    // The edit stopped it; the next one is of the text as it is now.
    let second = begun.recv().unwrap();
    assert!(first.send(()).is_err(), "nobody waits there any more");
    assert!(!hover(&mut editor, 7).contains("Last run"));
    second.send(()).unwrap();
    editor.refreshed();
    let shown = hover(&mut editor, 7);
    assert!(shown.contains("pub fn g()") && shown.contains("Last run: ok"), "{shown}");
    // What was known goes with the text.
    editor.change(json!({ "range": { "start": end, "end": end }, "text": " " }));
    assert!(!hover(&mut editor, 7).contains("Last run"));
}

#[test]
fn what_was_known_goes_with_a_text_that_the_disk_has_another_one_of() {
    let (begins, begun) = mpsc::channel();
    let history = Arc::new(Fake { waits: Some(Mutex::new(begins)), ..Fake::default() });
    let (folder, mut editor) = editor(&history, json!({}));
    let root = folder.path().canonicalize().unwrap();
    begun.recv().unwrap().send(()).unwrap();
    editor.refreshed();
    assert_eq!(hints(&mut editor)[0]["position"]["line"], 0);
    let main = editor.file.clone();
    // Another document keeps the package.
    editor.file = format!("file://{}", root.join("other.pipe").display());
    editor.open("fn other() -> Int { 1 }\n");
    let other = std::mem::replace(&mut editor.file, main.clone());
    let text = format!("# One line more.\n{TEXT}");
    std::fs::write(root.join("main.pipe"), &text).unwrap();
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": editor.file } }));
    // The package is read again meanwhile, so that what is opened then is no news to it.
    editor.file = other;
    hover(&mut editor, 3);
    editor.file = main;
    editor.open(&text);
    // No look has come to an end since.
    assert_eq!(hints(&mut editor), Vec::<Value>::new());
    std::thread::spawn(move || begun.iter().for_each(|go| _ = go.send(())));
    editor.refreshed();
    assert_eq!(hints(&mut editor)[0]["position"]["line"], 1);
}
