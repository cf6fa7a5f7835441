//! Ops on trees: done by the store, the changing ones once for each content.

use pipe_ops::pure::fixed_part;
use pipe_ops::{Arg, Copy, Op, Output, Preimage, StepKey};
use pipe_store::{CopyOptions, Filter, Stored};

use super::{Inputs, OpContext, content};
use crate::failure::Cause;
use crate::{TreeValue, Value};

pub(super) fn empty(context: &OpContext) -> Value {
    Value::Tree(TreeValue::whole(context.engine.store.empty_tree()))
}

pub(super) fn subdir(context: &OpContext, inputs: &Inputs, tree: Output, path: &Arg) -> Result<Value, Cause> {
    let (tree, path) = (inputs.tree(tree)?, inputs.text(path)?);
    let store = &context.engine.store;
    if tree.base.is_none() {
        return Ok(Value::Tree(tree.with_tree(store.subdir(&tree.tree, path)?)));
    }
    // A folder that the host's tools have a part in cannot be taken out: that part is not in the store.
    if context.engine.backend.toolchain_has(&absolute(path)) {
        return Err(Cause::pipeline(format!(
            "`{path}` holds the host's own tools, which are not part of a result"
        ))
        .help("let the step copy what is needed to a folder of its own, such as `/out`"));
    }
    let folder = store.close_base(&store.subdir(&tree.tree, path)?)?;
    Ok(Value::Tree(TreeValue::whole(folder)))
}

pub(super) fn subfile(
    context: &OpContext,
    inputs: &Inputs,
    tree: Output,
    path: &Arg,
) -> Result<Value, Cause> {
    let (tree, path) = (inputs.tree(tree)?, inputs.text(path)?);
    Ok(Value::File(context.engine.store.subfile(&tree.tree, path)?))
}

fn absolute(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

/// The result of a change that was made before, by the content it was made on.
pub(super) fn cached(context: &OpContext, op: &Op, inputs: &Inputs) -> Result<Option<Value>, Cause> {
    let into = changed(op, inputs)?;
    not_hidden(context, op, inputs, into)?;
    let found = context.engine.store.lookup_op(key(op, inputs)?)?;
    Ok(found.and_then(|stored| match stored {
        Stored::Tree(tree) => Some(Value::Tree(into.with_tree(tree))),
        Stored::File(_) => None,
    }))
}

/// Makes a change and records it.
pub(super) fn change(context: &OpContext, op: &Op, inputs: &Inputs) -> Result<Value, Cause> {
    let store = &context.engine.store;
    let into = changed(op, inputs)?;
    not_hidden(context, op, inputs, into)?;
    let tree = match op {
        Op::Copy(copy) => {
            let options = copy_options(copy)?;
            let source = source(context, copy, inputs)?;
            store.with_copy(&into.tree, inputs.text(&copy.path)?, &source, &options)?
        }
        Op::Write { path, text, mode, .. } => {
            store.with_file(&into.tree, inputs.text(path)?, inputs.text(text)?.as_bytes(), *mode)?
        }
        Op::Remove { path, .. } => store.with_removed(&into.tree, inputs.text(path)?)?,
        _ => return Err(super::not_ours(op)),
    };
    store.record_op(key(op, inputs)?, &Stored::Tree(tree.clone()))?;
    Ok(Value::Tree(into.with_tree(tree)))
}

/// A change that no step could ever see is a mistake.
fn not_hidden(context: &OpContext, op: &Op, inputs: &Inputs, into: &TreeValue) -> Result<(), Cause> {
    let path = match op {
        Op::Copy(copy) => inputs.text(&copy.path)?,
        Op::Write { path, .. } | Op::Remove { path, .. } => inputs.text(path)?,
        _ => return Err(super::not_ours(op)),
    };
    if into.base.is_some() && context.engine.backend.toolchain_hides(&absolute(path)) {
        return Err(Cause::pipeline(format!(
            "`{path}` belongs to the host's own tools, which are read-only"
        ))
        .help("use a path outside them, such as `/opt` or `/out`"));
    }
    Ok(())
}

/// The tree that a change stands on.
fn changed<'a>(op: &Op, inputs: &'a Inputs) -> Result<&'a TreeValue, Cause> {
    match op {
        Op::Copy(copy) => inputs.tree(copy.into),
        Op::Write { into, .. } => inputs.tree(*into),
        Op::Remove { from, .. } => inputs.tree(*from),
        _ => Err(super::not_ours(op)),
    }
}

