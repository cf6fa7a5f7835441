//! From what editors are shown to what the protocol calls it.

use std::collections::{BTreeMap, HashMap};

use pipe_diagnostics::Severity;
use pipe_ide::{
    Completion, CompletionKind, DeclarationKind, Fold, FoldKind, QuickFix, Snapshot, Symbol, SymbolKind,
};
use tower_lsp::ls_types as lsp;

use crate::ask::{Names, View};
use crate::position::Lines;

/// Everything that is wrong in a package, by file.
pub(crate) fn diagnostics(snapshot: &Snapshot, names: &Names) -> BTreeMap<String, Vec<lsp::Diagnostic>> {
    let mut found: BTreeMap<String, Vec<lsp::Diagnostic>> = BTreeMap::new();
    for diagnostic in snapshot.diagnostics() {
        let file = diagnostic.primary.place.file.to_string();
        let Some(text) = snapshot.source(&file) else { continue };
        let lines = Lines::new(&text, names.encoding);
        found.entry(file).or_default().push(one(snapshot, names, &lines, &diagnostic));
    }
    found
}

fn one(
    snapshot: &Snapshot,
    names: &Names,
    lines: &Lines<'_>,
    found: &pipe_diagnostics::Diagnostic,
) -> lsp::Diagnostic {
    let place = &found.primary.place;
    let related = found.labels.iter().filter_map(|label| {
        let location = names.location(snapshot, &label.place)?;
        Some(lsp::DiagnosticRelatedInformation { location, message: label.text.clone() })
    });
    let related: Vec<_> = related.collect();
    let help = found.help.as_ref().map_or_else(String::new, |help| format!("\nhelp: {help}"));
    lsp::Diagnostic {
        range: lines.range(place.start, place.end),
        severity: Some(match found.severity {
            Severity::Error => lsp::DiagnosticSeverity::ERROR,
            Severity::Warning => lsp::DiagnosticSeverity::WARNING,
            Severity::Info => lsp::DiagnosticSeverity::INFORMATION,
        }),
        code: Some(lsp::NumberOrString::String(found.code.to_owned())),
        source: Some("pipe".to_owned()),
        message: format!("{}{help}", found.message),
        related_information: Some(related).filter(|related| !related.is_empty()),
        tags: found.code.starts_with("unused-").then(|| vec![lsp::DiagnosticTag::UNNECESSARY]),
        ..lsp::Diagnostic::default()
    }
}

/// A fix as an action; `None` when it would change a file that the client cannot.
#[allow(clippy::mutable_key_type)] // the protocol's own type
pub(crate) fn action(view: &View<'_>, fix: QuickFix) -> Option<lsp::CodeAction> {
    let mut changes: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = HashMap::new();
    for edit in &fix.fix.edits {
        let location = view.names.location(view.snapshot, &edit.place)?;
        let edit = lsp::TextEdit { range: location.range, new_text: edit.text.clone() };
        changes.entry(location.uri).or_default().push(edit);
    }
    Some(lsp::CodeAction {
        title: fix.fix.title.clone(),
        kind: Some(lsp::CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![one(view.snapshot, view.names, &view.lines(), &fix.diagnostic)]),
        edit: Some(lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() }),
        is_preferred: Some(fix.preferred),
        ..lsp::CodeAction::default()
    })
}

/// A completion; with `snippets`, the cursor is left between the brackets of a call.
pub(crate) fn completion(view: &View<'_>, found: Completion, snippets: bool) -> lsp::CompletionItem {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}");
    let (new_text, format) = match found.insert.split_once("$0") {
        Some((before, after)) if snippets => {
            (format!("{}$0{}", escaped(before), escaped(after)), lsp::InsertTextFormat::SNIPPET)
        }
        Some((before, _)) => (before.trim_end_matches('(').to_owned(), lsp::InsertTextFormat::PLAIN_TEXT),
        None => (found.insert.clone(), lsp::InsertTextFormat::PLAIN_TEXT),
    };
    let documentation = Some(found.documentation).filter(|text| !text.is_empty()).map(|value| {
        lsp::Documentation::MarkupContent(lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value })
    });
    lsp::CompletionItem {
        sort_text: Some(format!("{}{}", found.rank, found.label)),
        label: found.label,
        kind: Some(completion_kind(found.kind)),
        detail: Some(found.detail).filter(|detail| !detail.is_empty()),
        documentation,
        insert_text_format: Some(format),
        text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit {
            range: view.range(found.span),
            new_text,
        })),
        ..lsp::CompletionItem::default()
    }
}

fn completion_kind(kind: CompletionKind) -> lsp::CompletionItemKind {
    match kind {
        CompletionKind::Argument => lsp::CompletionItemKind::PROPERTY,
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

/// An entry of the outline.
#[allow(deprecated)] // a field of the protocol that must be written
pub(crate) fn symbol(lines: &Lines<'_>, found: Symbol) -> lsp::DocumentSymbol {
    let children: Vec<_> = found.children.into_iter().map(|child| symbol(lines, child)).collect();
    lsp::DocumentSymbol {
        name: found.name,
        detail: Some(found.detail).filter(|detail| !detail.is_empty()),
        kind: match found.kind {
            SymbolKind::Function => lsp::SymbolKind::FUNCTION,
            SymbolKind::Action => lsp::SymbolKind::EVENT,
            SymbolKind::Param | SymbolKind::Let => lsp::SymbolKind::CONSTANT,
            SymbolKind::Record => lsp::SymbolKind::STRUCT,
            SymbolKind::Enum => lsp::SymbolKind::ENUM,
            SymbolKind::Variant => lsp::SymbolKind::ENUM_MEMBER,
            SymbolKind::Field => lsp::SymbolKind::FIELD,
            SymbolKind::Test => lsp::SymbolKind::METHOD,
        },
        tags: None,
        deprecated: None,
        range: lines.range(found.span.start, found.span.end),
        selection_range: lines.range(found.name_span.start, found.name_span.end),
        children: Some(children).filter(|children| !children.is_empty()),
    }
}

/// A range of lines that can be folded.
pub(crate) fn fold(lines: &Lines<'_>, found: &Fold) -> lsp::FoldingRange {
    let range = lines.range(found.span.start, found.span.end);
    // The line of a closing bracket stays to be seen.
    let end_line = match found.kind {
        FoldKind::Code => range.end.line.saturating_sub(1).max(range.start.line),
        FoldKind::Comment | FoldKind::Imports => range.end.line,
    };
    lsp::FoldingRange {
        start_line: range.start.line,
        end_line,
        kind: match found.kind {
            FoldKind::Code => None,
            FoldKind::Comment => Some(lsp::FoldingRangeKind::Comment),
            FoldKind::Imports => Some(lsp::FoldingRangeKind::Imports),
        },
        ..lsp::FoldingRange::default()
    }
}
