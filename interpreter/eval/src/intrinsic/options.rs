//! Arguments that several operations share: what `copy` and `write` take behind the path.

use pipe_ops::{Arg, Copy, Op, Output};

use super::Call;
use super::starts::tree_of;
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::Value;

/// Permission bits of a written file when none are given.
const WRITTEN_MODE: u32 = 0o644;

/// A list of globs.
pub(super) fn globs(machine: &Machine, call: &Call<'_>, index: usize) -> Result<Vec<String>> {
    Ok(call.texts(machine, index)?.iter().map(ToString::to_string).collect())
}

/// An optional `Mode`.
pub(super) fn mode(machine: &Machine, call: &Call<'_>, index: usize) -> Result<Option<u32>> {
    let Some(text) = call.optional_text(machine, index)? else { return Ok(None) };
    let bits = u32::from_str_radix(&text, 8).ok().filter(|bits| *bits <= 0o7777);
    let bad = || error::invalid(format!("`{text}` is not a `Mode`"), call.arg_place(index));
    bits.ok_or_else(bad).map(Some)
}

/// `copy(path, tree, owner:, mode:, include:, exclude:)`, the receiver being argument 0.
pub(super) fn copy(machine: &Machine, call: &Call<'_>, into: Output, path: Arg) -> Result<Copy> {
    let (source, is_file) = tree_of(machine, call, call.arg(2)?)?;
    let owner = call.optional_text(machine, 3)?;
    if let Some(owner) = owner.as_deref().filter(|owner| !is_numeric_owner(owner)) {
        let message = format!("`{owner}` is not an owner by number, as in 1000:1000");
        let help = "names of users are known only inside an image; use their numbers";
        return Err(error::invalid(message, call.arg_place(3)).help(help));
    }
    Ok(Copy {
        into,
        path,
        source,
        is_file,
        owner: owner.map(|owner| owner.to_string()),
        mode: mode(machine, call, 4)?,
        include: globs(machine, call, 5)?,
        exclude: globs(machine, call, 6)?,
    })
}

/// `user` or `user:group`, both numbers.
fn is_numeric_owner(owner: &str) -> bool {
    let parts: Vec<&str> = owner.split(':').collect();
    parts.len() <= 2 && parts.iter().all(|part| part.parse::<u32>().is_ok())
}

/// `write(path, text, mode:)`, the receiver being argument 0.
pub(super) fn write(machine: &mut Machine, call: &Call<'_>, into: Output, path: Arg) -> Result<Op> {
    let text: Value = call.arg(2)?.clone();
    let mode = mode(machine, call, 3)?.unwrap_or(WRITTEN_MODE);
    let site = call.site(machine);
    Ok(Op::Write { into, path, text: machine.arg(&text, &site)?, mode })
}
