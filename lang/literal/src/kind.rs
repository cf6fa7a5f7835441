//! The kinds of checked texts.

use std::fmt::{self, Display, Formatter};

/// Texts whose form is checked where they are written as literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum CheckedKind {
    ImageRef,
    Platform,
    Path,
    Glob,
    Regex,
    Url,
    GitRef,
    Version,
    Port,
    Percent,
    Mode,
    EnvName,
}

impl CheckedKind {
    /// Every kind, in the order of the reference.
    pub const ALL: [CheckedKind; 12] = [
        CheckedKind::ImageRef,
        CheckedKind::Platform,
        CheckedKind::Path,
        CheckedKind::Glob,
        CheckedKind::Regex,
        CheckedKind::Url,
        CheckedKind::GitRef,
        CheckedKind::Version,
        CheckedKind::Port,
        CheckedKind::Percent,
        CheckedKind::Mode,
        CheckedKind::EnvName,
    ];

    /// Its name in the language.
    pub fn name(self) -> &'static str {
        match self {
            CheckedKind::ImageRef => "ImageRef",
            CheckedKind::Platform => "Platform",
            CheckedKind::Path => "Path",
            CheckedKind::Glob => "Glob",
            CheckedKind::Regex => "Regex",
            CheckedKind::Url => "Url",
            CheckedKind::GitRef => "GitRef",
            CheckedKind::Version => "Version",
            CheckedKind::Port => "Port",
            CheckedKind::Percent => "Percent",
            CheckedKind::Mode => "Mode",
            CheckedKind::EnvName => "EnvName",
        }
    }

    /// Its name with an article, in code quotes.
    pub fn with_article(self) -> String {
        let article = if self.name().starts_with(['E', 'I']) { "an" } else { "a" };
        format!("{article} `{}`", self.name())
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<CheckedKind> {
        CheckedKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Display for CheckedKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
