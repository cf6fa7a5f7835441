//! Parts of records and tuples.

use super::args::Args;
use super::{PureError, PureFn};
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[("field", field)];

/// The field of a record, by index.
fn field(args: &Args<'_>) -> Result<Datum, PureError> {
    let index = usize::try_from(args.int(1)?).map_err(|_| args.wrong(1, "an index"))?;
    match args.get(0)? {
        Datum::Record { fields, .. } => fields.get(index).map(|(_, value)| value.clone()),
        Datum::Tuple(parts) => parts.get(index).cloned(),
        _ => return Err(args.wrong(0, "a record")),
    }
    .ok_or_else(|| args.wrong(1, "the index of a field"))
}
