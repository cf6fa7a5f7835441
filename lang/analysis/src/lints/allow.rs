//! `# pipe: allow(code)`: what is allowed at its place.

use pipe_diagnostics::Diagnostic;
use pipe_syntax::{Remark, Span, remarks};

use super::levels::{lint, lints};
use crate::codes::codes;
use crate::db::{Db, SourceFile};
use crate::nearest::with_nearest;

/// What begins a comment that speaks to this program.
const MARKER: &str = "pipe:";

/// A comment that allows lints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allow {
    pub(crate) codes: Vec<Allowed>,
    /// The code that it is about.
    pub(crate) about: Span,
    /// What to remove for it to be gone.
    pub(crate) removal: Span,
    /// All that it names are lints.
    pub(crate) whole: bool,
}

/// A lint that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) code: &'static str,
    pub(crate) span: Span,
}

impl Allow {
    /// Whether it is about a finding of a lint that begins at an offset of its file.
    pub(crate) fn covers(&self, code: &str, offset: u32) -> bool {
        let inside = self.about.start <= offset && offset < self.about.end.max(self.about.start + 1);
        inside && self.codes.iter().any(|allowed| allowed.code == code)
    }
}

/// What a file allows, and what is wrong with how it says so, at absolute places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allows {
    pub(crate) allows: Vec<Allow>,
    pub(crate) errors: Vec<Diagnostic<Span>>,
}

/// What a file allows.
#[salsa::tracked]
pub(crate) fn allows(db: &dyn Db, file: SourceFile) -> Allows {
    let text = file.text(db);
    let mut found = Allows::default();
    for remark in remarks(text, MARKER) {
        let Some(list) = list(&remark) else { continue };
        let (allowed, errors) = named(list);
        found.allows.push(Allow {
            whole: errors.is_empty(),
            codes: allowed,
            about: remark.about,
            removal: removal(text, &remark),
        });
        found.errors.extend(errors);
    }
    found
}

/// The text between the brackets of `allow(…)`, with its place.
fn list(remark: &Remark) -> Option<(&str, u32)> {
    let inner = remark.text.trim_start().strip_prefix("allow")?.trim_start().strip_prefix('(')?;
    let start = remark.text_span.end - inner.len() as u32;
    Some((inner.split(')').next().unwrap_or(inner), start))
}

fn named((list, start): (&str, u32)) -> (Vec<Allowed>, Vec<Diagnostic<Span>>) {
    let (mut allowed, mut errors) = (Vec::new(), Vec::new());
    let mut at = start;
    for part in list.split(',') {
        let name = part.trim();
        let begin = at + (part.len() - part.trim_start().len()) as u32;
        let span = Span { start: begin, end: begin + name.len() as u32 };
        at += part.len() as u32 + 1;
        match lint(name) {
            Some(code) => allowed.push(Allowed { code, span }),
            None => errors.push(unknown(name, span)),
        }
    }
    (allowed, errors)
}

/// A code that is none of a lint.
pub(crate) fn unknown<P: Clone>(name: &str, place: P) -> Diagnostic<P> {
    if codes().iter().any(|(code, _)| *code == name) {
        let message = format!("`{name}` is no lint: it has no level, and nothing allows it");
        return Diagnostic::error("unknown-lint", message, place);
    }
    let known: Vec<std::sync::Arc<str>> = lints().iter().map(|(code, _)| (*code).into()).collect();
    let found = Diagnostic::error("unknown-lint", format!("there is no lint `{name}`"), place.clone());
    let found = with_nearest(found, name, &known, place);
    if found.help.is_some() { found } else { found.help(format!("there are: {}", known.join(", "))) }
}

/// The comment with the white space before it, and with its line end when it stands alone.
fn removal(text: &str, remark: &Remark) -> Span {
    let Span { start, end } = remark.comment;
    let before = text.get(..start as usize).unwrap_or_default();
    let start = before.trim_end_matches([' ', '\t']).len() as u32;
    let behind = text.get(end as usize..).unwrap_or_default();
    let line_end = if behind.starts_with("\r\n") { 2 } else { u32::from(behind.starts_with('\n')) };
    Span { start, end: if remark.own_line { end + line_end } else { end } }
}
