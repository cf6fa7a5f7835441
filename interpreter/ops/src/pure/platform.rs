//! Fields of `Platform`: `os/arch[/variant]`.

use super::PureFn;
use super::args::optional;
use crate::Datum;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("Platform.os", |a| Ok(Datum::text(part(a.text(0)?, 0).unwrap_or_default()))),
    ("Platform.arch", |a| Ok(Datum::text(part(a.text(0)?, 1).unwrap_or_default()))),
    ("Platform.variant", |a| Ok(optional(part(a.text(0)?, 2).map(Datum::text)))),
];

fn part(platform: &str, index: usize) -> Option<&str> {
    platform.split('/').nth(index)
}
