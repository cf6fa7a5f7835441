//! The edges that lead into an op.

use crate::{Act, Arg, Exec, GitQuery, Inspection, Op, Output};

impl Op {
    /// The edges that lead into the op, in a fixed order. A [`Op::Guard`]'s slot means nothing, see there.
    pub fn inputs(&self) -> Vec<Output> {
        match self {
            Op::Empty | Op::Toolchain | Op::HostDir(_) | Op::HostFile { .. } => Vec::new(),
            Op::Image { reference, .. } => with_args(Vec::new(), [reference]),
            Op::HostEnv { .. } | Op::HostSecret { .. } => Vec::new(),
            Op::Exec(exec) => exec_inputs(exec),
            Op::Guard { exec, .. } => vec![*exec],
            Op::Subdir { tree, path } | Op::Subfile { tree, path } | Op::Remove { from: tree, path } => {
                with_args(vec![*tree], [path])
            }
            Op::Copy(copy) => with_args(vec![copy.into, copy.source], [&copy.path]),
            Op::Write { into, path, text, .. } => with_args(vec![*into], [path, text]),
            Op::Contents { file } | Op::Unpack { file, .. } | Op::Archive { file, .. } => vec![*file],
            Op::Repo { .. } => Vec::new(),
            Op::Git { repo, query } => match query {
                GitQuery::MergeBase(a, b) | GitQuery::Diff(a, b) => with_args(vec![*repo], [a, b]),
                GitQuery::Log { limit, .. } => with_args(vec![*repo], [limit]),
                _ => vec![*repo],
            },
            Op::Inspect { of, what: Inspection::Glob(pattern) } => with_args(vec![*of], [pattern]),
            Op::Inspect { of, .. } => vec![*of],
            Op::Difference { from, to } => vec![*from, *to],
            Op::Pack { tree, .. } => vec![*tree],
            Op::Apply { args, .. } => with_args(Vec::new(), args),
            Op::Effect(effect) => [act_inputs(&effect.act), effect.after.clone()].concat(),
            Op::Settled { start, of, .. } => [&start[..], &of[..]].concat(),
            Op::Lane { after, .. } => after.clone(),
            Op::Declared { inputs, .. } => inputs.clone(),
        }
    }
}

fn act_inputs(act: &Act) -> Vec<Output> {
    match act {
        Act::Perform(exec) => exec_inputs(exec),
        Act::Export { source, .. } => vec![*source],
        Act::Sleep(arg) | Act::Approve(arg) | Act::Notify(arg) => with_args(Vec::new(), [arg]),
    }
}

impl Op {
    /// The command it runs, cached or not.
    pub fn command(&self) -> Option<&Exec> {
        match self {
            Op::Exec(exec) => Some(exec),
            Op::Effect(effect) => match &effect.act {
                Act::Perform(exec) => Some(exec),
                _ => None,
            },
            _ => None,
        }
    }
}

fn exec_inputs(exec: &Exec) -> Vec<Output> {
    let mut inputs = vec![exec.root];
    inputs.extend(exec.image);
    inputs.extend(exec.mounts.iter().filter_map(|mount| mount.shown.source()));
    with_args(inputs, exec.argv.iter().chain(exec.env.values()).chain(&exec.stdin))
}

fn with_args<'a>(mut inputs: Vec<Output>, args: impl IntoIterator<Item = &'a Arg>) -> Vec<Output> {
    inputs.extend(args.into_iter().filter_map(|arg| match arg {
        Arg::Const(_) => None,
        Arg::Output(output) => Some(*output),
    }));
    inputs
}
