//! Who calls what.

use pipe_diagnostics::FileSpan;
use pipe_ide::{CallPath, Caller, DeclarationKind};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower_lsp::ls_types as lsp;

use crate::ask::View;

/// What a client sends back to be told more about an item.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Named {
    /// The document it was asked for in.
    pub(crate) uri: lsp::Uri,
    file: String,
    start: u32,
    end: u32,
}

impl Named {
    /// What an item was marked with; `None` for one that this server did not give.
    pub(crate) fn of(item: &lsp::CallHierarchyItem) -> Option<Named> {
        serde_json::from_value(item.data.clone()?).ok()
    }

    fn place(&self) -> FileSpan {
        FileSpan { file: self.file.as_str().into(), start: self.start, end: self.end }
    }
}

pub(crate) fn prepare(
    view: &View<'_>,
    uri: &lsp::Uri,
    at: lsp::Position,
) -> Option<Vec<lsp::CallHierarchyItem>> {
    let caller = pipe_ide::prepare_calls(view.snapshot, view.file, view.offset(at))?;
    Some(vec![item(view, uri, &caller)?])
}

pub(crate) fn incoming(view: &View<'_>, named: &Named) -> Vec<lsp::CallHierarchyIncomingCall> {
    let paths = pipe_ide::incoming_calls(view.snapshot, &named.place()).into_iter();
    let call = |path: CallPath| {
        let from = item(view, &named.uri, &path.caller)?;
        Some(lsp::CallHierarchyIncomingCall { from_ranges: ranges(view, &path.caller.name, &path), from })
    };
    paths.filter_map(call).collect()
}

pub(crate) fn outgoing(view: &View<'_>, named: &Named) -> Vec<lsp::CallHierarchyOutgoingCall> {
    let paths = pipe_ide::outgoing_calls(view.snapshot, &named.place()).into_iter();
    let call = |path: CallPath| {
        let to = item(view, &named.uri, &path.caller)?;
        Some(lsp::CallHierarchyOutgoingCall { from_ranges: ranges(view, &named.place(), &path), to })
    };
    paths.filter_map(call).collect()
}

/// The places of calls, which stand in the file of the one that calls.
fn ranges(view: &View<'_>, calls: &FileSpan, path: &CallPath) -> Vec<lsp::Range> {
    let place =
        |span: &pipe_syntax::Span| FileSpan { file: calls.file.clone(), start: span.start, end: span.end };
    path.places.iter().filter_map(|span| view.location(&place(span))).map(|location| location.range).collect()
}

fn item(view: &View<'_>, uri: &lsp::Uri, found: &Caller) -> Option<lsp::CallHierarchyItem> {
    let (whole, name) = (view.location(&found.whole)?, view.location(&found.name)?);
    let FileSpan { file, start, end } = &found.name;
    let named = Named { uri: uri.clone(), file: file.to_string(), start: *start, end: *end };
    Some(lsp::CallHierarchyItem {
        name: found.label.clone(),
        kind: match found.kind {
            DeclarationKind::Action => lsp::SymbolKind::EVENT,
            DeclarationKind::Operation | DeclarationKind::Test => lsp::SymbolKind::METHOD,
            DeclarationKind::Param | DeclarationKind::Let => lsp::SymbolKind::CONSTANT,
            _ => lsp::SymbolKind::FUNCTION,
        },
        tags: None,
        detail: Some(found.detail.clone()).filter(|detail| !detail.is_empty()),
        uri: whole.uri,
        range: whole.range,
        selection_range: name.range,
        data: Some(json!(named)),
    })
}
