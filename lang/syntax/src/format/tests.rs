//! Laws of the formatter on random programs.
#![allow(clippy::unwrap_used)]

use super::format;
use crate::token::TokenKind;
use crate::{lexer, parse, same_program, testing};
use proptest::prelude::*;

/// Formatting keeps the program and its comments, and is finished after once.
#[track_caller]
fn laws(seed: u64) {
    let text = testing::program(seed);
    let parsed = parse(&text);
    assert!(parsed.errors.is_empty(), "seed {seed}: {:#?}\n{text}", parsed.errors);
    // It compares the trees and the comments itself; that it would see a difference is tested below.
    let once = format(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
    assert!(once.ends_with('\n') && !once.ends_with("\n\n"), "seed {seed}");
    let twice = format(&once).unwrap();
    assert!(once == twice, "seed {seed} is not finished:\n{once}\n--- then\n{twice}");
    if seed.is_multiple_of(8) {
        assert!(format(&text.replace('\n', "\r\n")).unwrap() == once, "seed {seed} with other line ends");
    }
}

// 5,000 programs, in parts that run side by side.

#[test]
fn generated_programs_first_part() {
    (0..1_250).for_each(laws);
}

#[test]
fn generated_programs_second_part() {
    (1_250..2_500).for_each(laws);
}

#[test]
fn generated_programs_third_part() {
    (2_500..3_750).for_each(laws);
}

#[test]
fn generated_programs_fourth_part() {
    (3_750..5_000).for_each(laws);
}

#[test]
#[ignore = "a soak for a release build"]
fn many_generated_programs() {
    (5_000..200_000).for_each(laws);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn other_programs(seed: u64) {
        laws(seed);
    }

    /// Whatever a text is, formatting it ends, and what it gives is final.
    #[test]
    fn any_text(text in "[a-z(){}\\[\\],.:=>#\"$ \n-]{0,80}") {
        if let Ok(once) = format(&text) {
            prop_assert_eq!(format(&once).unwrap(), once);
        }
    }
}

/// Equal trees would make the laws empty: every other name, number, text and operator makes another program.
#[test]
fn other_programs_are_not_the_same() {
    let (mut changed, mut comments) = (0, 0);
    for (name, text) in crate::tests::PROGRAMS {
        let module = parse(text).module;
        assert!(same_program(&module, &module), "{name}");
        let tokens = lexer::lex(text, 0..text.len()).tokens;
        for token in tokens.iter().step_by(5) {
            let (start, end) = (token.start as usize, token.end as usize);
            let other = match token.kind {
                TokenKind::Low | TokenKind::Up => format!("{}z", &text[start..end]),
                TokenKind::Number => format!("1{}", &text[start..end]),
                TokenKind::EqualEqual => "!=".to_owned(),
                TokenKind::Dot => "?.".to_owned(),
                TokenKind::String if !text[start..end].starts_with("\"\"\"") => {
                    format!("\"z{}", &text[start + 1..end])
                }
                _ => continue,
            };
            let other = parse(&format!("{}{other}{}", &text[..start], &text[end..]));
            if other.errors.is_empty() {
                changed += 1;
                assert!(!same_program(&module, &other.module), "{name}: {} at {start}", &text[start..end]);
            }
        }
        for (at, _) in text.match_indices("# ") {
            let other = parse(&format!("{}# z{}", &text[..at], &text[at + 2..]));
            comments += 1;
            assert!(!same_program(&module, &other.module), "{name}: comment at {at}");
        }
    }
    assert!(changed > 700 && comments > 80, "{changed} {comments}");
}
