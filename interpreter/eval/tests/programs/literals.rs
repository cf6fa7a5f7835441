//! Checked literals: what the checker takes in a program is taken when it is known only at run time.

use std::sync::Arc;

use pipe_analysis::typed::{CheckedKind, Type};
use pipe_analysis::{Analysis, MemorySystem};
use pipe_ops::pure::check_text;
use proptest::prelude::*;

/// What literals are put together from.
const PIECES: &[&str] = &[
    "a",
    "b",
    "A",
    "x_y",
    "1",
    "0",
    "22",
    "65536",
    "/",
    ".",
    "..",
    "-",
    "_",
    ":",
    "@",
    "~",
    "^",
    "+",
    "*",
    "**",
    "?",
    "!",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\\\\",
    " ",
    "\u{a0}",
    "\u{e9}",
    "linux",
    "amd64",
    "localhost",
    "example.com",
    "https://",
    "http://",
    "file://",
    "ssh://",
    "sha256:",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "HEAD",
    ".lock",
    "(",
    ")",
    "|",
    "{1000}",
    "%",
    "=",
    "#",
    "&",
];

fn checker() -> Analysis {
    Analysis::new(Arc::new(MemorySystem::new()))
}

/// Whether a literal of a kind with this text is taken in a program. `text` is as it stands in quotes.
fn in_program(checker: &Analysis, kind: CheckedKind, text: &str) -> bool {
    let literal = match kind {
        // Anything else would not be one literal.
        CheckedKind::Port | CheckedKind::Percent if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.to_owned()
        }
        CheckedKind::Port | CheckedKind::Percent => return false,
        _ => format!("\"{text}\""),
    };
    checker.check_value(&literal, &Type::Checked(kind)).is_ok()
}

fn at_run_time(kind: CheckedKind, text: &str) -> Result<(), String> {
    check_text(kind.name(), &text.replace("\\\\", "\\")).map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_a_program_may_say_is_taken_at_run_time(
        texts in prop::collection::vec(prop::collection::vec(prop::sample::select(PIECES), 0..6), 40),
    ) {
        let checker = checker();
        for text in texts.into_iter().map(|pieces| pieces.concat()) {
            for kind in CheckedKind::ALL {
                if in_program(&checker, kind, &text) {
                    prop_assert_eq!(at_run_time(kind, &text), Ok(()), "{} {:?}", kind.name(), text);
                }
            }
        }
    }
}

#[test]
fn at_run_time_more_is_taken() {
    // Tags of repositories, platforms that only an image knows, names of files that exist.
    let more =
        [(CheckedKind::Version, "v1.2"), (CheckedKind::Platform, "plan9/arm"), (CheckedKind::Path, "a\nb")];
    let checker = checker();
    for (kind, text) in more {
        assert!(!in_program(&checker, kind, &text.replace('\n', "\\n")), "{text:?}");
        assert_eq!(at_run_time(kind, text), Ok(()), "{text:?}");
    }
}
