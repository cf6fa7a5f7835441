//! `Result`, the enum of the standard library, and what is asked of one.

use super::args::{Args, optional};
use super::{PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("Result.ok", |a| Ok(optional(success(a)?.ok().cloned()))),
    ("Result.err", |a| Ok(optional(success(a)?.err().cloned()))),
    ("Result.is_ok", |a| Ok(Datum::Bool(success(a)?.is_ok()))),
    ("Result.or_fail", or_fail),
];

/// The enum with its module.
const NAME: &str = "std/result.Result";

pub(super) fn ok(value: Datum) -> Datum {
    Datum::Variant { name: NAME.into(), variant: "Ok".into(), payload: vec![("value".into(), value)] }
}

pub(super) fn err(reason: String) -> Datum {
    let payload = vec![("error".into(), Datum::text(reason))];
    Datum::Variant { name: NAME.into(), variant: "Err".into(), payload }
}

/// What the first argument holds: a value, or an error.
fn success<'a>(args: &Args<'a>) -> Result<Result<&'a Datum, &'a Datum>, PureError> {
    let Datum::Variant { variant, payload, .. } = args.get(0)? else {
        return Err(args.wrong(0, "a result"));
    };
    match (&**variant, payload.as_slice()) {
        ("Ok", [(_, value)]) => Ok(Ok(value)),
        ("Err", [(_, error)]) => Ok(Err(error)),
        _ => Err(args.wrong(0, "a result")),
    }
}

fn or_fail(args: &Args<'_>) -> Result<Datum, PureError> {
    match success(args)? {
        Ok(value) => Ok(value.clone()),
        Err(error) => {
            let message =
                error.as_text().ok_or_else(|| args.wrong(0, "a result with a text as its error"))?;
            Err(PureError::Failed { message: message.to_owned() })
        }
    }
}
