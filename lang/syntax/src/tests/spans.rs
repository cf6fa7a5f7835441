//! Every place lies in the text, between characters.

use crate::{Parsed, Span, parse, parse_expression};
use proptest::prelude::*;

/// Checks all places of a parsed text.
pub(super) fn check(text: &str, parsed: &Parsed) {
    let inside = |span: Span, what: &dyn std::fmt::Debug| {
        let range = span.range();
        assert!(
            range.start <= range.end && text.get(range.clone()).is_some(),
            "{range:?} of {} in {what:?}",
            text.len()
        );
    };
    for item in &parsed.module.items {
        inside(Span { start: item.offset, end: item.offset + item.len }, item);
        for span in spans_in(&format!("{:?}", item.kind)) {
            inside(span.at(item.offset), item);
        }
    }
    for trivia in &parsed.module.trivia {
        inside(trivia.span, trivia);
    }
    for error in &parsed.errors {
        check_error(&inside, error);
    }
}

fn check_error(inside: &dyn Fn(Span, &dyn std::fmt::Debug), error: &pipe_diagnostics::Diagnostic<Span>) {
    inside(error.primary.place, error);
    error.labels.iter().for_each(|l| inside(l.place, error));
    error.fixes.iter().flat_map(|f| &f.edits).for_each(|e| inside(e.place, error));
}

/// The places that a debug print names. No text in these tests looks like one.
fn spans_in(printed: &str) -> Vec<Span> {
    let number = |text: &str| text.parse::<u32>().ok();
    printed
        .match_indices("..")
        .filter_map(|(i, _)| {
            let start = printed[..i].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |j| j + 1);
            let rest = &printed[i + 2..];
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            Some(Span { start: number(&printed[start..i])?, end: number(&rest[..end])? })
        })
        .collect()
}

/// Pieces of programs, whole and torn.
const PIECES: [&str; 72] = [
    "fn ",
    "pub ",
    "action ",
    "record ",
    "enum ",
    "test ",
    "use ",
    "param ",
    "let ",
    "opaque ",
    "match ",
    "if ",
    "else ",
    "for ",
    "in ",
    "do ",
    "gate ",
    "expect ",
    "with ",
    "as ",
    "none",
    "some(",
    "x",
    "app",
    "Type",
    "A",
    "_",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ";",
    "=",
    "==",
    "=>",
    "->",
    ".",
    "?.",
    "??",
    "?",
    "|>",
    "|",
    "+",
    "-",
    "!",
    "&&",
    "..",
    "...",
    "\"",
    "\"\"\"",
    "sh\"",
    "bash\"\"\"",
    "${",
    "${{",
    "}}",
    "$",
    "\\",
    "'",
    "“",
    "é",
    "\n",
    "\n",
    "\n  ",
    "# c",
    "## d\n",
    "//",
    "5m",
    "10min",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_never_panic(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..60)) {
        let text = pieces.concat();
        check(&text, &parse(&text));
        let (_, errors) = parse_expression(&text);
        let inside = |span: Span, what: &dyn std::fmt::Debug| {
            assert!(text.get(span.range()).is_some(), "{span:?} in {what:?}");
        };
        errors.iter().for_each(|e| check_error(&inside, e));
    }

    #[test]
    fn any_text_never_panics(text in "[^0-9]{0,200}") {
        check(&text, &parse(&text));
        parse_expression(&text);
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        parse(&text);
    }

    #[test]
    fn a_piece_put_into_a_program_never_panics(
        program in 0..super::PROGRAMS.len(),
        at in any::<prop::sample::Index>(),
        piece in prop::sample::select(PIECES.to_vec()),
        cut in 0_usize..40,
    ) {
        let (_, text) = super::PROGRAMS[program];
        let at = text.floor_char_boundary(at.index(text.len()));
        let end = text.floor_char_boundary((at + cut).min(text.len())).max(at);
        let text = format!("{}{piece}{}", &text[..at], &text[end..]);
        check(&text, &parse(&text));
    }
}
