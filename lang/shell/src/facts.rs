//! What is known about a script. Places are bytes of its text.

use std::collections::BTreeSet;
use std::ops::Range;

/// What the text of a script tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The first thing that no shell can read. What stands behind it is not known.
    pub error: Option<SyntaxError>,
    /// What only bash understands.
    pub bash_only: Vec<BashOnly>,
    /// Variables that are read as if they were set: not `${x:-…}`.
    pub read: Vec<Read>,
    /// Variables that the script gives a value.
    pub set: BTreeSet<String>,
    /// Variables that are named in any way.
    pub named: BTreeSet<String>,
    /// It reads code from elsewhere (`.`, `eval`), which may set any variable.
    pub opaque: bool,
    /// The simple commands.
    pub commands: Vec<Call>,
    /// Where something that was downloaded is run at once.
    pub downloads: Vec<Range<usize>>,
}

/// What is wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// One line that stands alone.
    pub message: String,
    /// Where it is.
    pub place: Range<usize>,
}

/// A construct that shells other than bash do not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BashOnly {
    /// What it is, as it follows "…`sh` does not have".
    pub what: &'static str,
    /// Where it is.
    pub place: Range<usize>,
    /// What means the same in every shell.
    pub portable: Option<Portable>,
}

/// A text that can stand for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portable {
    /// What it replaces.
    pub place: Range<usize>,
    /// The new text.
    pub text: &'static str,
}

/// A variable that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub place: Range<usize>,
}

/// A simple command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its words, without what only says how it is run (`sudo`, `env`, `timeout`); `None` for a word that is known when it runs.
    pub words: Vec<Option<String>>,
    /// Where it is; for a command of a script inside the script, where that stands.
    pub place: Range<usize>,
}

impl Call {
    /// The words that are constant.
    pub fn texts(&self) -> impl Iterator<Item = String> + '_ {
        self.words.iter().flatten().cloned()
    }
}
