//! Words with the values of their variables.

use crate::trim::{replaced, without_prefix, without_suffix};
use crate::word::{Modifier, ModifierKind, Part, Word};

/// Values of variables.
pub trait Variables {
    /// The value of a variable; `None` when it has none.
    fn get(&self, name: &str) -> Option<&str>;
}

impl<F: Fn(&str) -> Option<&'static str>> Variables for F {
    fn get(&self, name: &str) -> Option<&str> {
        self(name)
    }
}

impl Variables for std::collections::BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<&str> {
        std::collections::BTreeMap::get(self, name).map(String::as_str)
    }
}

/// Why a word has no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpandError {
    /// `${name:?message}` has no value.
    Required {
        /// The variable.
        name: String,
        /// What the file says about it.
        message: String,
    },
    /// It is longer than [`MAX_WORD`] bytes.
    TooLong,
}

/// A word has at most so many bytes: `//` can multiply two long texts.
pub const MAX_WORD: usize = 1 << 20;

impl std::fmt::Display for ExpandError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ExpandError::Required { name, message } if message.is_empty() => {
                write!(f, "`{name}` has no value")
            }
            ExpandError::Required { name, message } => write!(f, "`{name}` has no value: {message}"),
            ExpandError::TooLong => write!(f, "this is longer than {MAX_WORD} bytes"),
        }
    }
}

impl std::error::Error for ExpandError {}

impl Word {
    /// Its text with the values of its variables; one without a value is empty.
    ///
    /// # Errors
    /// When the word itself says so, or is too long.
    pub fn expand(&self, variables: &impl Variables) -> Result<String, ExpandError> {
        expand(&self.parts, variables)
    }
}

fn expand(parts: &[Part], variables: &impl Variables) -> Result<String, ExpandError> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Variable { name, modifier: None } => text.push_str(variables.get(name).unwrap_or_default()),
            Part::Variable { name, modifier: Some(modifier) } => {
                text.push_str(&modified(name, modifier, variables)?);
            }
        }
        if text.len() > MAX_WORD {
            return Err(ExpandError::TooLong);
        }
    }
    Ok(text)
}

fn modified(name: &str, modifier: &Modifier, variables: &impl Variables) -> Result<String, ExpandError> {
    let value = variables.get(name);
    let word = || expand(&modifier.word, variables);
    let set = |or_empty: bool| value.filter(|value| !(or_empty && value.is_empty()));
    let text = value.unwrap_or_default();
    Ok(match &modifier.kind {
        ModifierKind::Default { or_empty } => match set(*or_empty) {
            Some(value) => value.to_owned(),
            None => word()?,
        },
        ModifierKind::Alternative { or_empty } => match set(*or_empty) {
            Some(_) => word()?,
            None => String::new(),
        },
        ModifierKind::Required { or_empty } => match set(*or_empty) {
            Some(value) => value.to_owned(),
            None => return Err(ExpandError::Required { name: name.to_owned(), message: word()? }),
        },
        ModifierKind::Prefix { longest } => without_prefix(text, &word()?, *longest),
        ModifierKind::Suffix { longest } => without_suffix(text, &word()?, *longest),
        ModifierKind::Replace { all, with } => replaced(text, &word()?, &expand(with, variables)?, *all),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Span;
    use crate::word::Style;

    fn value(name: &str) -> Option<&'static str> {
        match name {
            "A" => Some("a"),
            "E" => Some(""),
            "P" => Some("/x/y.tar.gz"),
            _ => None,
        }
    }

    fn read(text: &str) -> Result<Word, String> {
        Word::read(text, Span::default(), Style { escape: '\\', quotes: true })
    }

    fn expanded(text: &str) -> String {
        match read(text) {
            Ok(word) => word.expand(&value).unwrap_or_else(|error| format!("error: {error}")),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn variables_have_their_values() {
        for (text, result) in [
            ("$A", "a"),
            ("${A}b$A-$", "aba-$"),
            ("$A_b|$NONE|", "||"),
            ("\\$A \\${A}", "$A ${A}"),
            ("'$A' \"$A\" \"\\$A \\n \\\\\"", "$A a $A \\n \\"),
            ("${A:-w} ${E:-w} ${N:-w}", "a w w"),
            ("${A-w} ${E-w} ${N-w}", "a  w"),
            ("${A:+w} ${E:+w} ${N:+w}", "w  "),
            ("${A+w} ${E+w} ${N+w}", "w w "),
            ("${N:-${E:-$A}}", "a"),
            (
                "${P##*/} ${P%.*} ${P%%.*} ${P#/} ${P/x/z} ${P//\\//_}",
                "y.tar.gz /x/y.tar /x/y x/y.tar.gz /z/y.tar.gz _x_y.tar.gz",
            ),
            ("${N?gone} ", "error: `N` has no value: gone"),
            ("${E?gone}${E:?}", "error: `E` has no value"),
            ("a\\", "a"),
            ("$1 $@", " "),
        ] {
            assert_eq!(expanded(text), result, "{text}");
        }
    }

    #[test]
    fn what_is_not_ended_is_an_error() {
        for text in
            ["'a", "\"a", "${A", "${", "${}", "${A:", "${A:-b", "${A:x}", "${A!}", "${A/b}", "\"${A:-\"}"]
        {
            assert!(read(text).is_err(), "{text}");
        }
        let deep = "${A:-".repeat(10_000);
        assert!(read(&deep).is_err());
    }
}
