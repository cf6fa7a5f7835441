//! `workspace.git()` and operations of `Repo`.

use pipe_analysis::typed::Type;
use pipe_ops::{Arg, GitQuery, Op, Output};

use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::{Machine, symbolic};
use crate::value::Value;

pub(super) const TABLE: Table = &[
    ("Repo.diff", Entry::Run(diff)),
    ("Repo.merge_base", Entry::Run(merge_base)),
    ("Repo.log", Entry::Run(log)),
];

pub(super) const FIELDS: Table = &[
    ("Repo.tree", Entry::Run(tree)),
    ("Repo.commit", Entry::Run(|machine, call| fact(machine, call, GitQuery::Commit))),
    ("Repo.branch", Entry::Run(|machine, call| fact(machine, call, GitQuery::Branch))),
    ("Repo.tags", Entry::Run(|machine, call| fact(machine, call, GitQuery::Tags))),
    ("Repo.describe", Entry::Run(|machine, call| with_history(machine, call, GitQuery::Describe))),
    ("Repo.dirty", Entry::Run(|machine, call| fact(machine, call, GitQuery::Dirty))),
    ("Repo.time", Entry::Run(|machine, call| fact(machine, call, GitQuery::Time))),
    ("RepoDiff.paths", Entry::Run(paths)),
];

pub(super) fn workspace_git(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (history, submodules) = (call.bool(machine, 0)?, call.bool(machine, 1)?);
    let site = call.site(machine);
    let output = machine.add_main(Op::Repo { history, submodules }, &site)?;
    Ok(Value::Opaque { ty: "Repo".into(), output })
}

fn receiver(machine: &Machine, call: &Call<'_>) -> Result<Output> {
    match call.arg(0)? {
        Value::Opaque { output, .. } => Ok(*output),
        _ => Err(call.unusable(machine, 0)),
    }
}

fn tree(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let repo = receiver(machine, call)?;
    let asked = match machine.graph.get(repo.node).map(|node| &node.op) {
        Some(Op::Repo { submodules: true, .. }) => GitQuery::TreeWithSubmodules,
        _ => GitQuery::Tree,
    };
    query(machine, call, asked).map(Value::Dir)
}

fn query(machine: &mut Machine, call: &Call<'_>, query: GitQuery) -> Result<Output> {
    let repo = receiver(machine, call)?;
    let site = call.site(machine);
    machine.add_main(Op::Git { repo, query }, &site)
}

fn fact(machine: &mut Machine, call: &Call<'_>, asked: GitQuery) -> Result<Value> {
    Ok(symbolic(query(machine, call, asked)?, call.ty))
}

/// What looks at more than `HEAD`.
fn with_history(machine: &mut Machine, call: &Call<'_>, asked: GitQuery) -> Result<Value> {
    let repo = receiver(machine, call)?;
    if let Some(Op::Repo { history: false, .. }) = machine.graph.get(repo.node).map(|node| &node.op) {
        let message = format!("`{}` needs the history of the repository", call.name());
        let help = "`workspace.git(history: false)` leaves it out";
        return Err(error::invalid(message, call.place()).help(help));
    }
    fact(machine, call, asked)
}

pub(super) fn arg(machine: &mut Machine, call: &Call<'_>, index: usize) -> Result<Arg> {
    let (value, site) = (call.arg(index)?.clone(), call.site(machine));
    machine.arg(&value, &site)
}

fn diff(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let asked = GitQuery::Diff(arg(machine, call, 1)?, arg(machine, call, 2)?);
    match with_history(machine, call, asked)? {
        Value::Symbolic(symbolic) => Ok(Value::Opaque { ty: "RepoDiff".into(), output: symbolic.output }),
        other => Ok(other),
    }
}

fn paths(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    Ok(symbolic(receiver(machine, call)?, call.ty))
}

fn merge_base(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let asked = GitQuery::MergeBase(arg(machine, call, 1)?, arg(machine, call, 2)?);
    with_history(machine, call, asked)
}

fn log(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let limit = arg(machine, call, 1)?;
    let record = match call.ty {
        Type::List(item) => match item.as_ref() {
            Type::Record(global, ..) => crate::machine::qualified(global),
            _ => return Err(error::internal("a log is of no records", call.place())),
        },
        _ => return Err(error::internal("a log is no list", call.place())),
    };
    with_history(machine, call, GitQuery::Log { limit, record: record.into() })
}
