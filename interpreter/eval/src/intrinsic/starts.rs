//! Where containers, directories and files begin.

use pipe_ops::{Arg, Copy, Op, Output};

use super::dirs::relative;
use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::{Base, ContainerValue, Value};

pub(super) const TABLE: Table = &[
    ("image", Entry::Run(image)),
    ("archive", Entry::Run(archive)),
    ("scratch", Entry::Run(scratch)),
    ("dir", Entry::Run(dir)),
    ("merge", Entry::Run(merge)),
    ("fixture", Entry::Run(super::host::fixture)),
    ("fail", Entry::Run(fail)),
];

/// An image: its root file system and its configuration are known when it was fetched. What is set on the container is known at once.
fn image(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let platform = call.optional_text(machine, 1)?.unwrap_or_else(|| machine.facts.platform.clone());
    let site = call.site(machine);
    let reference = call.arg(0)?.clone();
    let fresh = match call.optional(machine, 2)? {
        None => None,
        Some(Value::Duration(nanoseconds)) if *nanoseconds >= 0 => Some(*nanoseconds),
        Some(_) => return Err(error::invalid("an age is not less than nothing", call.arg_place(2))),
    };
    let reference = machine.arg(&reference, &site)?;
    let op = Op::Image { reference, platform: platform.to_string(), fresh };
    let root = machine.add_main(op, &site)?;
    let mut container = ContainerValue::of_image(root, platform);
    container.config.any_platform = call.optional(machine, 1)?.is_none();
    Ok(container.into())
}

/// An image out of a file, as one out of a registry.
fn archive(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::File(file) = *call.arg(0)? else { return Err(call.unusable(machine, 0)) };
    let platform = call.optional_text(machine, 1)?.unwrap_or_else(|| machine.facts.platform.clone());
    let site = call.site(machine);
    let root = machine.add_main(Op::Archive { file, platform: platform.to_string() }, &site)?;
    Ok(ContainerValue::of_image(root, platform).into())
}

fn scratch(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let platform = call.optional_text(machine, 0)?.unwrap_or_else(|| machine.facts.platform.clone());
    let site = call.site(machine);
    let root = machine.add_main(Op::Empty, &site)?;
    Ok(ContainerValue::new(root, Base::Bare, platform).into())
}

/// A directory of entries: each is copied to its path, in order.
fn dir(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let Value::Map(entries) = call.arg(0)? else { return Err(call.unusable(machine, 0)) };
    let site = call.site(machine);
    let mut tree = machine.add_main(Op::Empty, &site)?;
    for (path, value) in &entries.entries {
        let path = path.as_text().unwrap_or_default();
        let path = relative(path).ok_or_else(|| {
            error::invalid(format!("`{path}` leads out of the directory"), call.arg_place(0))
        })?;
        let (source, is_file) = tree_of(machine, call, value)?;
        let copy = Copy { into: tree, path: Arg::text(path), source, is_file, ..plain_copy(tree) };
        tree = machine.add_main(Op::Copy(Box::new(copy)), &site)?;
    }
    Ok(Value::Dir(tree))
}

/// Each directory is laid over those before it.
fn merge(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let dirs = call.list(machine, 0)?.to_vec();
    let site = call.site(machine);
    let mut trees = Vec::with_capacity(dirs.len());
    for dir in &dirs {
        trees.push(tree_of(machine, call, dir)?.0);
    }
    let mut trees = trees.into_iter();
    let Some(mut tree) = trees.next() else { return Ok(Value::Dir(machine.add_main(Op::Empty, &site)?)) };
    for source in trees {
        let copy = Copy { source, ..plain_copy(tree) };
        tree = machine.add_main(Op::Copy(Box::new(copy)), &site)?;
    }
    Ok(Value::Dir(tree))
}

/// A copy onto the root of `into`, with everything as it is.
pub(super) fn plain_copy(into: Output) -> Copy {
    Copy {
        into,
        path: Arg::text("."),
        source: into,
        is_file: false,
        owner: None,
        mode: None,
        include: Vec::new(),
        exclude: Vec::new(),
    }
}

/// A tree or file, and whether it is a file.
pub(super) fn tree_of(machine: &Machine, call: &Call<'_>, value: &Value) -> Result<(Output, bool)> {
    match value {
        Value::Dir(output) => Ok((*output, false)),
        Value::File(output) => Ok((*output, true)),
        other => Err(machine.unusable(&format!("`{}`", call.name()), other, call.place())),
    }
}

fn fail(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    Err(error::failed(&call.text(machine, 0)?, call.place()))
}
