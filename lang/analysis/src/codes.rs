//! The codes of all diagnostics of this crate.

/// Code and title of each diagnostic, sorted by code. Each has a page in `docs/errors`.
pub fn codes() -> &'static [(&'static str, &'static str)] {
    CODES
}

const CODES: &[(&str, &str)] = &[];
