//! What stands after the command: targets, then flags, which are the target's or else `pipe`'s.

use std::ffi::{OsStr, OsString};

use crate::exit::CliError;

/// The words after the command, told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// Names or expressions.
    pub(crate) targets: Vec<String>,
    /// Flags of the targets, in order.
    pub(crate) given: Vec<Given>,
    /// Flags of `pipe`, with their values, to be parsed as if they stood before the targets.
    pub(crate) own: Vec<OsString>,
}

/// A parameter that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// The parameter, in snake case.
    pub(crate) name: String,
    /// What was given.
    pub(crate) value: GivenValue,
}

/// What was given for a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GivenValue {
    /// `--name text`, `--name=text`.
    Text(String),
    /// `--name` alone, for a truth value.
    On,
    /// `--no-name`.
    Off,
}

/// What is known of flags.
pub(crate) trait Flags {
    /// A parameter of the targets, by its name in snake case.
    fn parameter(&self, name: &str) -> Option<Form>;
    /// A flag of `pipe`, by its long name: whether a value follows.
    fn own_long(&self, name: &str) -> Option<bool>;
    /// A flag of `pipe`, by its letter: whether a value follows.
    fn own_short(&self, letter: char) -> Option<bool>;
}

/// How a parameter is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A truth value: alone, or with `=true`, `=false`.
    Switch,
    /// A value follows.
    Value,
}

/// The leading words that are targets. Known before the flags are, for the targets decide which flags there are.
pub(crate) fn targets(rest: &[OsString]) -> Result<Vec<String>, CliError> {
    rest.iter().take_while(|word| !is_flag(word)).map(|word| text(word)).collect()
}

fn is_flag(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-") && word.len() > 1
}

fn text(word: &OsStr) -> Result<String, CliError> {
    let shown = word.to_string_lossy();
    word.to_str().map(str::to_owned).ok_or_else(|| CliError::usage(format!("`{shown}` is not valid UTF-8")))
}

/// Tells the words apart.
///
/// # Errors
/// When a flag is neither the targets' nor `pipe`'s, or its value is missing.
pub(crate) fn split(rest: &[OsString], flags: &dyn Flags) -> Result<Words, CliError> {
    let targets = targets(rest)?;
    let mut words = Words { targets, ..Words::default() };
    let mut left = rest.iter().skip(words.targets.len()).map(OsString::as_os_str);
    while let Some(word) = left.next() {
        let written = text(word)?;
        if let Some(long) = written.strip_prefix("--").filter(|long| !long.is_empty()) {
            long_flag(long, &mut left, flags, &mut words)?;
        } else if let Some(letters) = written.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            short_flags(letters, &mut left, flags, &mut words)?;
        } else {
            return Err(CliError::usage(format!("`{written}` is not expected here"))
                .help("targets stand before all of their parameters"));
        }
    }
    Ok(words)
}

type Left<'a, 'b> = &'a mut dyn Iterator<Item = &'b OsStr>;

fn long_flag(long: &str, left: Left<'_, '_>, flags: &dyn Flags, words: &mut Words) -> Result<(), CliError> {
    let (spelled, attached) = match long.split_once('=') {
        Some((spelled, value)) => (spelled, Some(value.to_owned())),
        None => (long, None),
    };
    let name = spelled.replace('-', "_");
    if let Some(form) = flags.parameter(&name) {
        let value = match (attached, form) {
            (Some(value), _) => GivenValue::Text(value),
            (None, Form::Switch) => GivenValue::On,
            (None, Form::Value) => GivenValue::Text(text(next(left, &format!("--{spelled}"))?)?),
        };
        words.given.push(Given { name, value });
        return Ok(());
    }
    let switched_off = name.strip_prefix("no_").filter(|name| flags.parameter(name) == Some(Form::Switch));
    if let (Some(name), None) = (switched_off, &attached) {
        words.given.push(Given { name: name.to_owned(), value: GivenValue::Off });
        return Ok(());
    }
    match flags.own_long(spelled) {
        Some(takes_value) => {
            words.own.push(format!("--{long}").into());
            if takes_value && attached.is_none() {
                words.own.push(next(left, &format!("--{spelled}"))?.to_owned());
            }
            Ok(())
        }
        None => Err(unknown(&format!("--{spelled}"))),
    }
}

