//! What a file is made of.

use std::path::Path;

use pipe_ide::{Link, LinkTarget, Symbol};
use tower_lsp::ls_types as lsp;

use crate::ask::{Text, View};
use crate::convert;
use crate::position::Lines;

pub(crate) fn symbols(text: &Text<'_>) -> lsp::DocumentSymbolResponse {
    let found = pipe_ide::symbols(text.source).into_iter();
    lsp::DocumentSymbolResponse::Nested(found.map(|found| convert::symbol(text.lines(), found)).collect())
}

/// The symbols of the package whose names have the letters of a query in their order.
pub(crate) fn workspace_symbols(view: &View<'_>, query: &str) -> Vec<lsp::WorkspaceSymbol> {
    let mut out = Vec::new();
    for file in view.snapshot.own_files() {
        let (Some(uri), Some(text)) = (view.names.uri(view.snapshot, file), view.snapshot.source(file))
        else {
            continue;
        };
        let lines = Lines::new(&text, view.names.encoding);
        let mut add = |symbol: &Symbol, container: Option<&str>| {
            if pipe_ide::matches_query(&symbol.name, query) {
                let location = lsp::Location {
                    uri: uri.clone(),
                    range: lines.range(symbol.name_span.start, symbol.name_span.end),
                };
                out.push(lsp::WorkspaceSymbol {
                    name: symbol.name.clone(),
                    kind: convert::symbol_kind(symbol.kind),
                    tags: None,
                    container_name: Some(container.map_or_else(|| file.to_string(), str::to_owned)),
                    location: lsp::OneOf::Left(location),
                    data: None,
                });
            }
        };
        for symbol in pipe_ide::symbols(&text) {
            add(&symbol, None);
            symbol.children.iter().for_each(|child| add(child, Some(&symbol.name)));
        }
    }
    out
}

pub(crate) fn folds(text: &Text<'_>) -> Vec<lsp::FoldingRange> {
    pipe_ide::folds(text.source).iter().map(|found| convert::fold(text.lines(), found)).collect()
}

pub(crate) fn selections(text: &Text<'_>, positions: &[lsp::Position]) -> Vec<lsp::SelectionRange> {
    let lines = text.lines();
    let one = |position: &lsp::Position| {
        let spans = pipe_ide::selections(text.source, lines.offset(*position) as u32);
        let mut range = lsp::SelectionRange { range: lsp::Range::default(), parent: None };
        for (i, span) in spans.iter().rev().enumerate() {
            let parent = (i > 0).then(|| Box::new(range));
            range = lsp::SelectionRange { range: lines.range(span.start, span.end), parent };
        }
        range
    };
    positions.iter().take(MANY_CURSORS).map(one).collect()
}

/// How many cursors are looked at in one message.
const MANY_CURSORS: usize = 1_000;

pub(crate) fn links(view: &View<'_>) -> Vec<lsp::DocumentLink> {
    let lines = view.lines();
    let folder = Path::new(view.file).parent().unwrap_or(Path::new(""));
    let target = |link: &Link| match &link.target {
        LinkTarget::Url(url) => url.parse().ok(),
        LinkTarget::Module(path) => view.names.uri_of_path(&plain(&view.names.dir.join(folder).join(path))),
        LinkTarget::Package(path) => view.names.uri_of_path(&plain(&view.names.dir.join(path))),
    };
    let links = pipe_ide::links(view.text.source).into_iter();
    links
        .filter_map(|link| {
            Some(lsp::DocumentLink {
                range: lines.range(link.span.start, link.span.end),
                target: Some(target(&link)?),
                tooltip: None,
                data: None,
            })
        })
        .collect()
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> std::path::PathBuf {
    let mut out = std::path::PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => _ = out.pop(),
            part => out.push(part),
        }
    }
    out
}
