//! A whole file.

use crate::arguments::Arguments;
use crate::error::{Error, Result, Span};
use crate::instruction::{Argument, Instruction};
use crate::word::Word;

/// What a Dockerfile says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// Arguments before the first stage: what `FROM` may use.
    pub arguments: Vec<Argument>,
    /// Its stages, in order; one at least.
    pub stages: Vec<Stage>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What it begins with.
    pub from: From,
    /// What is done then, in order.
    pub instructions: Vec<Instruction>,
}

/// `FROM [--platform=…] image [AS name]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    /// All of it.
    pub span: Span,
    /// `--platform`.
    pub platform: Option<Word>,
    /// An image, an earlier stage, or `scratch`.
    pub image: Word,
    /// What the stage is called, in small letters.
    pub name: Option<String>,
}

impl From {
    pub(crate) fn read(arguments: &Arguments<'_>, span: Span) -> Result<From> {
        let mut platform = None;
        for flag in &arguments.flags {
            match flag.name.as_str() {
                "platform" => platform = Some(arguments.word(flag.required()?, flag.span)?),
                _ => return Err(flag.unknown("FROM")),
            }
        }
        let words = arguments.split();
        let (image, name) = match words.as_slice() {
            [image] => (image, None),
            [image, keyword, name] if keyword.text.eq_ignore_ascii_case("as") => (image, Some(name)),
            _ => {
                let message = "`FROM` needs an image, and perhaps a name: `FROM image AS name`";
                return Err(Error::new(span, message));
            }
        };
        let name = name.map(|name| {
            let lower = name.text.to_ascii_lowercase();
            let good = lower.starts_with(|c: char| c.is_ascii_lowercase())
                && lower.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c));
            let bad = || Error::new(name.span, format!("`{}` is no name of a stage: that is letters, digits, `-`, `_` and `.`, a letter first", name.text));
            good.then_some(lower).ok_or_else(bad)
        });
        Ok(From { span, platform, image: arguments.word(&image.text, image.span)?, name: name.transpose()? })
    }
}
