//! What is wrong, and what can be changed.

use pipe_ide::{Action, ActionKind};
use tower_lsp::ls_types as lsp;

use crate::ask::View;
use crate::convert;

/// What is wrong in the file.
pub(crate) fn of_document(view: &View<'_>) -> Vec<lsp::Diagnostic> {
    convert::diagnostics(view.snapshot, view.names).remove(view.file).unwrap_or_default()
}

/// What is wrong in the package, by file, with the version of those that are open.
pub(crate) fn of_package(view: &View<'_>) -> Vec<lsp::WorkspaceFullDocumentDiagnosticReport> {
    let found = convert::diagnostics(view.snapshot, view.names).into_iter();
    let report = |(file, items): (String, Vec<lsp::Diagnostic>)| {
        let path = view.names.dir.join(&file);
        Some(lsp::WorkspaceFullDocumentDiagnosticReport {
            uri: view.names.uri_of_path(&path)?,
            version: view.names.open.get(&path).map(|open| i64::from(open.version)),
            full_document_diagnostic_report: lsp::FullDocumentDiagnosticReport { result_id: None, items },
        })
    };
    found.filter_map(report).collect()
}

/// What mends the mistakes at a range, then what else can be changed there.
pub(crate) fn actions(
    view: &View<'_>,
    range: lsp::Range,
    only: Option<&[lsp::CodeActionKind]>,
) -> lsp::CodeActionResponse {
    let span = view.span(range);
    let fixes = pipe_ide::fixes(view.snapshot, view.file, span).into_iter();
    let mut found: Vec<lsp::CodeAction> = fixes.filter_map(|fix| convert::action(view, fix)).collect();
    let others = pipe_ide::actions(view.snapshot, &view.names.folder, view.file, span).into_iter();
    found.extend(others.filter_map(|other| action(view, other)));
    // A kind holds those that it is the beginning of.
    let wanted = |action: &lsp::CodeAction| {
        let kind = action.kind.as_ref().map_or("", |kind| kind.as_str());
        only.is_none_or(|only| {
            only.iter()
                .map(lsp::CodeActionKind::as_str)
                .any(|wanted| wanted.is_empty() || kind == wanted || kind.starts_with(&format!("{wanted}.")))
        })
    };
    found.into_iter().filter(wanted).map(lsp::CodeActionOrCommand::CodeAction).collect()
}

fn action(view: &View<'_>, found: Action) -> Option<lsp::CodeAction> {
    Some(lsp::CodeAction {
        edit: Some(view.workspace_edit(&found.edits)?),
        kind: Some(match found.kind {
            ActionKind::Complete => lsp::CodeActionKind::QUICKFIX,
            ActionKind::Extract => lsp::CodeActionKind::REFACTOR_EXTRACT,
            ActionKind::Inline => lsp::CodeActionKind::REFACTOR_INLINE,
            ActionKind::Rewrite => lsp::CodeActionKind::REFACTOR_REWRITE,
            ActionKind::Organize => lsp::CodeActionKind::SOURCE_ORGANIZE_IMPORTS,
        }),
        title: found.title,
        ..lsp::CodeAction::default()
    })
}
