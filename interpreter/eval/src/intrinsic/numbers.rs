//! Operations of numbers: pure functions all.

use super::{Entry, Table};

pub(super) const TABLE: Table = &[
    ("Int.abs", Entry::Pure("Int.abs")),
    ("Int.min", Entry::Pure("Int.min")),
    ("Int.max", Entry::Pure("Int.max")),
    ("Int.remainder", Entry::Pure("Int.remainder")),
    ("Int.to_float", Entry::Pure("Int.to_float")),
    ("Port.to_int", Entry::Pure("Port.to_int")),
    ("Percent.to_int", Entry::Pure("Percent.to_int")),
    ("Float.abs", Entry::Pure("Float.abs")),
    ("Float.round", Entry::Pure("Float.round")),
    ("Float.floor", Entry::Pure("Float.floor")),
    ("Float.ceil", Entry::Pure("Float.ceil")),
    ("range", Entry::Pure("range")),
];
