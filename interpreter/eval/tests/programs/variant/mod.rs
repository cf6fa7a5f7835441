//! Other ways to write a program: with other names, items in another order, other line ends, other values.
//!
//! **What they are good for.** Whatever holds for a program holds for those with the same meaning: they check, and evaluate to the
//! same graph. With other values they still check. Equal seeds give equal programs. Also used by the end-to-end tests of the command.

mod breaks;
mod names;
mod order;
mod random;
mod values;

use std::collections::BTreeMap;
use std::ops::Range;

use pipe_syntax::parse;

use names::Walk;
use random::Random;

/// A program written in another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) text: String,
    /// What functions, params and `let` items are called now, by what they were called.
    pub(crate) names: BTreeMap<String, String>,
}

/// What of a program may be other, besides its layout, the order of its items and the names that only it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Freedom {
    /// Public functions and values may be called something else.
    pub(crate) public_names: bool,
    /// Values may be others, so that it no longer means the same.
    pub(crate) values: bool,
}

/// The program in another way, one a seed.
pub(crate) fn variant(text: &str, freedom: Freedom, seed: u64) -> Variant {
    let mut random = Random::new(seed);
    let module = parse(text).module;
    let Walk { names, mut edits, opaque, literals } = Walk::over(&module, freedom.public_names, &mut random);
    if freedom.values {
        edits.extend(values::others(text, &literals, &mut random));
    }
    edits.extend(breaks::others(text, &opaque, &mut random));
    // The order last: what was edited is where it was until then.
    Variant { text: order::another(&edited(text, edits), &mut random), names }
}

/// A place of a text and what stands there instead.
type Edit = (Range<usize>, String);

fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (range, new) in edits {
        out.push_str(&text[done..range.start]);
        out.push_str(&new);
        done = range.end;
    }
    out + &text[done..]
}
