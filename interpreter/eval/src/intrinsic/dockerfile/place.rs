//! Where things are: in the Dockerfile, and in the program that builds it.

use std::sync::Arc;

use pipe_diagnostics::{FileSpan, Label};
use pipe_dockerfile::Span;
use pipe_ops::{Arg, GitQuery, Op, Output};

use crate::error::{self, EvalError};
use crate::intrinsic::Call;
use crate::machine::Machine;

/// A Dockerfile's path for people: from the package's folder on, as far as the graph says where its tree comes from.
pub(super) fn shown(machine: &Machine, tree: Output, path: &str) -> Arc<str> {
    let mut path = path.to_owned();
    let mut at = tree;
    while let Some(node) = machine.graph.get(at.node) {
        match &node.op {
            Op::Subdir { tree, path: Arg::Const(folder) } => {
                path = format!("{}/{path}", folder.as_text().unwrap_or_default().trim_matches('/'));
                at = *tree;
            }
            Op::HostDir(dir) if dir.path != "." => {
                path = format!("{}/{path}", dir.path.trim_end_matches('/'));
                break;
            }
            Op::Git { query: GitQuery::Tree | GitQuery::TreeWithSubmodules, .. } => break,
            _ => break,
        }
    }
    pipe_ops::pure::normalise_path(&path).into()
}

/// A place of the Dockerfile.
pub(super) fn place(file: &Arc<str>, span: Span) -> FileSpan {
    FileSpan { file: file.clone(), start: span.start, end: span.end }
}

/// Something is wrong at a place of the Dockerfile.
pub(super) fn error(
    message: impl Into<String>,
    file: &Arc<str>,
    span: Span,
    call: &Call<'_>,
) -> Box<EvalError> {
    let mut error = error::dockerfile(message, place(file, span));
    error.diagnostic.labels.push(Label { place: call.place(), text: "it is built here".to_owned() });
    error
}

/// What is wrong with the text: the first at its place, the others beside it.
pub(super) fn wrong(errors: &[pipe_dockerfile::Error], file: &Arc<str>, call: &Call<'_>) -> Box<EvalError> {
    let Some((first, others)) = errors.split_first() else {
        return error::internal("a Dockerfile is wrong in nothing", call.place());
    };
    let mut wrong = error(first.message.as_str(), file, first.span, call);
    let label = |other: &pipe_dockerfile::Error| Label {
        place: place(file, other.span),
        text: format!("also: {}", other.message),
    };
    wrong.diagnostic.labels.extend(others.iter().map(label));
    match &first.help {
        Some(help) => wrong.help(help.as_str()),
        None => wrong,
    }
}
