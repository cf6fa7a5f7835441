//! Where a path of a tree comes from: a file of the host, a text of the program, what a step wrote.

use pipe_ops::{Arg, Datum, Gather, Graph, Node, Op, Output, Slot};
use pipe_store::PathChangeKind;

use super::ContentChange;

/// Follows a path, without a leading slash, back through the operations that put it where it is.
pub(super) fn back(graph: &Graph, output: Output, path: &str, kind: PathChangeKind) -> ContentChange {
    let (mut output, mut path) = (output, path.to_owned());
    loop {
        let Some(node) = graph.get(output.node) else { return at_step(None, &path, kind) };
        let next = match &node.op {
            Op::HostDir(dir) => return of_host(node, joined(&dir.path, &path), kind),
            Op::HostFile { path } => return of_host(node, path.clone(), kind),
            Op::Breakpoint(breakpoint) => breakpoint.before(output.slot).map(|before| (before, path.clone())),
            Op::Guard { exec, .. } => Some((Output { node: exec.node, ..output }, path.clone())),
            Op::Subdir { tree, path: at } | Op::Subfile { tree, path: at } => {
                text(at).map(|at| (*tree, joined(inner(at), &path)))
            }
            Op::Copy(copy) => text(&copy.path).map(|at| match below(&path, inner(at)) {
                Some(rest) => (copy.source, rest.to_owned()),
                None => (copy.into, path.clone()),
            }),
            Op::BuildContext { tree, .. } => Some((*tree, path.clone())),
            Op::Gather(gather) => gathered(gather, &path),
            Op::Write { into, path: at, .. } if text(at).is_some_and(|at| inner(at) != path) => {
                Some((*into, path.clone()))
            }
            Op::Remove { from, .. } => Some((*from, path.clone())),
            Op::Exec(exec) => {
                // What the step itself was given and left alone is looked for no further: that it wrote it is the nearer reason.
                let shown = match output.slot {
                    Slot::Mount(index) => exec.mounts.get(index as usize).map(|mount| mount.path.as_str()),
                    _ => None,
                };
                return at_step(Some(node), &joined(shown.unwrap_or("/"), &path), kind);
            }
            _ => None,
        };
        match next {
            Some(next) => (output, path) = next,
            None => return at_step(Some(node), &format!("/{path}"), kind),
        }
    }
}

/// Where a path comes from that a `COPY` may have put there; `None` when only its patterns could tell.
fn gathered(gather: &Gather, path: &str) -> Option<(Output, String)> {
    let Some(rest) = below(path, inner(text(&gather.path)?)) else {
        return Some((gather.into, path.to_owned()));
    };
    let [source] = gather.sources.as_slice() else { return None };
    let pattern = text(&source.pattern).filter(|pattern| !pattern.contains(['*', '?', '[', '\\']))?;
    let pattern = inner(pattern);
    let is_file = gather.folder && rest == pattern.rsplit('/').next().unwrap_or(pattern);
    Some((source.tree, if is_file { pattern.to_owned() } else { joined(pattern, rest) }))
}

fn of_host(node: &Node, path: String, kind: PathChangeKind) -> ContentChange {
    ContentChange { path, made_by: None, kind, origin: node.origins.first().cloned() }
}

fn at_step(node: Option<&Node>, path: &str, kind: PathChangeKind) -> ContentChange {
    let made_by = node.map(crate::describe::name);
    let origin = node.and_then(|node| node.origins.first().cloned());
    ContentChange { path: path.to_owned(), made_by, kind, origin }
}

/// A path below a folder; the folder itself when the path is empty.
fn joined(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("" | ".", path) => path.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, path) => format!("{}/{path}", folder.trim_end_matches('/')),
    }
}

/// A path in a tree without slashes around it.
fn inner(path: &str) -> &str {
    path.trim_matches('/')
}

/// What of `path` is below `folder`.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() || path == folder {
        return Some(path.strip_prefix(folder).unwrap_or_default());
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

fn text(arg: &Arg) -> Option<&str> {
    match arg {
        Arg::Const(Datum::Text(text)) => Some(text),
        _ => None,
    }
}
