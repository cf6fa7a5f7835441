//! What can be written at a place.

use pipe_diagnostics::FileSpan;
use pipe_ide::{About, Completion, CompletionKind, DeclarationKind, documentation, plain};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower_lsp::ls_types as lsp;

use crate::ask::View;

/// What a client sends back to be told more about an entry.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Resolve {
    /// The document it was asked for in.
    pub(crate) uri: lsp::Uri,
    /// Where its name is declared.
    file: String,
    start: u32,
}

/// The entries for a place. The list is not whole where no name has begun: then those of other modules are left out.
pub(crate) fn complete(
    view: &View<'_>,
    uri: &lsp::Uri,
    at: lsp::Position,
    snippets: bool,
) -> lsp::CompletionResponse {
    let offset = view.offset(at);
    let found = pipe_ide::complete(view.snapshot, &view.names.folder, view.file, offset);
    let is_incomplete = found.iter().all(|entry| entry.span.start == entry.span.end);
    let items = found.into_iter().map(|found| entry(view, uri, found, snippets)).collect();
    lsp::CompletionResponse::List(lsp::CompletionList { is_incomplete, items })
}

/// The documentation of an entry.
pub(crate) fn resolve(view: &View<'_>, wanted: &Resolve) -> Option<lsp::Documentation> {
    let place = FileSpan { file: wanted.file.as_str().into(), start: wanted.start, end: wanted.start };
    documentation(view.snapshot, &place).map(markdown)
}

fn markdown(value: String) -> lsp::Documentation {
    lsp::Documentation::MarkupContent(lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value })
}

fn entry(view: &View<'_>, uri: &lsp::Uri, found: Completion, snippets: bool) -> lsp::CompletionItem {
    let is_snippet = found.insert.contains('$') || found.insert.contains('\\');
    let (new_text, format) = match is_snippet && snippets {
        true => (found.insert.clone(), lsp::InsertTextFormat::SNIPPET),
        // Brackets without the cursor between them would be in the way.
        false => (plain(found.insert.trim_end_matches("($0)")), lsp::InsertTextFormat::PLAIN_TEXT),
    };
    let (documentation, data) = match found.about {
        About::Nothing => (None, None),
        About::Text(text) => (Some(markdown(text)), None),
        About::Declared(place) => (
            None,
            Some(json!(Resolve { uri: uri.clone(), file: place.file.to_string(), start: place.start })),
        ),
    };
    lsp::CompletionItem {
        sort_text: Some(format!("{}{}", found.rank, found.label)),
        label: found.label,
        kind: Some(kind(found.kind)),
        detail: Some(found.detail).filter(|detail| !detail.is_empty()),
        documentation,
        data,
        insert_text_format: Some(format),
        text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit {
            range: view.range(found.span),
            new_text,
        })),
        additional_text_edits: found.elsewhere.map(|edit| view.edits(vec![edit])),
        ..lsp::CompletionItem::default()
    }
}

fn kind(kind: CompletionKind) -> lsp::CompletionItemKind {
    match kind {
        CompletionKind::Argument => lsp::CompletionItemKind::PROPERTY,
        CompletionKind::Fill => lsp::CompletionItemKind::SNIPPET,
        CompletionKind::Value => lsp::CompletionItemKind::VALUE,
        CompletionKind::File => lsp::CompletionItemKind::FILE,
        CompletionKind::Folder => lsp::CompletionItemKind::FOLDER,
        CompletionKind::Keyword => lsp::CompletionItemKind::KEYWORD,
        CompletionKind::Declared(kind) => match kind {
            DeclarationKind::Function | DeclarationKind::Action => lsp::CompletionItemKind::FUNCTION,
            DeclarationKind::Operation => lsp::CompletionItemKind::METHOD,
            DeclarationKind::Param | DeclarationKind::Let => lsp::CompletionItemKind::CONSTANT,
            DeclarationKind::Record => lsp::CompletionItemKind::STRUCT,
            DeclarationKind::Opaque => lsp::CompletionItemKind::CLASS,
            DeclarationKind::Enum => lsp::CompletionItemKind::ENUM,
            DeclarationKind::Variant => lsp::CompletionItemKind::ENUM_MEMBER,
            DeclarationKind::Field => lsp::CompletionItemKind::FIELD,
            DeclarationKind::Parameter | DeclarationKind::Local => lsp::CompletionItemKind::VARIABLE,
            DeclarationKind::Module => lsp::CompletionItemKind::MODULE,
            DeclarationKind::Test => lsp::CompletionItemKind::EVENT,
        },
    }
}