/// `-q`, `-o PATH`, `-oPATH`, `-qo PATH`: letters are never parameters of targets.
fn short_flags(
    letters: &str,
    left: Left<'_, '_>,
    flags: &dyn Flags,
    words: &mut Words,
) -> Result<(), CliError> {
    words.own.push(format!("-{letters}").into());
    for (at, letter) in letters.char_indices() {
        match flags.own_short(letter) {
            None => return Err(unknown(&format!("-{letter}"))),
            Some(false) => {}
            Some(true) => {
                if letters[at + letter.len_utf8()..].is_empty() {
                    words.own.push(next(left, &format!("-{letter}"))?.to_owned());
                }
                return Ok(());
            }
        }
    }
    Ok(())
}

fn next<'b>(left: Left<'_, 'b>, flag: &str) -> Result<&'b OsStr, CliError> {
    left.next().ok_or_else(|| CliError::usage(format!("{flag} needs a value")))
}

fn unknown(flag: &str) -> CliError {
    CliError::usage(format!("there is no flag {flag}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    struct Known;

    impl Flags for Known {
        fn parameter(&self, name: &str) -> Option<Form> {
            match name {
                "race" => Some(Form::Switch),
                "how_long" | "output" => Some(Form::Value),
                _ => None,
            }
        }

        fn own_long(&self, name: &str) -> Option<bool> {
            match name {
                "output" | "jobs" => Some(true),
                "quiet" | "race" => Some(false),
                _ => None,
            }
        }

        fn own_short(&self, letter: char) -> Option<bool> {
            match letter {
                'o' => Some(true),
                'q' => Some(false),
                _ => None,
            }
        }
    }

    fn words(line: &[&str]) -> Result<Words, String> {
        let rest: Vec<OsString> = line.iter().map(Into::into).collect();
        split(&rest, &Known).map_err(|error| match error.report {
            crate::exit::Report::Message { message, .. } => message,
            other => format!("{other:?}"),
        })
    }

    fn given(line: &[&str]) -> Vec<(String, GivenValue)> {
        words(line).unwrap().given.into_iter().map(|given| (given.name, given.value)).collect()
    }

    #[test]
    fn the_targets_own_flags_come_first() {
        let text = |text: &str| GivenValue::Text(text.to_owned());
        assert_eq!(given(&["t", "--how-long", "1s"]), [("how_long".to_owned(), text("1s"))]);
        assert_eq!(given(&["t", "--how_long=a=b"]), [("how_long".to_owned(), text("a=b"))]);
        assert_eq!(given(&["t", "--output", "mine"]), [("output".to_owned(), text("mine"))]);
        assert_eq!(given(&["t", "--race"]), [("race".to_owned(), GivenValue::On)]);
        assert_eq!(given(&["t", "--no-race"]), [("race".to_owned(), GivenValue::Off)]);
        assert_eq!(given(&["t", "--race=false"]), [("race".to_owned(), text("false"))]);
    }

    #[test]
    fn a_value_may_look_like_a_flag() {
        assert_eq!(
            given(&["t", "--how-long", "--race"]),
            [("how_long".to_owned(), GivenValue::Text("--race".to_owned()))]
        );
        assert_eq!(
            given(&["t", "--how-long", ""]),
            [("how_long".to_owned(), GivenValue::Text(String::new()))]
        );
    }

    #[test]
    fn other_flags_are_pipes() {
        let words =
            words(&["a", "b", "--jobs", "3", "-q", "-o", "x", "-ox", "--jobs=4", "-qo", "y"]).unwrap();
        assert_eq!(words.targets, ["a", "b"]);
        assert_eq!(words.own, ["--jobs", "3", "-q", "-o", "x", "-ox", "--jobs=4", "-qo", "y"]);
    }

    #[test]
    fn what_cannot_be_is_said() {
        assert_eq!(words(&["t", "--nothing"]).unwrap_err(), "there is no flag --nothing");
        assert_eq!(words(&["t", "-z"]).unwrap_err(), "there is no flag -z");
        assert_eq!(words(&["t", "--how-long"]).unwrap_err(), "--how-long needs a value");
        assert_eq!(words(&["t", "--jobs"]).unwrap_err(), "--jobs needs a value");
        assert_eq!(words(&["t", "-q", "u"]).unwrap_err(), "`u` is not expected here");
        assert_eq!(words(&["t", "--no-how-long"]).unwrap_err(), "there is no flag --no-how-long");
        assert_eq!(words(&["t", "--"]).unwrap_err(), "there is no flag --");
    }
}