/// The key of a change: everything its result depends on. What a difference stands on is no part of it, for the change is made
/// to the difference alone.
fn key(op: &Op, inputs: &Inputs) -> Result<StepKey, Cause> {
    let into = changed(op, inputs)?;
    let preimage = Preimage::new(crate::describe::operation(op))
        .digest("into", into.tree.digest.0)
        .text("kind", if into.is_whole() { "whole" } else { "difference" });
    let preimage = match op {
        Op::Copy(copy) => copy_fields(preimage, copy, inputs)?,
        Op::Write { path, text, mode, .. } => preimage
            .text("path", inputs.text(path)?)
            .text("mode", format!("{mode:o}"))
            .digest("text", pipe_ops::Digest::of(inputs.text(text)?.as_bytes())),
        Op::Remove { path, .. } => preimage.text("path", inputs.text(path)?),
        _ => return Err(super::not_ours(op)),
    };
    Ok(preimage.key())
}

fn copy_fields(preimage: Preimage, copy: &Copy, inputs: &Inputs) -> Result<Preimage, Cause> {
    let source = inputs.get(copy.source)?;
    let mut preimage = preimage.text("path", inputs.text(&copy.path)?).digest("source", content(source)?);
    if let Value::File(file) = source {
        preimage = preimage.text("file mode", format!("{:o}", file.mode));
    }
    if let Some(owner) = &copy.owner {
        preimage = preimage.text("owner", owner);
    }
    if let Some(mode) = copy.mode {
        preimage = preimage.text("mode", format!("{mode:o}"));
    }
    for glob in &copy.include {
        preimage = preimage.text("include", glob);
    }
    Ok(copy.exclude.iter().fold(preimage, |preimage, glob| preimage.text("exclude", glob)))
}

fn source(context: &OpContext, copy: &Copy, inputs: &Inputs) -> Result<Stored, Cause> {
    match inputs.get(copy.source)? {
        Value::Tree(tree) if !tree.is_whole() => {
            // What globs find where the host's tools have nothing is the steps' own.
            let of_tools = |glob: &String| context.engine.backend.toolchain_has(&absolute(fixed_part(glob)));
            if copy.include.is_empty() || copy.include.iter().any(of_tools) {
                return Err(over_base("copied"));
            }
            Ok(Stored::Tree(context.engine.store.close_base(&tree.tree)?))
        }
        Value::Tree(tree) => Ok(Stored::Tree((*tree.tree).clone())),
        Value::File(file) => Ok(Stored::File(file.clone())),
        other => Err(Cause::machine(format!("{} stands where a folder or a file is needed", other.kind()))),
    }
}

/// The host's own tools are not in the store, so a root over them is only good to run in.
pub(super) fn over_base(what: &str) -> Cause {
    Cause::pipeline(format!("a container of the host's own tools cannot be {what} as a folder"))
        .help("take the folder that the step made, with `.dir(path)`")
}

fn copy_options(copy: &Copy) -> Result<CopyOptions, Cause> {
    let owner = copy.owner.as_deref().map(owner).transpose()?;
    let filter = Filter::new(&copy.include, &copy.exclude)?;
    Ok(CopyOptions { owner, mode: copy.mode, filter, ..CopyOptions::default() })
}

/// `user[:group]` by number; a user without a group stands for both, as in a Dockerfile.
fn owner(text: &str) -> Result<(u32, u32), Cause> {
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    match (user.parse(), group.parse()) {
        (Ok(user), Ok(group)) => Ok((user, group)),
        _ => {
            Err(Cause::pipeline(format!("`{text}` is not an owner: `user` or `user:group`, both as numbers")))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn owners_are_numbers() {
        assert_eq!(owner("7").unwrap(), (7, 7));
        assert_eq!(owner("7:8").unwrap(), (7, 8));
        for wrong in ["", "app", "7:", ":7", "-1", "7:8:9"] {
            assert!(owner(wrong).is_err(), "{wrong}");
        }
    }
}
