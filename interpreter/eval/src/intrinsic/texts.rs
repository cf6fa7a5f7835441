//! Operations of texts, paths and platforms: pure functions all.

use super::{Entry, Table};

pub(super) const TABLE: Table = &[
    ("String.len", Entry::Pure("String.len")),
    ("String.trim", Entry::Pure("String.trim")),
    ("String.trim_prefix", Entry::Pure("String.trim_prefix")),
    ("String.trim_suffix", Entry::Pure("String.trim_suffix")),
    ("String.split", Entry::Pure("String.split")),
    ("String.slice", Entry::Pure("String.slice")),
    ("String.replace", Entry::Pure("String.replace")),
    ("String.lower", Entry::Pure("String.lower")),
    ("String.upper", Entry::Pure("String.upper")),
    ("String.contains", Entry::Pure("String.contains")),
    ("String.starts_with", Entry::Pure("String.starts_with")),
    ("String.ends_with", Entry::Pure("String.ends_with")),
    ("String.matches", Entry::Pure("String.matches")),
    ("String.capture", Entry::Pure("String.capture")),
    ("String.lines", Entry::Pure("String.lines")),
    ("Path.starts_with", Entry::Pure("Path.starts_with")),
    ("Path.join", Entry::Pure("Path.join")),
];

pub(super) const FIELDS: Table = &[
    ("Path.parent", Entry::Pure("Path.parent")),
    ("Path.name", Entry::Pure("Path.name")),
    ("Path.extension", Entry::Pure("Path.extension")),
    ("Platform.os", Entry::Pure("Platform.os")),
    ("Platform.arch", Entry::Pure("Platform.arch")),
    ("Platform.variant", Entry::Pure("Platform.variant")),
];
