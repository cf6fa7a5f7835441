//! `--name=value` in front of what an instruction is about.

use crate::error::{Error, Result, Span};
use crate::line::Line;

/// A flag.
#[derive(Clone, Debug)]
pub(crate) struct Flag {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
    pub(crate) span: Span,
}

/// The flags that stand in a line from `at` on, and where what follows them begins.
pub(crate) fn flags(line: &Line, at: usize, escape: char) -> (Vec<Flag>, usize) {
    let mut flags = Vec::new();
    let mut at = skip_spaces(&line.text, at);
    while line.text.get(at..).is_some_and(|rest| rest.starts_with("--")) {
        let (word, end) = word(&line.text, at, escape);
        if word == "--" {
            return (flags, skip_spaces(&line.text, end));
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        flags.push(Flag { name: name.trim_start_matches("--").to_owned(), value, span: line.span(at..end) });
        at = skip_spaces(&line.text, end);
    }
    (flags, at)
}

pub(crate) fn skip_spaces(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + (rest.len() - rest.trim_start().len())
}

/// A word without its quotes and escapes, and where it ends.
fn word(text: &str, at: usize, escape: char) -> (String, usize) {
    let mut word = String::new();
    let mut quote = None;
    let rest = text.get(at..).unwrap_or_default();
    let mut chars = rest.char_indices();
    while let Some((offset, c)) = chars.next() {
        match quote {
            None if c.is_whitespace() => return (word, at + offset),
            None if c == '\'' || c == '"' => quote = Some(c),
            Some(open) if open == c => quote = None,
            _ if c == escape => word.extend(chars.next().map(|(_, c)| c)),
            _ => word.push(c),
        }
    }
    (word, text.len())
}

impl Flag {
    /// The value that it must have.
    pub(crate) fn required(&self) -> Result<&str> {
        match self.value.as_deref() {
            Some(value) if !value.is_empty() => Ok(value),
            _ => Err(Error::new(self.span, format!("`--{0}` needs a value: `--{0}=…`", self.name))),
        }
    }

    /// A truth value; without one, yes.
    pub(crate) fn bool(&self) -> Result<bool> {
        match self.value.as_deref() {
            None | Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(other) => Err(Error::new(self.span, format!("`{other}` is neither `true` nor `false`"))),
        }
    }

    /// That the instruction has no such flag.
    pub(crate) fn unknown(&self, instruction: &str) -> Error {
        Error::new(self.span, format!("`{instruction}` has no flag `--{}`", self.name))
    }
}
