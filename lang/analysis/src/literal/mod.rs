//! The forms of checked literals: one file a kind. Everything here is pure text.
//!
//! A literal with holes is checked as far as its fixed text goes: each hole stands as one [`HOLE`], which fits wherever a
//! letter does.

mod env_name;
mod git_ref;
mod glob;
mod image_ref;
mod mode;
mod number;
mod path;
mod platform;
mod regex;
mod url;
mod version;

use std::ops::Range;

use crate::typed::CheckedKind;

pub(crate) use number::{check_percent, check_port};

/// The platforms that images exist for.
pub fn platforms() -> &'static [&'static str] {
    platform::PLATFORMS
}

/// Stands for a hole. It is no text: a literal that holds it as a character is refused.
pub(crate) const HOLE: char = '\0';

/// What is wrong in a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiteralError {
    /// Where, in bytes of the text; the whole literal when it is empty.
    pub(crate) range: Range<usize>,
    /// One line that stands alone.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
    /// The text that should stand at `range`.
    pub(crate) replacement: Option<String>,
}

impl LiteralError {
    fn new(range: Range<usize>, message: impl Into<String>) -> LiteralError {
        LiteralError { range, message: message.into(), help: None, replacement: None }
    }

    fn help(mut self, help: impl Into<String>) -> LiteralError {
        self.help = Some(help.into());
        self
    }

    fn replace(mut self, text: impl Into<String>) -> LiteralError {
        self.replacement = Some(text.into());
        self
    }
}

/// Checks a text against the form of a kind.
pub(crate) fn check(kind: CheckedKind, text: &str) -> Result<(), LiteralError> {
    match kind {
        CheckedKind::ImageRef => image_ref::check(text),
        CheckedKind::Platform => platform::check(text),
        CheckedKind::Path => path::check(text),
        CheckedKind::Glob => glob::check(text),
        CheckedKind::Regex => regex::check(text),
        CheckedKind::Url => url::check(text),
        CheckedKind::GitRef => git_ref::check(text),
        CheckedKind::Version => version::check(text),
        CheckedKind::Port => number::quoted("port", text),
        CheckedKind::Percent => number::quoted("percentage", text),
        CheckedKind::Mode => mode::check(text),
        CheckedKind::EnvName => env_name::check(text),
    }
}

/// The code of the diagnostic for a bad literal of a kind.
pub(crate) fn code(kind: CheckedKind) -> &'static str {
    match kind {
        CheckedKind::ImageRef => "bad-image",
        CheckedKind::Platform => "bad-platform",
        CheckedKind::Path => "bad-path",
        CheckedKind::Glob => "bad-glob",
        CheckedKind::Regex => "bad-regex",
        CheckedKind::Url => "bad-url",
        CheckedKind::GitRef => "bad-git-ref",
        CheckedKind::Version => "bad-version",
        CheckedKind::Port => "bad-port",
        CheckedKind::Percent => "bad-percent",
        CheckedKind::Mode => "bad-mode",
        CheckedKind::EnvName => "bad-env-name",
    }
}

/// The first character that `allowed` refuses, with its range. Holes always fit.
fn first_refused(text: &str, allowed: impl Fn(char) -> bool) -> Option<(Range<usize>, char)> {
    let (at, c) = text.char_indices().find(|&(_, c)| c != HOLE && !allowed(c))?;
    Some((at..at + c.len_utf8(), c))
}

/// A character as it is named in a message.
fn shown(c: char) -> String {
    match c {
        ' ' => "a space".into(),
        '\n' => "a line break".into(),
        '\t' => "a tab".into(),
        c if c.is_control() => format!("the character U+{:04X}", c as u32),
        c => format!("`{c}`"),
    }
}

/// The parts of a text between separators, each with its range.
fn parts(text: &str, separator: char) -> Vec<(Range<usize>, &str)> {
    let mut start = 0;
    let mut out = Vec::new();
    for part in text.split(separator) {
        out.push((start..start + part.len(), part));
        start += part.len() + separator.len_utf8();
    }
    out
}
