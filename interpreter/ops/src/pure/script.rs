//! Values inserted into scripts: they travel in a step's environment, which has limits.

use super::args::Args;
use super::{PureError, PureFn, text_form};
use crate::Datum;

/// A value inserted into a script has at most this many bytes. Linux takes 128 KiB for one variable with its name.
pub const MAX_SCRIPT_VALUE: usize = 100 << 10;

/// All values inserted into one script have at most this many bytes.
pub const MAX_SCRIPT_VALUES: usize = 1 << 20;

pub(super) const TABLE: &[(&str, PureFn)] = &[("script_value", script_value)];

/// The text form of the first argument, if it can travel in an environment: without NUL, not too long, nor too long together with
/// the other arguments, which are the script's other values.
fn script_value(args: &Args<'_>) -> Result<Datum, PureError> {
    let text = text_form(args.get(0)?)?;
    let refuse = |what: String| PureError::ScriptValue {
        reason: format!("{what}: put it into a file with `.write(path, text)`, or give it on `stdin:`"),
    };
    if text.contains('\0') {
        return Err(refuse("a value with a NUL character cannot be inserted into a script".to_owned()));
    }
    if text.len() > MAX_SCRIPT_VALUE {
        let kib = text.len().div_ceil(1024);
        return Err(refuse(format!("a value of {kib} KiB is too long for a script, which takes 100 KiB")));
    }
    let mut total = text.len();
    for other in args.all().iter().skip(1) {
        total = total.saturating_add(text_form(other)?.len());
    }
    if total > MAX_SCRIPT_VALUES {
        let kib = total.div_ceil(1024);
        return Err(refuse(format!(
            "the values of this script have {kib} KiB together, and it takes 1024 KiB"
        )));
    }
    Ok(Datum::text(text))
}
