//! What is shown beside the text: explanations, types, what can be done with an item.

use pipe_ide::{InlayHint, InlayKind, LensKind};
use serde_json::json;
use tower_lsp::ls_types as lsp;

use crate::ask::View;

pub(crate) fn hover(view: &View<'_>, at: lsp::Position) -> Option<lsp::Hover> {
    let found = pipe_ide::hover(view.snapshot, view.file, view.offset(at), view.shown())?;
    let contents = lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: found.text };
    Some(lsp::Hover { contents: lsp::HoverContents::Markup(contents), range: Some(view.range(found.span)) })
}

pub(crate) fn signature_help(view: &View<'_>, at: lsp::Position) -> Option<lsp::SignatureHelp> {
    let found = pipe_ide::signature_help(view.snapshot, view.file, view.offset(at))?;
    let units = |at: u32| found.label.get(..at as usize).unwrap_or_default().encode_utf16().count() as u32;
    let markdown = |value: String| {
        lsp::Documentation::MarkupContent(lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value })
    };
    let parameters = found.parameters.iter().map(|(range, docs)| lsp::ParameterInformation {
        label: lsp::ParameterLabel::LabelOffsets([units(range.start), units(range.end)]),
        documentation: Some(docs.clone()).filter(|docs| !docs.is_empty()).map(markdown),
    });
    // One that is past the last marks none.
    let active = found.active.unwrap_or(found.parameters.len() as u32);
    let signature = lsp::SignatureInformation {
        parameters: Some(parameters.collect()),
        documentation: Some(markdown(found.documentation.clone())),
        active_parameter: Some(active),
        label: found.label,
    };
    Some(lsp::SignatureHelp {
        signatures: vec![signature],
        active_signature: Some(0),
        active_parameter: Some(active),
    })
}

pub(crate) fn inlay_hints(view: &View<'_>, range: lsp::Range) -> Vec<lsp::InlayHint> {
    let lines = view.lines();
    let hint = |found: InlayHint| {
        let position = lines.position(found.offset);
        let written = |text: &str| {
            let range = lsp::Range { start: position, end: position };
            // A type that was cut short cannot be written.
            (!text.contains('…')).then(|| vec![lsp::TextEdit { range, new_text: text.to_owned() }])
        };
        let (kind, text_edits) = match found.kind {
            InlayKind::Type => (Some(lsp::InlayHintKind::TYPE), written(&found.label)),
            InlayKind::Parameter => (Some(lsp::InlayHintKind::PARAMETER), None),
            InlayKind::Effect | InlayKind::CacheState => (None, None),
        };
        let is_behind = found.kind == InlayKind::CacheState;
        lsp::InlayHint {
            position,
            label: lsp::InlayHintLabel::String(found.label),
            kind,
            text_edits,
            tooltip: found.tooltip.map(lsp::InlayHintTooltip::String),
            padding_left: Some(is_behind),
            padding_right: Some(found.kind != InlayKind::Type && !is_behind),
            data: None,
        }
    };
    let span = view.span(range);
    let shown = view.shown().filter(|_| view.names.cache_state);
    pipe_ide::inlay_hints(view.snapshot, view.file, span, shown).into_iter().map(hint).collect()
}

pub(crate) fn lenses(view: &View<'_>) -> Vec<lsp::CodeLens> {
    let lines = view.lines();
    let Some(folder) = view.names.uri_of_path(&view.names.dir) else { return Vec::new() };
    let lens = |found: pipe_ide::Lens| {
        let (title, command) = match found.does {
            LensKind::Run => ("Run", "pipe.run"),
            LensKind::Plan => ("Plan", "pipe.plan"),
            LensKind::Why => ("Why", "pipe.why"),
            LensKind::Test => ("Test", "pipe.test"),
        };
        let arguments = vec![json!(folder.as_str()), json!(found.target)];
        lsp::CodeLens {
            range: lines.range(found.span.start, found.span.end),
            command: Some(lsp::Command {
                title: title.into(),
                command: command.into(),
                arguments: Some(arguments),
            }),
            data: None,
        }
    };
    pipe_ide::lenses(view.snapshot, view.file).into_iter().map(lens).collect()
}
