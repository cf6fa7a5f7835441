//! Operations of `Dir` and `File`.

use pipe_analysis::typed::Type;
use pipe_ops::pure::normalise_path;
use pipe_ops::{Arg, Copy, Inspection, Op, Output, PackForm};

use super::starts::{plain_copy, tree_of};
use super::{Call, Entry, Table, options};
use crate::error::{self, Result};
use crate::machine::{Machine, symbolic};
use crate::value::Value;

pub(super) const TABLE: Table = &[
    ("Dir.dir", Entry::Run(dir)),
    ("Dir.file", Entry::Run(file)),
    ("Dir.filter", Entry::Run(filter)),
    ("Dir.copy", Entry::Run(copy)),
    ("Dir.write", Entry::Run(write)),
    ("Dir.remove", Entry::Run(remove)),
    ("Dir.merge", Entry::Run(merge)),
    ("Dir.glob", Entry::Run(glob)),
    ("Dir.diff", Entry::Run(diff)),
    ("Dir.checksums", Entry::Run(|machine, call| pack(machine, call, PackForm::Checksums))),
    ("Dir.tar", Entry::Run(|machine, call| pack(machine, call, PackForm::Tar))),
    ("File.unpack", Entry::Run(unpack)),
    ("Dir.zip", Entry::Run(|machine, call| pack(machine, call, PackForm::Zip))),
];

pub(super) const FIELDS: Table = &[
    ("Dir.entries", Entry::Run(|machine, call| inspect(machine, call, Inspection::Entries))),
    ("Dir.digest", Entry::Run(|machine, call| inspect(machine, call, Inspection::Digest))),
    ("File.contents", Entry::Run(contents)),
    ("File.lines", Entry::Run(lines)),
    ("File.size", Entry::Run(|machine, call| inspect(machine, call, Inspection::Size))),
    ("File.digest", Entry::Run(|machine, call| inspect(machine, call, Inspection::Digest))),
];

/// A path in a directory, normalised; `None` when it leads out of it.
pub(super) fn relative(path: &str) -> Option<String> {
    let path = normalise_path(path.trim_start_matches('/'));
    (path != ".." && !path.starts_with("../")).then_some(path)
}

fn receiver(machine: &Machine, call: &Call<'_>) -> Result<Output> {
    match call.arg(0)? {
        Value::Dir(output) | Value::File(output) => Ok(*output),
        _ => Err(call.unusable(machine, 0)),
    }
}

/// The path in argument 1, as an argument of an op.
fn path(machine: &mut Machine, call: &Call<'_>) -> Result<Arg> {
    match call.arg(1)? {
        Value::Text(path) => relative(path)
            .map(Arg::text)
            .ok_or_else(|| error::invalid(format!("`{path}` leads out of the directory"), call.arg_place(1))),
        value => {
            let (value, site) = (value.clone(), call.site(machine));
            machine.arg(&value, &site)
        }
    }
}

fn dir(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (tree, path) = (receiver(machine, call)?, path(machine, call)?);
    let site = call.site(machine);
    machine.add_main(Op::Subdir { tree, path }, &site).map(Value::Dir)
}

fn file(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (tree, path) = (receiver(machine, call)?, path(machine, call)?);
    let site = call.site(machine);
    machine.add_main(Op::Subfile { tree, path }, &site).map(Value::File)
}

/// Copies what the globs leave into an empty directory.
fn filter(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let source = receiver(machine, call)?;
    let site = call.site(machine);
    let empty = machine.add_main(Op::Empty, &site)?;
    let include = options::globs(machine, call, 1)?;
    let exclude = options::globs(machine, call, 2)?;
    let copy = Copy { source, include, exclude, ..plain_copy(empty) };
    machine.add_main(Op::Copy(Box::new(copy)), &site).map(Value::Dir)
}

fn copy(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (into, path) = (receiver(machine, call)?, path(machine, call)?);
    let copy = options::copy(machine, call, into, path)?;
    let site = call.site(machine);
    machine.add_main(Op::Copy(Box::new(copy)), &site).map(Value::Dir)
}

fn write(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (into, path) = (receiver(machine, call)?, path(machine, call)?);
    let op = options::write(machine, call, into, path)?;
    let site = call.site(machine);
    machine.add_main(op, &site).map(Value::Dir)
}

fn remove(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (from, path) = (receiver(machine, call)?, path(machine, call)?);
    let site = call.site(machine);
    machine.add_main(Op::Remove { from, path }, &site).map(Value::Dir)
}

fn merge(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let into = receiver(machine, call)?;
    let (source, _) = tree_of(machine, call, call.arg(1)?)?;
    let site = call.site(machine);
    let copy = Copy { source, ..plain_copy(into) };
    machine.add_main(Op::Copy(Box::new(copy)), &site).map(Value::Dir)
}

fn contents(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let file = receiver(machine, call)?;
    if let Some(text) = machine.written_text(file) {
        return Ok(Value::Text(text));
    }
    let site = call.site(machine);
    let output = machine.add_main(Op::Contents { file }, &site)?;
    Ok(symbolic(output, &Type::String))
}

fn lines(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let text = contents(machine, call)?;
    let site = call.site(machine);
    machine.apply("String.lines", &[&text], call.ty, &site)
}

fn glob(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (pattern, site) = (call.arg(1)?.clone(), call.site(machine));
    let pattern = machine.arg(&pattern, &site)?;
    inspect(machine, call, Inspection::Glob(pattern))
}

fn inspect(machine: &mut Machine, call: &Call<'_>, what: Inspection) -> Result<Value> {
    let of = receiver(machine, call)?;
    let site = call.site(machine);
    let output = machine.add_main(Op::Inspect { of, what }, &site)?;
    Ok(symbolic(output, call.ty))
}

fn diff(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let from = receiver(machine, call)?;
    let (to, _) = tree_of(machine, call, call.arg(1)?)?;
    let site = call.site(machine);
    machine.add_main(Op::Difference { from, to }, &site).map(Value::Dir)
}

fn pack(machine: &mut Machine, call: &Call<'_>, form: PackForm) -> Result<Value> {
    let tree = receiver(machine, call)?;
    let site = call.site(machine);
    machine.add_main(Op::Pack { tree, form }, &site).map(Value::File)
}

fn unpack(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (file, root) = (receiver(machine, call)?, call.bool(machine, 1)?);
    let site = call.site(machine);
    machine.add_main(Op::Unpack { file, root }, &site).map(Value::Dir)
}

impl Machine {
    /// The text of a file that the program itself wrote, when it is known.
    fn written_text(&self, file: Output) -> Option<std::sync::Arc<str>> {
        let Op::Subfile { tree, path: Arg::Const(path) } = &self.graph.get(file.node)?.op else {
            return None;
        };
        let path = relative(path.as_text()?)?;
        let mut tree = *tree;
        // Whatever else is put on top of it may have changed it.
        while let Op::Write { into, path: Arg::Const(written), text, .. } = &self.graph.get(tree.node)?.op {
            let written = relative(written.as_text()?)?;
            if written == path {
                return match text {
                    Arg::Const(text) => text.as_text().map(Into::into),
                    Arg::Output(_) => None,
                };
            }
            tree = *into;
        }
        None
    }
}
