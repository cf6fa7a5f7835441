//! From one place to others.

use pipe_ide::Reference;
use tower_lsp::jsonrpc::Error;
use tower_lsp::ls_types as lsp;

use crate::ask::View;

pub(crate) fn definition(view: &View<'_>, at: lsp::Position) -> Option<lsp::GotoDefinitionResponse> {
    let place = pipe_ide::definition(view.snapshot, view.file, view.offset(at))?;
    view.location(&place).map(lsp::GotoDefinitionResponse::Scalar)
}

pub(crate) fn type_definition(view: &View<'_>, at: lsp::Position) -> Option<lsp::GotoDefinitionResponse> {
    let place = pipe_ide::type_definition(view.snapshot, view.file, view.offset(at))?;
    view.location(&place).map(lsp::GotoDefinitionResponse::Scalar)
}

pub(crate) fn references(view: &View<'_>, at: lsp::Position, declaration: bool) -> Vec<lsp::Location> {
    let found = pipe_ide::references(view.snapshot, view.file, view.offset(at)).into_iter();
    let wanted = found.filter(|reference| declaration || !reference.declares);
    wanted.filter_map(|reference| view.location(&reference.place)).collect()
}

pub(crate) fn highlights(view: &View<'_>, at: lsp::Position) -> Vec<lsp::DocumentHighlight> {
    let lines = view.lines();
    let highlight = |found: Reference| lsp::DocumentHighlight {
        range: lines.range(found.place.start, found.place.end),
        kind: Some(match found.declares {
            true => lsp::DocumentHighlightKind::WRITE,
            false => lsp::DocumentHighlightKind::READ,
        }),
    };
    pipe_ide::highlights(view.snapshot, view.file, view.offset(at)).into_iter().map(highlight).collect()
}

pub(crate) fn prepare_rename(
    view: &View<'_>,
    at: lsp::Position,
) -> Result<lsp::PrepareRenameResponse, Error> {
    let span = pipe_ide::prepare_rename(view.snapshot, view.file, view.offset(at)).map_err(refused)?;
    Ok(lsp::PrepareRenameResponse::Range(view.range(span)))
}

pub(crate) fn rename(view: &View<'_>, at: lsp::Position, new: &str) -> Result<lsp::WorkspaceEdit, Error> {
    let edits = pipe_ide::rename(view.snapshot, view.file, view.offset(at), new).map_err(refused)?;
    view.workspace_edit(&edits).ok_or_else(|| refused("a file of it cannot be changed".into()))
}

/// Something that cannot be done, with the reason for people.
fn refused(why: String) -> Error {
    Error {
        code: tower_lsp::jsonrpc::ErrorCode::ServerError(REQUEST_FAILED),
        message: why.into(),
        data: None,
    }
}

/// The protocol's code for a request that was right and could not be done.
const REQUEST_FAILED: i64 = -32803;
