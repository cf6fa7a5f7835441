//! Mistakes inside numbers, strings and scripts.

use super::{Raised, Rank};
use crate::Span;
use crate::lexer::quoted::IssueKind;
use pipe_diagnostics::{Diagnostic, Edit, Fix};

fn literal(diagnostic: Diagnostic<Span>) -> Raised {
    Raised::new(Rank::Literal, diagnostic)
}

/// A literal without an end, or with a hole without one.
pub(crate) fn unclosed(kind: IssueKind, quote: Span, triple: bool) -> Raised {
    literal(match kind {
        IssueKind::Unclosed if triple => {
            Diagnostic::error("unclosed-string", "this `\"\"\"` is never closed", quote)
                .help("close it with `\"\"\"`")
        }
        IssueKind::Unclosed => {
            Diagnostic::error("unclosed-string", "this string does not end on its line", quote)
                .help("close it with `\"`; a text of several lines stands in `\"\"\"`")
        }
        IssueKind::UnclosedHole => {
            Diagnostic::error("unclosed-hole", "a hole in this literal is never closed", quote)
        }
    })
}

/// Two literals without an end are one that goes over lines: its quotes are those places.
pub(crate) fn over_lines(report: &mut Raised, quotes: [Span; 2]) {
    let edits = quotes.map(|place| Edit { place, text: "\"\"\"".to_owned() });
    report.diagnostic.fixes.push(Fix {
        title: "begin and end it with `\"\"\"`".to_owned(),
        edits: edits.to_vec(),
        automatic: false,
    });
}

/// `${` without `}`.
pub(crate) fn unclosed_hole(place: Span, script: bool) -> Raised {
    let diagnostic = if script {
        Diagnostic::error("unclosed-hole", "this `${{` is never closed", place)
            .help("close it with `}}`; `$${{` stands for the characters")
    } else {
        Diagnostic::error("unclosed-hole", "this `${` is never closed", place)
            .help("close it with `}`; `\\$` stands for the character")
    };
    literal(diagnostic)
}

/// `${}`.
pub(crate) fn empty_hole(place: Span) -> Raised {
    literal(
        Diagnostic::error("empty-hole", "nothing is inserted here", place)
            .help("write an expression between the braces"),
    )
}

/// An escape that is none.
pub(crate) fn bad_escape(place: Span, written: &str) -> Raised {
    let diagnostic = Diagnostic::error("bad-escape", format!("`{written}` is no escape"), place)
        .help("escapes are `\\n` `\\t` `\\r` `\\\\` `\\\"` `\\$` `\\u{1F600}`");
    let doubled = written.replacen('\\', "\\\\", 1);
    literal(
        diagnostic.suggestion("write the backslash itself as `\\\\`", vec![Edit { place, text: doubled }]),
    )
}

/// `\u{…}` that is no character.
pub(crate) fn bad_code_point(place: Span, written: &str) -> Raised {
    literal(
        Diagnostic::error("bad-escape", format!("`{written}` is no character"), place)
            .help("write one to six hexadecimal digits of a Unicode character: `\\u{1F600}`"),
    )
}

/// A number with a unit that is none.
pub(crate) fn unknown_unit(place: Span, unit: &str, nearest: Option<&str>) -> Raised {
    let diagnostic = Diagnostic::error("unknown-unit", format!("`{unit}` is no unit"), place)
        .help("durations have `ms s min h d`, sizes `B kB MB GB KiB MiB GiB`");
    literal(match nearest {
        Some(nearest) => diagnostic.fix(format!("use `{nearest}`"), place, nearest),
        None => diagnostic,
    })
}

/// A number that does not fit, or whose parts do not go together.
pub(crate) fn bad_number(place: Span, message: &str) -> Raised {
    literal(Diagnostic::error("bad-number", message, place))
}
