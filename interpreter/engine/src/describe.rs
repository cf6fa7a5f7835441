//! What people call nodes.

use std::sync::Arc;

use pipe_ops::{Act, Arg, Datum, GitQuery, Inspection, Node, Op, PackForm};

/// The operation, in one word.
pub(crate) fn operation(op: &Op) -> &'static str {
    match op {
        Op::Empty => "empty",
        Op::Toolchain => "toolchain",
        Op::Image { .. } => "image",
        Op::Archive { .. } => "archive",
        Op::Http { .. } => "http",
        Op::Checkout { .. } => "git",
        Op::HostDir(_) | Op::HostFile { .. } => "import",
        Op::HostEnv { .. } => "host.env",
        Op::HostSecret { .. } => "host.secret",
        Op::RandomSecret { .. } => "secret.random",
        Op::FakeSecret { .. } => "fake.secret",
        Op::Exec(_) => "exec",
        Op::Service(_) => "service",
        Op::Breakpoint(_) => "terminal",
        Op::Guard { .. } => "guard",
        Op::Subdir { .. } => "dir",
        Op::Subfile { .. } => "file",
        Op::Copy(_) | Op::Gather(_) => "copy",
        Op::BuildContext { .. } => "context",
        Op::Write { .. } => "write",
        Op::Remove { .. } => "remove",
        Op::Contents { .. } => "contents",
        Op::Repo { .. } => "workspace.git",
        Op::Git { query, .. } => match query {
            GitQuery::Tree | GitQuery::TreeWithSubmodules => "tree",
            GitQuery::Commit => "commit",
            GitQuery::Branch => "branch",
            GitQuery::Tags => "tags",
            GitQuery::Describe => "describe",
            GitQuery::Dirty => "dirty",
            GitQuery::Time => "time",
            GitQuery::MergeBase(..) => "merge_base",
            GitQuery::Diff(..) => "diff",
            GitQuery::Log { .. } => "log",
        },
        Op::Inspect { what, .. } => match what {
            Inspection::Entries => "entries",
            Inspection::Glob(_) => "glob",
            Inspection::Digest => "digest",
            Inspection::Size => "size",
        },
        Op::Difference { .. } => "diff",
        Op::Pack { form, .. } => match form {
            PackForm::Tar => "tar",
            PackForm::Zip => "zip",
            PackForm::Checksums => "checksums",
        },
        Op::Unpack { .. } => "unpack",
        Op::Assemble(_) => "image",
        Op::Index { .. } => "index",
        Op::Tarball { .. } => "tarball",
        Op::Apply { .. } => "apply",
        Op::Effect(effect) => match effect.act {
            Act::Perform(_) => "perform",
            Act::Export { .. } => "export",
            Act::Sleep(_) => "sleep",
            Act::Approve(_) => "approval",
            Act::Notify(_) => "notify",
            Act::Up { .. } => "up",
            Act::Push { .. } => "push",
            Act::Load { .. } => "load",
            Act::Attach { .. } => "attach",
        },
        Op::Settled { .. } => "settled",
        Op::After { .. } => "after",
        Op::Together { .. } => "together",
        Op::Lane { .. } => "lane",
        Op::Declared { .. } => "declared",
    }
}

/// What people call a node: the function it belongs to; without one, its operation and what it works on.
pub(crate) fn name(node: &Node) -> Arc<str> {
    if let (Op::Exec(_) | Op::Service(_) | Op::Breakpoint(_), Some(origin)) = (&node.op, node.origins.first())
    {
        return origin.name.clone();
    }
    let subject = match &node.op {
        Op::HostDir(dir) => Some(dir.path.as_str()),
        Op::HostFile { path } => Some(path.as_str()),
        Op::HostEnv { name } => Some(name.as_str()),
        Op::HostSecret { source } => Some(source.as_str()),
        Op::FakeSecret { name } => Some(name.as_str()),
        Op::Subdir { path, .. }
        | Op::Subfile { path, .. }
        | Op::Write { path, .. }
        | Op::Remove { path, .. } => text(path),
        Op::Image { reference, .. } => text(reference),
        Op::Http { url, .. } | Op::Checkout { url, .. } => text(url),
        Op::Copy(copy) => text(&copy.path),
        Op::Gather(gather) => text(&gather.path),
        Op::Inspect { what: Inspection::Glob(pattern), .. } => text(pattern),
        Op::Exec(exec) => exec.argv.first().and_then(text),
        Op::Apply { function, .. } => return function.clone(),
        Op::Effect(effect) => return effect.name.clone(),
        Op::Declared { operation, .. } => return operation.clone(),
        _ => None,
    };
    match subject {
        Some(subject) => format!("{} {subject}", operation(&node.op)).into(),
        None => operation(&node.op).into(),
    }
}

fn text(arg: &Arg) -> Option<&str> {
    match arg {
        Arg::Const(Datum::Text(text)) => Some(text),
        _ => None,
    }
}
