//! Pure functions over [`Datum`]: one table for the evaluator (when every argument is known) and for the engine (when one
//! came out of a step, as [`crate::Op::Apply`]). What the language means by `+`, `trim` or `json.decode` is decided here.
//!
//! Functions are named as users write them: `String.trim`, `Path.parent`; operators by their name (`equal`, `add`); what
//! builds a compound value out of arguments that are partly known begins with `make.`.

mod access;
mod args;
mod checked;
mod decode;
mod dotenv;
mod duration;
mod encode;
mod equality;
mod error;
mod format;
mod image;
mod list;
mod make;
mod map;
mod number;
mod operators;
mod order;
mod parse;
mod path;
mod platform;
mod regexes;
mod results;
mod script;
mod shape;
mod size;
mod text;
mod text_form;
mod version;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use args::Args;

use crate::Datum;

pub use checked::check_text;
pub use duration::parse_duration;
pub use error::PureError;
pub use list::{chunk_length, slice_range};
pub use order::{is_number, order};
pub use path::{fixed_part, join_path, normalise_path};
pub use script::{MAX_SCRIPT_VALUE, MAX_SCRIPT_VALUES};
pub use shape::{EnumShape, FieldShape, RecordShape, Shape, Shapes, VariantShape};
pub use size::parse_size;
pub use text_form::{kebab_case, text_form};

/// A text that a single function would make beyond this many bytes is an error: `replace` can multiply two long texts.
pub const MAX_TEXT: usize = 64 << 20;

/// A list that a single function would make of a text beyond this many elements is an error.
pub const MAX_ITEMS: usize = 1 << 20;

/// One entry of the table.
type PureFn = fn(&Args<'_>) -> Result<Datum, PureError>;

/// The tables of each file, put together.
static TABLE: LazyLock<BTreeMap<&'static str, PureFn>> = LazyLock::new(|| {
    [
        operators::TABLE,
        equality::TABLE,
        order::TABLE,
        number::TABLE,
        parse::TABLE,
        results::TABLE,
        text_form::TABLE,
        text::TABLE,
        regexes::TABLE,
        list::TABLE,
        map::TABLE,
        path::TABLE,
        platform::TABLE,
        checked::TABLE,
        make::TABLE,
        access::TABLE,
        script::TABLE,
        format::TABLE,
        image::TABLE,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect()
});

/// What `function` gives for `args`.
///
/// # Errors
/// When the function is not in the table, is given what it does not take, or has no value for these arguments (an overflow,
/// a text that does not decode).
pub fn apply(function: &str, args: &[Datum]) -> Result<Datum, PureError> {
    let Some(run) = TABLE.get(function) else {
        return Err(PureError::Unknown { function: function.to_owned() });
    };
    run(&Args::new(function, args))
}

/// Whether the table has the function.
pub fn is_pure(function: &str) -> bool {
    TABLE.contains_key(function)
}

#[cfg(test)]
mod tests;
