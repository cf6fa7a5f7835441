//! Ops on the git repository that contains the package. What a run says of it stands on the commit that `HEAD` was at its first look.

use pipe_git::{Commit, GitError, Repository};
use pipe_ops::{Arg, Datum, GitQuery, Output, Preimage};
use pipe_store::Stored;

use super::inspect::paths;
use super::{Inputs, OpContext};
use crate::failure::Cause;
use crate::{TreeValue, Value};

/// The commit of `HEAD`.
pub(super) fn repo(context: &OpContext) -> Result<Value, Cause> {
    let head = match open(context)?.commit() {
        Ok(commit) => Some(Box::new(Datum::text(commit))),
        Err(GitError::Unborn) => None,
        Err(other) => return Err(other.into()),
    };
    Ok(Value::Datum(Datum::Optional(head)))
}

pub(super) fn query(
    context: &OpContext,
    inputs: &Inputs,
    repo: Output,
    query: &GitQuery,
) -> Result<Value, Cause> {
    let head = match inputs.get(repo)? {
        Value::Datum(Datum::Optional(head)) => head.as_deref().and_then(Datum::as_text),
        _ => return Err(Cause::machine("what stands where a repository is needed is none")),
    };
    let git = open(context)?.at(head)?;
    Ok(Value::Datum(match query {
        GitQuery::Tree => return tree(context, &git, false),
        GitQuery::TreeWithSubmodules => return tree(context, &git, true),
        GitQuery::Commit => Datum::text(git.commit()?),
        GitQuery::Branch => Datum::Optional(git.branch()?.map(|branch| Box::new(Datum::text(branch)))),
        GitQuery::Tags => Datum::List(git.tags()?.into_iter().map(Datum::text).collect()),
        GitQuery::Describe => Datum::text(git.describe()?),
        GitQuery::Dirty => Datum::Bool(git.dirty()?),
        GitQuery::Time => Datum::Int(git.time()?),
        GitQuery::MergeBase(a, b) => Datum::text(git.merge_base(inputs.text(a)?, inputs.text(b)?)?),
        GitQuery::Diff(from, to) => paths(git.diff(inputs.text(from)?, inputs.text(to)?)?)?,
        GitQuery::Log { limit, record } => {
            let commits = git.log(count(inputs, limit)?)?;
            Datum::List(commits.into_iter().map(|commit| logged(commit, record)).collect())
        }
    }))
}

/// Made once for each content.
fn tree(context: &OpContext, git: &Repository, submodules: bool) -> Result<Value, Cause> {
    let store = &context.engine.store;
    let Some(id) = git.tree_id()? else { return Ok(Value::Tree(TreeValue::whole(store.empty_tree()))) };
    // A tree names the commits of its submodules, too.
    let kind = if submodules { "git tree with submodules" } else { "git tree" };
    let key = Preimage::new(kind).text("id", id).key();
    if let Some(Stored::Tree(tree)) = store.lookup_op(key)? {
        return Ok(Value::Tree(TreeValue::whole(tree)));
    }
    let tree = if submodules { git.tree_with_submodules(store)? } else { git.tree(store)? };
    store.record_op(key, &Stored::Tree(tree.clone()))?;
    Ok(Value::Tree(TreeValue::whole(tree)))
}

fn open(context: &OpContext) -> Result<Repository, Cause> {
    Ok(Repository::open(&context.engine.options.package)?)
}

fn count(inputs: &Inputs, limit: &Arg) -> Result<usize, Cause> {
    match inputs.datum(limit)? {
        Datum::Int(count) => usize::try_from(*count)
            .map_err(|_| Cause::pipeline(format!("the log cannot have {count} commits"))),
        _ => Err(Cause::machine("what stands where a number is needed is none")),
    }
}

fn logged(commit: Commit, record: &std::sync::Arc<str>) -> Datum {
    let Commit { id, subject, author, time } = commit;
    let text = |name: &str, text: String| (name.into(), Datum::text(text));
    let fields = vec![
        text("id", id),
        text("subject", subject),
        text("author", author),
        ("time".into(), Datum::Int(time)),
    ];
    Datum::Record { name: record.clone(), fields }
}

impl From<GitError> for Cause {
    fn from(error: GitError) -> Cause {
        let reason = error.to_string();
        match error {
            GitError::None { .. } => Cause::usage(reason)
                .help("`workspace.git()` is the repository that contains the package: `git init` makes one"),
            GitError::Submodule { .. } => {
                Cause::usage(reason).help("`git submodule update --init --recursive` gets what is missing")
            }
            GitError::Unborn => Cause::usage(reason).help("commit something first"),
            GitError::Shallow(_) => Cause::usage(reason).help("`git fetch --unshallow` gets the rest"),
            GitError::Foreign { .. } | GitError::Sha256 { .. } => Cause::usage(reason),
            GitError::Revision { .. } | GitError::Unrelated { .. } | GitError::Entry(_) => {
                Cause::pipeline(reason)
            }
            GitError::Read(_) => Cause::machine(reason),
            GitError::Store(error) => Cause::from(error),
        }
    }
}
