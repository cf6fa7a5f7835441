//! No program makes the checker panic, run for ever, or grow without bound.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use pipe_analysis::{Analysis, MemorySystem, PackageRoot};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;
use support::{Again, check_one, files_below, repository};

/// Every program of the tests.
fn corpus() -> Vec<String> {
    let mut texts = Vec::new();
    for folder in ["lang/syntax/tests/programs", "tests/lang/bad"] {
        for file in files_below(&repository().join(folder), "pipe") {
            texts.push(std::fs::read_to_string(file).unwrap());
        }
    }
    for file in files_below(&repository().join("tests/lang"), "md") {
        let markdown = std::fs::read_to_string(file).unwrap();
        texts.extend(support::cases(&markdown).into_iter().flat_map(|case| case.files).map(|file| file.text));
    }
    texts
}

/// Words of a text with the white space behind them, and single signs.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let kind = |c: char| (c.is_alphanumeric() || c == '_', c.is_whitespace());
    let mut last = None;
    for (at, c) in text.char_indices() {
        let same = last.is_some_and(|last: char| {
            kind(last) == kind(c) && (c.is_alphanumeric() || c == '_' || c.is_whitespace())
        });
        if !same && at > start {
            words.push(&text[start..at]);
            start = at;
        }
        last = Some(c);
    }
    words.push(&text[start..]);
    words
}

#[test]
fn any_one_word_can_be_missing() {
    // One checker for all: edits of one file, as in an editor.
    let mut checker = Again::new();
    for text in corpus() {
        let words = words(&text);
        let step = (words.len() / 25).max(1);
        for missing in (0..words.len()).step_by(step) {
            let without: String =
                words.iter().enumerate().filter(|(i, _)| *i != missing).map(|(_, word)| *word).collect();
            checker.check(&without);
        }
    }
}

#[test]
fn long_chains_and_deep_nests() {
    let chain =
        |n: usize, link: &str| format!("pub fn f(c: Container) -> Container {{ c{} }}", link.repeat(n));
    let nest = |n: usize, open: &str, close: &str| {
        format!("pub fn f() -> Int {{ {}1{} }}", open.repeat(n), close.repeat(n))
    };
    for n in [100, 400, 600, 20_000] {
        check_one(&chain(n, ".env(\"A\", \"b\")"));
        check_one(&nest(n, "(", ")"));
        check_one(&nest(n, "[", "]"));
        check_one(&nest(n, "-", ""));
        check_one(&nest(n, "1 + ", ""));
        check_one(&nest(n, "if true { ", " } else { 2 }"));
        check_one(&nest(n, "match 1 { _ => ", " }"));
        check_one(&nest(n, "\"${", "}\""));
        check_one(&nest(n, "some(", ")"));
        check_one(&format!("fn f(a: {}Int{}) -> Int {{ 1 }}", "List[".repeat(n), "]".repeat(n)));
        check_one(&format!(
            "fn f(x: Int) -> Int {{ match x {{ {}1{} => 2, _ => 3 }} }}",
            "some(".repeat(n),
            ")".repeat(n)
        ));
    }
}

