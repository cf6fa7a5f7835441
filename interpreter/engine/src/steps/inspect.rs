//! What a tree or a file is like.

use pipe_ops::{Datum, Inspection, Output};

use super::{Inputs, OpContext, tree};
use crate::failure::Cause;
use crate::{TreeValue, Value};

pub(super) fn inspect(
    context: &OpContext,
    inputs: &Inputs,
    of: Output,
    what: &Inspection,
) -> Result<Value, Cause> {
    let store = &context.engine.store;
    Ok(Value::Datum(match what {
        Inspection::Entries => paths(store.names(&whole(inputs, of, "listed")?.tree)?)?,
        Inspection::Glob(pattern) => {
            paths(store.glob(&whole(inputs, of, "searched")?.tree, inputs.text(pattern)?)?)?
        }
        Inspection::Digest => Datum::text(match inputs.get(of)? {
            Value::File(file) => file.digest.to_string(),
            _ => whole(inputs, of, "digested")?.tree.digest.0.to_string(),
        }),
        Inspection::Size => Datum::Size(inputs.file(of)?.size),
    }))
}

/// A tree that is all there is.
pub(super) fn whole<'a>(inputs: &'a Inputs, tree: Output, what: &str) -> Result<&'a TreeValue, Cause> {
    let tree = inputs.tree(tree)?;
    if tree.is_whole() { Ok(tree) } else { Err(tree::over_base(what)) }
}

/// A `Path` is a text, which not every name is.
pub(super) fn paths(found: Vec<Vec<u8>>) -> Result<Datum, Cause> {
    let path = |bytes: Vec<u8>| {
        String::from_utf8(bytes).map(Datum::text).map_err(|error| {
            let shown = error.as_bytes().escape_ascii();
            Cause::pipeline(format!("`{shown}` is not a path in this language: it is not UTF-8"))
                .help("mount the folder into a step instead of listing it, or filter it first")
        })
    };
    found.into_iter().map(path).collect::<Result<_, _>>().map(Datum::List)
}
