//! Regular expressions, by the `regex` crate: matching takes time linear in the text.

use pipe_literal::MAX_REGEX;
use regex::{Regex, RegexBuilder};

use super::args::{Args, optional};
use super::text::listed;
use super::{MAX_TEXT, PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("String.matches", matches),
    ("String.capture", capture),
    ("String.find_all", find_all),
    ("String.replace_matches", replace_matches),
];

/// Compiles an expression within the limits.
pub(super) fn compile(pattern: &str) -> Result<Regex, PureError> {
    RegexBuilder::new(pattern).size_limit(MAX_REGEX).dfa_size_limit(2 * MAX_REGEX).build().map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        PureError::Regex { pattern: pattern.to_owned(), reason }
    })
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

/// The text of every match, from left to right.
fn find_all(args: &Args<'_>) -> Result<Datum, PureError> {
    listed(compile(args.text(1)?)?.find_iter(args.text(0)?).map(|found| found.as_str().to_owned()))
}

/// Every match replaced; `$1`, `${name}` stand for its groups, `$$` for a dollar sign.
fn replace_matches(args: &Args<'_>) -> Result<Datum, PureError> {
    let (text, expression, to) = (args.text(0)?, compile(args.text(1)?)?, args.text(2)?);
    let (mut out, mut end) = (String::new(), 0);
    for groups in expression.captures_iter(text) {
        let Some(whole) = groups.get(0) else { continue };
        out.push_str(text.get(end..whole.start()).unwrap_or_default());
        groups.expand(to, &mut out);
        end = whole.end();
        if out.len() > MAX_TEXT {
            return Err(PureError::TooLarge { limit: MAX_TEXT });
        }
    }
    out.push_str(text.get(end..).unwrap_or_default());
    Ok(Datum::text(out))
}