#[test]
fn long_chains_are_checked() {
    let program = |start: &str, link: &str, ty: &str, n: usize| {
        let text = start.to_owned() + &link.repeat(n);
        format!(
            "record R {{ n: Int = 1 }}
fn next(c: Container, name: String = \"A\") -> Container {{ c.env(name, \"b\") }}
pub fn f(c: Container, r: R) -> {ty} {{ {text} }}
pub fn g(c: Container, r: R) -> Container {{ next(c).label(\"r\", \"${{r.n}}\") }}
"
        )
    };
    for (start, link, ty) in [
        ("c", ".env(\"A\", \"b\")", "Container"),
        ("c", ".run(sh\"true\")", "Container"),
        ("c", "\n    .run([\"true\"])", "Container"),
        ("c", " |> next()", "Container"),
        ("c", " |> next(\"C\")", "Container"),
        ("r", ".with(n: 2)", "R"),
        ("1", " + 1", "Int"),
        ("1", " - 1 * 2", "Int"),
        ("[1]", " + [2]", "List[Int]"),
        ("\"a\"", " + \"b\"", "String"),
        ("true", " && true", "Bool"),
        ("some(\"a\")", "?.trim()", "String?"),
    ] {
        assert_eq!(check_one(&program(start, link, ty, 2_000)), [], "{link}");
        let found = check_one(&program(start, link, ty, 20_000));
        assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), ["too-deep"], "{link}");
    }
    // The longest that there may be.
    assert_eq!(check_one(&program("1", " + 1", "Int", 9_900)), []);
    assert_eq!(check_one(&program("c", ".env(\"A\", \"b\")", "Container", 4_900)), []);
    assert_eq!(check_one(&program("c", " |> next()", "Container", 4_900)), []);
}

#[test]
fn many_items_that_need_each_other() {
    let chain: String = (0..3_000).map(|n| format!("fn f{n}() -> Int {{ f{}() }}\n", n + 1)).collect();
    assert_eq!(check_one(&chain).len(), 1, "only the last name is unknown");
    let ring: String =
        (0..2_000).map(|n| format!("fn f{n}() -> Int {{ f{}() }}\n", (n + 1) % 2_000)).collect();
    assert_eq!(check_one(&ring).len(), 1);
    let lets: String = (0..2_000).map(|n| format!("let a{n} = a{} + 1\n", n + 1)).collect();
    check_one(&(lets + "let a2000: Int = 1\npub fn f() -> Int { a0 }\n"));
}

#[test]
fn a_match_that_explodes_ends() {
    let fields: Vec<String> = (0..16).map(|n| format!("b{n}: Bool")).collect();
    let arms: Vec<String> = (0..16)
        .map(|n| {
            let parts: Vec<&str> = (0..16).map(|m| if n == m { "true" } else { "_" }).collect();
            format!("X({}) => {n}", parts.join(", "))
        })
        .collect();
    check_one(&format!(
        "enum E {{ X({}) }}\npub fn f(e: E) -> Int {{ match e {{ {} }} }}\n",
        fields.join(", "),
        arms.join(", ")
    ));
}

#[test]
fn types_that_double_end() {
    let body: String = (1..60).map(|n| format!("  let a{n} = (a{}, a{})\n", n - 1, n - 1)).collect();
    let found = check_one(&format!("pub fn f() -> Int {{\n  let a0 = 1\n{body}  1\n}}\n"));
    assert!(found.iter().any(|diagnostic| diagnostic.code == "type-too-large"), "{found:#?}");
    let body: String =
        (1..60).map(|n| format!("  let a{n} = [a{}, a{}].zip([a{}])\n", n - 1, n - 1, n - 1)).collect();
    check_one(&format!("pub fn f() -> Int {{\n  let a0 = 1\n{body}  1\n}}\n"));
}

#[test]
fn manifests_are_any_text() {
    for manifest in [
        "",
        "\0",
        "[",
        "package = 1",
        "[package]\nname = {}",
        "[dependencies]\na = 1",
        "[[package]]",
        "é = \"é",
    ] {
        let system =
            MemorySystem::new().with("main.pipe", "pub fn f() -> Int { 1 }").with("pipe.toml", manifest);
        let system = Arc::new(system);
        let root = PackageRoot::discover(&*system, Path::new("/")).unwrap();
        assert!(!Analysis::new(system).check(&root, &[]).is_empty(), "{manifest:?}");
    }
}

static CORPUS: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
thread_local! {
    static CHECKER: std::cell::RefCell<Again> = std::cell::RefCell::new(Again::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_mixture_of_words(seed in proptest::collection::vec((0usize..1000, 0usize..1000), 1..60)) {
        let corpus = CORPUS.get_or_init(corpus);
        let mut text = String::new();
        for (file, word) in seed {
            let words = words(&corpus[file % corpus.len()]);
            let at = word % words.len();
            text.extend(words.iter().skip(at).take(1 + word % 9).copied());
        }
        CHECKER.with_borrow_mut(|checker| checker.check(&text));
    }

    #[test]
    fn any_expression_of_the_command_line(text in "[a-z(){}\\[\\]\".,:+?$|>=< 0-9A-Z]{0,60}") {
        let (_, analysis) = support::check(&[("main.pipe", "pub fn f(a: Int) -> Int { a }")]);
        let _ = analysis.check_expression(&text);
    }
}
