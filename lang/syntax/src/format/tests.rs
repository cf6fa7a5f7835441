//! Laws of the formatter on random programs.
#![allow(clippy::unwrap_used)]

use super::{format, format_range};
use crate::token::TokenKind;
use crate::{Span, lexer, parse, same_program, testing};
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
    if seed % 8 == 1 {
        range_laws(seed, &text, &once);
    }
    if seed.is_multiple_of(8) {
        assert!(format(&text.replace('\n', "\r\n")).unwrap() == once, "seed {seed} with other line ends");
    }
}

/// Formatting some items is a step on the way to the form of the whole, and leaves the others as they are.
#[track_caller]
fn range_laws(seed: u64, text: &str, whole: &str) {
    let mut ends = [7919, 104_729].map(|prime| seed.wrapping_mul(prime) as usize % (text.len() + 1));
    ends.sort_unstable();
    let mut edited = text.to_owned();
    let parts = format_range(text, Span::new(ends[0], ends[1])).unwrap();
    for part in parts.iter().rev() {
        edited.replace_range(part.span.range(), &part.text);
    }
    let then = format(&edited).unwrap();
    assert!(then == whole, "seed {seed}, {ends:?}:\n{text}\n--- came to\n{edited}\n--- then\n{then}");
    let all = format_range(text, Span::new(0, text.len())).unwrap();
    let [all] = all.as_slice() else { panic!("seed {seed}: {all:?}") };
    assert!(all.text == whole.trim_end(), "seed {seed}: {}", all.text);
}

/// A comment in whatever place, behind something or on a line of its own, is kept.
#[test]
fn comments_in_every_place() {
    let (mut places, mut refused) = (0, 0);
    for (name, text) in crate::tests::PROGRAMS {
        let items = parse(text).module.items;
        for item in &items {
            let item = &text[item.offset as usize..(item.offset + item.len) as usize];
            let tokens = lexer::lex(item, 0..item.len()).tokens;
            let gaps = tokens.iter().map(|token| token.start as usize).chain([item.len()]);
            let comments = [" # c\n", "\n# c\n", "\n\n  ## c\n# d\n", " ## c\n# d\n"];
            for (i, at) in gaps.enumerate() {
                for comment in [comments[i % 4], comments[(i + 2) % 4]] {
                    let text = format!("{}{comment}{}", &item[..at], &item[at..]);
                    let before = parse(&text);
                    if !before.errors.is_empty() {
                        // A line may not end there.
                        refused += 1;
                        continue;
                    }
                    places += 1;
                    let once = format(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
                    let count = |text: &str| text.matches("# c").count() + text.matches("# d").count();
                    assert_eq!(count(&once), count(&text), "{name}:\n{text}\n---\n{once}");
                    assert_eq!(format(&once).as_ref(), Ok(&once), "{name} is not finished:\n{text}");
                }
            }
        }
    }
    assert!(places > 3_000 && refused > 500, "{places} {refused}");
}

/// A generator that leaves something out would make the laws weaker than they look.
#[test]
fn generated_programs_have_everything_that_trees_have() {
    const TREES: [&str; 5] = [
        include_str!("../ast/expr.rs"),
        include_str!("../ast/item.rs"),
        include_str!("../ast/literal.rs"),
        include_str!("../ast/pattern.rs"),
        include_str!("../ast/ty.rs"),
    ];
    let shown: String =
        (0..400).map(|seed| format!("{:?}\n", parse(&testing::program(seed)).module.items)).collect();
    let mut kinds = 0;
    for tree in TREES {
        // A hole that is refused is an error.
        for list in tree.split("pub enum ").skip(1).filter(|list| !list.starts_with("HoleRefusal")) {
            let list = list.split("\n}").next().unwrap();
            let names = list.lines().skip(1).filter_map(|line| line.strip_prefix("    "));
            for name in names.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase())) {
                let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
                kinds += 1;
                let there = [" ", "(", "[", "\"", ":"]
                    .iter()
                    .any(|before| shown.contains(&format!("{before}{name}")));
                assert!(
                    there || ["Error", "Bad", "Refused"].contains(&name),
                    "no generated program has a {name}"
                );
            }
        }
    }
    assert!(kinds > 80, "{kinds}");
    for word in
        ["action: true", "public: true", "rest: true", "optional: true", "negative: true", "triple: true"]
    {
        assert!(shown.contains(word), "no generated program has {word}");
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
