//! How bad each lint is, and what becomes of the findings.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, FileSpan, Severity};

use super::allow::{Allow, Allowed};

/// What a lint that fires becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing.
    Allow,
    /// A warning.
    Warn,
    /// An error of the check. The program still runs.
    Error,
}

impl Level {
    /// The level as `pipe.toml` writes it.
    pub(crate) fn from_name(name: &str) -> Option<Level> {
        Some(match name {
            "allow" => Level::Allow,
            "warn" => Level::Warn,
            "error" => Level::Error,
            _ => return None,
        })
    }
}

/// Every lint with its level where `pipe.toml` says nothing, sorted by code.
pub fn lints() -> &'static [(&'static str, Level)] {
    LINTS
}

const LINTS: &[(&str, Level)] = &[
    ("bash-in-sh", Level::Warn),
    ("download-into-shell", Level::Warn),
    ("secret-in-env", Level::Warn),
    ("shadowing", Level::Warn),
    ("shared-volume", Level::Warn),
    ("shell-syntax", Level::Error),
    ("shell-variable", Level::Warn),
    ("stale-scan", Level::Warn),
    ("unpinned-image", Level::Warn),
    ("unreachable-arm", Level::Warn),
    ("unreachable-pub", Level::Warn),
    ("unset-variable", Level::Warn),
    ("unused-allow", Level::Warn),
    ("unused-function", Level::Warn),
    ("unused-let", Level::Warn),
    ("unused-param", Level::Warn),
    ("unused-use", Level::Warn),
    ("widens-key", Level::Warn),
];

/// The code of a lint, if it is one.
pub(crate) fn lint(code: &str) -> Option<&'static str> {
    LINTS.iter().find(|(known, _)| *known == code).map(|(known, _)| *known)
}

/// The levels that a package gives to lints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<&'static str, Level>);

impl Levels {
    pub(crate) fn set(&mut self, code: &'static str, level: Level) {
        self.0.insert(code, level);
    }

    /// The level of a lint; `None` for a code that is none.
    pub fn get(&self, code: &str) -> Option<Level> {
        let default = LINTS.iter().find(|(known, _)| *known == code)?.1;
        Some(self.0.get(code).copied().unwrap_or(default))
    }
}

/// What the package that is checked says about lints.
pub(crate) struct Opinion<'a> {
    pub(crate) levels: &'a Levels,
    /// What is allowed at its place, by file, for each file that belongs to the package. Lints of others are not its business.
    pub(crate) allows: BTreeMap<Arc<str>, &'a [Allow]>,
    /// Files with syntax errors: what would use a name, or deserve a lint, may not have been read.
    pub(crate) broken: Vec<Arc<str>>,
}

/// Gives each finding of a lint its level, leaves out what is allowed, and tells what is allowed for nothing.
pub(crate) fn judge(found: Vec<Diagnostic>, opinion: &Opinion<'_>) -> Vec<Diagnostic> {
    let mut used: Vec<(&Allow, &'static str)> = Vec::new();
    let mut judged: Vec<Diagnostic> = Vec::with_capacity(found.len());
    for mut diagnostic in found {
        let Some(level) = opinion.levels.get(diagnostic.code) else {
            judged.push(diagnostic);
            continue;
        };
        let Some(allows) = opinion.allows.get(&diagnostic.primary.place.file) else { continue };
        let start = diagnostic.primary.place.start;
        let allow = allows.iter().find(|allow| allow.covers(diagnostic.code, start));
        if let Some(allow) = allow {
            used.push((allow, diagnostic.code));
            continue;
        }
        diagnostic.severity = match level {
            Level::Allow => continue,
            Level::Warn => Severity::Warning,
            Level::Error => Severity::Error,
        };
        judged.push(diagnostic);
    }
    let severity = match opinion.levels.get("unused-allow") {
        Some(Level::Error) => Severity::Error,
        Some(Level::Warn) => Severity::Warning,
        _ => return judged,
    };
    for (file, allows) in opinion.allows.iter().filter(|(file, _)| !opinion.broken.contains(file)) {
        for allow in *allows {
            judged.extend(
                needless(file, allow, &used, opinion.levels).map(|found| Diagnostic { severity, ..found }),
            );
        }
    }
    judged
}

/// The part of a remark that allows nothing that would be said.
fn needless(
    file: &Arc<str>,
    allow: &Allow,
    used: &[(&Allow, &'static str)],
    levels: &Levels,
) -> Option<Diagnostic> {
    let in_use = |allowed: &Allowed| {
        used.iter().any(|(by, code)| *by == allow && *code == allowed.code)
            || levels.get(allowed.code) == Some(Level::Allow)
    };
    let idle: Vec<&Allowed> = allow.codes.iter().filter(|allowed| !in_use(allowed)).collect();
    let first = idle.first()?;
    let place = |span: pipe_syntax::Span| FileSpan { file: file.clone(), start: span.start, end: span.end };
    let message = format!("nothing here is reported as `{}`", first.code);
    let found = Diagnostic::warning("unused-allow", message, place(first.span));
    // With one of several codes gone the list would need its commas mended: a person does that.
    Some(if idle.len() == allow.codes.len() && allow.whole {
        found.help("remove the comment").fix("remove the comment", place(allow.removal), "")
    } else {
        found.help("take it out of the list")
    })
}
