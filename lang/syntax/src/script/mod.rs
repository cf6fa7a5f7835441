//! Where holes stand in the quoting of a shell.

use crate::ast::{HolePosition, HoleRefusal, Shell};

/// A piece of a script: text as the shell sees it, or a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment<'t> {
    /// Text.
    Text(&'t str),
    /// A hole.
    Hole,
}

/// Nothing is known about a place, so nothing can be inserted there.
pub(crate) const UNKNOWN: HolePosition = HolePosition::Refused(HoleRefusal::NestedScript);

/// The position of each hole.
pub fn hole_positions<'t>(
    _shell: Shell,
    fragments: impl IntoIterator<Item = Fragment<'t>>,
) -> Vec<HolePosition> {
    fragments
        .into_iter()
        .filter(|f| *f == Fragment::Hole)
        .map(|_| HolePosition::Word { glued: false })
        .collect()
}
