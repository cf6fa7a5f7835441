//! The data of a diagnostic, generic over what a place is: crates that know only item-relative spans build
//! `Diagnostic<TheirPlace>`, and [`Diagnostic::map`] turns it into a [`FileSpan`] for rendering.

use serde::{Deserialize, Serialize};

/// A problem in a program, with where it is and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic<P = FileSpan> {
    /// Stable name in kebab case: `unknown-name`. `pipe explain` has a page for each.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One line that stands alone.
    pub message: String,
    /// Where it is: what an editor underlines. Its text says the role ("this is a `Container`"); it may be empty.
    pub primary: Label<P>,
    /// Other places that explain it.
    pub labels: Vec<Label<P>>,
    /// One line that says what to do.
    pub help: Option<String>,
    /// Edits that mend it.
    pub fixes: Vec<Fix<P>>,
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The program is refused.
    Error,
    /// Probably a mistake.
    Warning,
    /// A remark.
    Info,
}

/// A place with a text that says what it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label<P = FileSpan> {
    /// The place.
    pub place: P,
    /// The text; may be empty.
    pub text: String,
}

/// A set of edits that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fix<P = FileSpan> {
    /// What it does, in the imperative: "insert `do`".
    pub title: String,
    /// Replacements; they do not overlap.
    pub edits: Vec<Edit<P>>,
    /// Safe for `pipe check --fix`: applying it leaves no error of this kind and changes no meaning that was right.
    pub automatic: bool,
}

/// Replace the text at a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit<P = FileSpan> {
    /// What is replaced; empty to insert.
    pub place: P,
    /// The new text.
    pub text: String,
}

/// A range of bytes of a file, by the name that is shown to people.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileSpan {
    /// The file, as it is shown.
    pub file: std::sync::Arc<str>,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl<P> Diagnostic<P> {
    /// An error without labels, help or fixes; add them with the methods below.
    pub fn error(code: &'static str, message: impl Into<String>, place: P) -> Self {
        Self::new(code, Severity::Error, message, place)
    }

    /// A warning without labels, help or fixes.
    pub fn warning(code: &'static str, message: impl Into<String>, place: P) -> Self {
        Self::new(code, Severity::Warning, message, place)
    }

    fn new(code: &'static str, severity: Severity, message: impl Into<String>, place: P) -> Self {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            primary: Label { place, text: String::new() },
            labels: Vec::new(),
            help: None,
            fixes: Vec::new(),
        }
    }

    /// Says what the primary place is.
    pub fn role(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds a place that explains it.
    pub fn label(mut self, place: P, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: text.into() });
        self
    }

    /// Says what to do.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Adds a fix of one edit that `--fix` may apply.
    pub fn fix(mut self, title: impl Into<String>, place: P, text: impl Into<String>) -> Self {
        let edits = vec![Edit { place, text: text.into() }];
        self.fixes.push(Fix { title: title.into(), edits, automatic: true });
        self
    }

    /// Adds a fix that only a person should choose.
    pub fn suggestion(mut self, title: impl Into<String>, edits: Vec<Edit<P>>) -> Self {
        self.fixes.push(Fix { title: title.into(), edits, automatic: false });
        self
    }

    /// The same diagnostic with every place turned into another kind of place.
    pub fn map<Q>(self, mut place: impl FnMut(P) -> Q) -> Diagnostic<Q> {
        let mut label = |l: Label<P>| Label { place: place(l.place), text: l.text };
        let primary = label(self.primary);
        let labels = self.labels.into_iter().map(&mut label).collect();
        let fixes = self
            .fixes
            .into_iter()
            .map(|fix| Fix {
                title: fix.title,
                edits: fix.edits.into_iter().map(|e| Edit { place: place(e.place), text: e.text }).collect(),
                automatic: fix.automatic,
            })
            .collect();
        Diagnostic {
            code: self.code,
            severity: self.severity,
            message: self.message,
            primary,
            labels,
            help: self.help,
            fixes,
        }
    }
}
