//! Regular expressions, by the `regex` crate: matching takes time linear in the text.

use regex::{Regex, RegexBuilder};

use super::args::{Args, optional};
use super::{PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[("String.matches", matches), ("String.capture", capture)];

/// A compiled expression may take this many bytes; `x{1000}{1000}` is refused instead of filling memory.
const SIZE_LIMIT: usize = 1 << 20;

/// Compiles an expression within the limits.
pub(super) fn compile(pattern: &str) -> Result<Regex, PureError> {
    RegexBuilder::new(pattern).size_limit(SIZE_LIMIT).dfa_size_limit(2 * SIZE_LIMIT).build().map_err(
        |error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            PureError::Regex { pattern: pattern.to_owned(), reason }
        },
    )
}

fn matches(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(Datum::Bool(compile(args.text(1)?)?.is_match(args.text(0)?)))
}

/// Groups of the first match, the whole match first; a group that took no part is an empty text.
fn capture(args: &Args<'_>) -> Result<Datum, PureError> {
    let found = compile(args.text(1)?)?.captures(args.text(0)?).map(|groups| {
        Datum::List(
            groups.iter().map(|group| Datum::text(group.map_or("", |group| group.as_str()))).collect(),
        )
    });
    Ok(optional(found))
}
