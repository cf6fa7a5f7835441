//! With the source around it, by ariadne.

use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::{Debug, Display};
use std::sync::Arc;

use ariadne::{Cache, Color, Config, IndexType, Label, Report, ReportKind, Source};

use super::{excerpt, visible};
use crate::{Diagnostic, FileSpan, Severity, Sources};

/// A place as ariadne wants it.
type Span = (Arc<str>, std::ops::Range<usize>);

/// Diagnostics for people. The lines of a file are looked for once, however many mistakes it has.
#[derive(Debug)]
pub struct Full<'a> {
    sources: &'a Sources,
    color: bool,
    shown: Shown<'a>,
}

impl<'a> Full<'a> {
    /// With the texts that places are in.
    pub fn new(sources: &'a Sources, color: bool) -> Full<'a> {
        Full { sources, color, shown: Shown { sources, files: HashMap::new() } }
    }

    /// A diagnostic as several lines with a line end.
    pub fn text(&mut self, diagnostic: &Diagnostic) -> String {
        if excerpt::needed(diagnostic, self.sources) {
            return excerpt::excerpt(diagnostic, self.sources);
        }
        let mut bytes = Vec::new();
        // Writing to memory cannot fail; should it, the one-line form says the same.
        match report(diagnostic, self.sources, self.color).write(&mut self.shown, &mut bytes) {
            Ok(()) => trimmed(&String::from_utf8_lossy(&bytes)),
            Err(_) => super::short(diagnostic, self.sources),
        }
    }
}

/// One diagnostic for people: [`Full`].
pub fn full(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    Full::new(sources, color).text(diagnostic)
}

/// The files that were shown.
#[derive(Debug)]
struct Shown<'a> {
    sources: &'a Sources,
    files: HashMap<Arc<str>, Source<Cow<'a, str>>>,
}

impl<'a> Cache<Arc<str>> for Shown<'a> {
    type Storage = Cow<'a, str>;

    fn fetch(&mut self, file: &Arc<str>) -> Result<&Source<Cow<'a, str>>, impl Debug> {
        let read = || Source::from(visible::source(self.sources.text(file)));
        Ok::<_, Infallible>(self.files.entry(file.clone()).or_insert_with(read))
    }

    fn display<'b>(&self, file: &'b Arc<str>) -> Option<impl Display + 'b> {
        Some(visible::line(file))
    }
}

fn report(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> Report<'static, Span> {
    // A file that is not at hand cannot be shown around a label.
    let labels = || diagnostic.labels.iter().filter(|other| !sources.text(&other.place.file).is_empty());
    // Of a place in another file ariadne tells line and column right only when it is given in characters.
    let in_chars = labels().any(|other| other.place.file != diagnostic.primary.place.file);
    let span = |place: &FileSpan| -> Span {
        let range = sources.range(place);
        let chars =
            |at: usize| sources.text(&place.file).get(..at).map_or(at, |before| before.chars().count());
        (place.file.clone(), if in_chars { chars(range.start)..chars(range.end) } else { range })
    };
    let (kind, paint) = match diagnostic.severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
        Severity::Info => (ReportKind::Advice, Color::Blue),
    };
    let config = Config::default().with_color(color).with_index_type(if in_chars {
        IndexType::Char
    } else {
        IndexType::Byte
    });
    let mut report = Report::build(kind, span(&diagnostic.primary.place))
        .with_config(config)
        .with_code(diagnostic.code)
        .with_message(visible::text(&diagnostic.message));
    report
        .add_label(label(span(&diagnostic.primary.place), &diagnostic.primary.text, paint).with_priority(1));
    for other in labels() {
        report.add_label(label(span(&other.place), &other.text, Color::Cyan));
    }
    if let Some(help) = &diagnostic.help {
        report.set_help(visible::text(help));
    }
    for fix in &diagnostic.fixes {
        let how = if fix.automatic { " (`pipe check --fix` does it)" } else { "" };
        report.add_note(format!("fix: {}{how}", visible::text(&fix.title)));
    }
    report.finish()
}

fn label(span: Span, text: &str, color: Color) -> Label<Span> {
    // A place without a text would not be marked at all.
    let text = if text.is_empty() { "here" } else { text };
    Label::new(span).with_color(color).with_message(visible::text(text))
}

/// Without white space at line ends.
fn trimmed(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::tests::{example, wild};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_source_is_shown_around_it() {
        let (sources, diagnostic) = example();
        insta::assert_snapshot!(full(&diagnostic, &sources, false));
    }

    #[test]
    fn colors_are_a_choice() {
        let (sources, diagnostic) = example();
        assert!(full(&diagnostic, &sources, true).contains('\u{1b}'));
        assert!(!full(&diagnostic, &sources, false).contains('\u{1b}'));
    }

    #[test]
    fn a_place_in_another_file_has_its_line_and_column() {
        let mut sources = Sources::default();
        sources.insert("a".into(), "# é…\nlet x = “1”\n".into());
        sources.insert("b".into(), "# ……\n# ……\nfn first() { 1 }\nfn second() { 2 }\n".into());
        let at = |file: &str, part: &str| {
            let start = sources.text(file).find(part).unwrap() as u32;
            FileSpan { file: file.into(), start, end: start + part.len() as u32 }
        };
        let diagnostic =
            Diagnostic::error("x", "wrong", at("a", "“1”")).label(at("b", "second"), "declared here");
        let text = full(&diagnostic, &sources, false);
        assert!(text.contains("[ a:2:9 ]") && text.contains("[ b:4:4 ]"), "{text}");
        assert!(text.contains(" 4 │ fn second() { 2 }\n   │    ───┬──"), "{text}");
    }

    #[test]
    fn nothing_acts_on_a_terminal() {
        let mut sources = Sources::default();
        sources.insert("f\u{1b}".into(), "let a\u{1b}[2J = \u{202e}1\n".into());
        let place = FileSpan { file: "f\u{1b}".into(), start: 4, end: 5 };
        let diagnostic = Diagnostic::error("x", "a\u{1b}[31mb", place.clone()).role("r\u{7}").help("h\u{9b}");
        let text = full(&diagnostic.fix("t\u{8}", place, ""), &sources, false);
        assert!(!text.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{text:?}");
        assert!(text.contains("let a?[2J"), "{text}");
    }

    proptest! {
        #[test]
        fn any_place_can_be_shown(start in 0_u32..12, end in 0_u32..12) {
            let (sources, diagnostic) = wild(start, end);
            prop_assert!(full(&diagnostic, &sources, false).contains("wild"));
            prop_assert!(full(&diagnostic, &Sources::default(), false).contains("wild"));
        }
    }
}
