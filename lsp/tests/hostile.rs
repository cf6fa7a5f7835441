//! Whatever is asked, of whatever place of whatever text: there is an answer, and the server goes on.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::Editor;

/// Everything that is asked of a place or a range of a document.
const METHODS: &[&str] = &[
    "textDocument/hover",
    "textDocument/definition",
    "textDocument/typeDefinition",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/completion",
    "textDocument/signatureHelp",
    "textDocument/prepareRename",
    "textDocument/rename",
    "textDocument/prepareCallHierarchy",
    "textDocument/onTypeFormatting",
    "textDocument/selectionRange",
    "textDocument/codeAction",
    "textDocument/inlayHint",
    "textDocument/rangeFormatting",
    "textDocument/semanticTokens/range",
    "textDocument/semanticTokens/full",
    "textDocument/semanticTokens/full/delta",
    "textDocument/codeLens",
    "textDocument/foldingRange",
    "textDocument/documentLink",
    "textDocument/documentSymbol",
    "textDocument/formatting",
    "textDocument/diagnostic",
];

/// All that any of them wants to know.
fn params(uri: &str, start: (u64, u64), end: (u64, u64)) -> Value {
    let place = |(line, character): (u64, u64)| json!({ "line": line, "character": character });
    json!({
        "textDocument": { "uri": uri },
        "position": place(start),
        "positions": [place(start), place(end)],
        "range": { "start": place(start), "end": place(end) },
        "context": { "includeDeclaration": true, "diagnostics": [], "triggerKind": 1, "isRetrigger": false },
        "newName": "\u{0}}){\"",
        "ch": "}",
        "options": { "tabSize": 0, "insertSpaces": false },
        "previousResultId": "none",
    })
}

#[test]
fn every_question_has_an_answer_at_every_place() {
    let huge = u64::from(u32::MAX);
    let texts = [
        String::new(),
        "\u{feff}pub fn f() -> Check { image(\"é𝄞:$".to_owned(),
        "fn f( { ) [ \"\"\" ${ ${{ # ## test \"".to_owned(),
        "pub fn f() -> Check { image(\"a\").check(sh\"\"\"\n${{ x.\r\n$( ` '".to_owned(),
        format!("let a: Int = {}1{}\n", "(".repeat(3_000), ")".repeat(3_000)),
        format!("let a: Int = {}\n", "[for x in ".repeat(400)),
        "use \"../../../etc/passwd\" as x\nuse \"/dev/zero\" as y\nfn f() -> Dir { workspace.dir(\"../../\") }".to_owned(),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().canonicalize().unwrap().join("main.pipe");
    let mut editor = Editor::start(&file);
    editor.open("");
    for text in &texts {
        editor.change(json!({ "text": text }));
        let last = text.len() as u64;
        for (start, end) in [
            ((0, 0), (0, 0)),
            ((0, last), (0, 1)),
            ((0, 30), (0, 45)),
            ((1, 7), (huge, huge)),
            ((huge, huge), (0, 0)),
        ] {
            for method in METHODS {
                editor.response(method, params(&editor.file.clone(), start, end));
            }
        }
    }
    for uri in
        ["file:///nowhere.pipe", "untitled:x", "pipe-std:/std/prelude.pipe", "file://host/x", "nonsense"]
    {
        for method in METHODS {
            editor.response(method, params(uri, (0, 0), (1, 1)));
        }
    }
    let item = json!({
        "name": "x", "kind": 1, "uri": editor.file, "range": params("", (0, 0), (0, 0))["range"],
        "selectionRange": params("", (0, 0), (0, 0))["range"],
        "data": { "uri": editor.file, "file": "../../etc/passwd", "start": huge, "end": 0 },
    });
    for method in ["callHierarchy/incomingCalls", "callHierarchy/outgoingCalls"] {
        editor.response(method, json!({ "item": item }));
    }
    let entry = json!({ "label": "x", "data": { "uri": editor.file, "file": "std/prelude", "start": huge } });
    editor.response("completionItem/resolve", entry);
    editor.response("workspace/symbol", json!({ "query": "\u{0}" }));
    // And it still knows what it knew.
    editor.change(json!({ "text": "pub fn f() -> Int { nothing }\n" }));
    assert_eq!(editor.problems()[0]["code"], "unknown-name");
}
