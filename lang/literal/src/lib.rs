//! The forms of checked texts: one file a kind.
//!
//! **Invariant.** Pure text: knows no program, no place in one, no I/O. The one implementation of each form, for the checker, which looks
//! at literals, and for the run time, which looks at texts that are known only then.
//!
//! A literal with holes is checked as far as its fixed text goes: each hole stands as one [`HOLE`], which fits wherever a
//! letter does.

mod env_name;
mod git_ref;
mod glob;
mod image_ref;
mod kind;
mod mode;
mod number;
mod path;
mod platform;
mod regex;
mod url;
mod version;

use std::ops::Range;

pub use crate::kind::CheckedKind;
pub use crate::number::{check_percent, check_port};
pub use crate::regex::MAX_PROGRAM as MAX_REGEX;

/// The platforms that images exist for.
pub fn platforms() -> &'static [&'static str] {
    platform::PLATFORMS
}

/// Stands for a hole. It is no text: a literal that holds it as a character is refused.
pub const HOLE: char = '\0';

/// What is wrong in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiteralError {
    /// Where, in bytes of the text; all of it when it is empty.
    pub range: Range<usize>,
    /// What the text is not: `a version`; nothing when the reason says that.
    pub form: Option<&'static str>,
    /// Why, on one line.
    pub reason: String,
    /// What to do.
    pub help: Option<String>,
    /// The text that should stand at `range`.
    pub replacement: Option<String>,
}

impl LiteralError {
    /// With a reason that stands alone.
    pub fn new(range: Range<usize>, reason: impl Into<String>) -> LiteralError {
        LiteralError { range, form: None, reason: reason.into(), help: None, replacement: None }
    }

    /// What the text is not, and why.
    fn not(form: &'static str, range: Range<usize>, reason: impl Into<String>) -> LiteralError {
        LiteralError { form: Some(form), ..LiteralError::new(range, reason) }
    }

    /// One line that stands alone.
    pub fn message(&self) -> String {
        match self.form {
            Some(form) => format!("not {form}: {}", self.reason),
            None => self.reason.clone(),
        }
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

/// Checks a literal of a program. Each of its holes stands as one [`HOLE`]. A port and a percentage are numbers: as texts they are refused.
///
/// # Errors
/// When it has not the form of its kind, whatever the holes are.
pub fn check_literal(kind: CheckedKind, text: &str) -> Result<(), LiteralError> {
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

/// Checks a text that is known as a whole. A port and a percentage are their digits.
///
/// # Errors
/// When it has not the form of its kind.
pub fn check_text(kind: CheckedKind, text: &str) -> Result<(), LiteralError> {
    if let Some(at) = text.find(HOLE) {
        return Err(LiteralError::new(at..at + 1, format!("{} cannot stand in it", shown(HOLE))));
    }
    match kind {
        CheckedKind::Port => number::digits(text, check_port),
        CheckedKind::Percent => number::digits(text, check_percent),
        _ => check_literal(kind, text),
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
