//! From what editors are shown to what the protocol calls it.

use std::collections::BTreeMap;

use pipe_diagnostics::Severity;
use pipe_ide::{Fold, FoldKind, QuickFix, Snapshot, Symbol, SymbolKind};
use tower_lsp::ls_types as lsp;

use crate::ask::{Names, View};
use crate::position::Lines;

/// Everything that is wrong in a package, by file.
pub(crate) fn diagnostics(snapshot: &Snapshot, names: &Names) -> BTreeMap<String, Vec<lsp::Diagnostic>> {
    let mut found: BTreeMap<String, Vec<lsp::Diagnostic>> = BTreeMap::new();
    // They are sorted by file.
    for of_file in snapshot.diagnostics().chunk_by(|a, b| a.primary.place.file == b.primary.place.file) {
        let Some(file) = of_file.first().map(|first| first.primary.place.file.to_string()) else { continue };
        let Some(text) = snapshot.source(&file) else { continue };
        let lines = Lines::new(&text, names.encoding);
        let of_file = of_file.iter().map(|diagnostic| one(snapshot, names, &lines, diagnostic));
        found.entry(file).or_default().extend(of_file);
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
pub(crate) fn action(view: &View<'_>, fix: QuickFix) -> Option<lsp::CodeAction> {
    Some(lsp::CodeAction {
        title: fix.fix.title.clone(),
        kind: Some(lsp::CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![one(view.snapshot, view.names, view.lines(), &fix.diagnostic)]),
        edit: Some(view.workspace_edit(&fix.fix.edits)?),
        is_preferred: Some(fix.preferred),
        ..lsp::CodeAction::default()
    })
}

pub(crate) fn symbol_kind(kind: SymbolKind) -> lsp::SymbolKind {
    match kind {
        SymbolKind::Function => lsp::SymbolKind::FUNCTION,
        SymbolKind::Action => lsp::SymbolKind::EVENT,
        SymbolKind::Param | SymbolKind::Let => lsp::SymbolKind::CONSTANT,
        SymbolKind::Record => lsp::SymbolKind::STRUCT,
        SymbolKind::Enum => lsp::SymbolKind::ENUM,
        SymbolKind::Variant => lsp::SymbolKind::ENUM_MEMBER,
        SymbolKind::Field => lsp::SymbolKind::FIELD,
        SymbolKind::Test => lsp::SymbolKind::METHOD,
    }
}

/// An entry of the outline.
#[allow(deprecated)] // a field of the protocol that must be written
pub(crate) fn symbol(lines: &Lines<'_>, found: Symbol) -> lsp::DocumentSymbol {
    let children: Vec<_> = found.children.into_iter().map(|child| symbol(lines, child)).collect();
    lsp::DocumentSymbol {
        name: found.name,
        detail: Some(found.detail).filter(|detail| !detail.is_empty()),
        kind: symbol_kind(found.kind),
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
