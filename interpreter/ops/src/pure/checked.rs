//! Forms of checked texts, for values that are known only now: a decoded field, a `String` used as a `Path`. The forms are those of literals,
//! which are checked by the front end, with an error inside the literal.

use pipe_literal::CheckedKind;

use super::args::Args;
use super::{PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[("check", check)];

/// The type's name, then the text; gives the text.
fn check(args: &Args<'_>) -> Result<Datum, PureError> {
    check_text(args.text(0)?, args.text(1)?)?;
    Ok(Datum::Text(args.text(1)?.clone()))
}

/// Whether a text has the form of the checked type named `kind` (`Path`, `EnvName`, …).
///
/// # Errors
/// When it has not, with what is wrong; [`PureError::Unknown`] when there is no such type.
pub fn check_text(kind: &str, text: &str) -> Result<(), PureError> {
    let kind = CheckedKind::from_name(kind)
        .ok_or_else(|| PureError::Unknown { function: format!("check {kind}") })?;
    pipe_literal::check_text(kind, text).map_err(|error| PureError::Form {
        kind: kind.with_article(),
        text: shortened(text),
        reason: error.reason,
    })
}

pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).chain(['…']).collect()
    }
}
