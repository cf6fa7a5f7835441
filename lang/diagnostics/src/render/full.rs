//! With the source around it, by ariadne.

use ariadne::{Color, Config, IndexType, Label, Report, ReportKind};

use super::visible;
use crate::{Diagnostic, Severity, Sources};

/// A place as ariadne wants it.
type Span = (String, std::ops::Range<usize>);

/// A diagnostic for people, several lines with a line end.
pub fn full(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    let span =
        |place: &crate::FileSpan| -> Span { (visible::line(&place.file).into_owned(), sources.range(place)) };
    let (kind, paint) = match diagnostic.severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
        Severity::Info => (ReportKind::Advice, Color::Blue),
    };
    let config = Config::default().with_color(color).with_index_type(IndexType::Byte);
    let mut report = Report::build(kind, span(&diagnostic.primary.place))
        .with_config(config)
        .with_code(diagnostic.code)
        .with_message(visible::text(&diagnostic.message));
    report
        .add_label(label(span(&diagnostic.primary.place), &diagnostic.primary.text, paint).with_priority(1));
    // A file that is not at hand cannot be shown around a label.
    for other in diagnostic.labels.iter().filter(|other| !sources.text(&other.place.file).is_empty()) {
        report.add_label(label(span(&other.place), &other.text, Color::Cyan));
    }
    if let Some(help) = &diagnostic.help {
        report.set_help(visible::text(help));
    }
    for fix in &diagnostic.fixes {
        let how = if fix.automatic { " (`pipe check --fix` does it)" } else { "" };
        report.add_note(format!("fix: {}{how}", visible::text(&fix.title)));
    }
    write(&report.finish(), diagnostic, sources)
}

fn label(span: Span, text: &str, color: Color) -> Label<Span> {
    // A place without a text would not be marked at all.
    let text = if text.is_empty() { "here" } else { text };
    Label::new(span).with_color(color).with_message(visible::text(text))
}

/// The report as text, with the files that it names.
fn write(report: &Report<'_, Span>, diagnostic: &Diagnostic, sources: &Sources) -> String {
    let named =
        diagnostic.labels.iter().map(|label| &label.place.file).chain([&diagnostic.primary.place.file]);
    let texts: Vec<(String, String)> = named
        .map(|file| (visible::line(file).into_owned(), visible::source(sources.text(file)).into_owned()))
        .collect();
    let mut bytes = Vec::new();
    // Writing to memory cannot fail; should it, the one-line form says the same.
    match report.write(ariadne::sources(texts), &mut bytes) {
        Ok(()) => trimmed(&String::from_utf8_lossy(&bytes)),
        Err(_) => super::short(diagnostic, sources),
    }
}

/// Without white space at line ends.
fn trimmed(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
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
    fn nothing_acts_on_a_terminal() {
        let mut sources = Sources::default();
        sources.insert("f\u{1b}".into(), "let a\u{1b}[2J = \u{202e}1\n".into());
        let place = crate::FileSpan { file: "f\u{1b}".into(), start: 4, end: 5 };
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
