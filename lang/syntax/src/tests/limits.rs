//! Texts that would make readers of the tree recurse without end.

use crate::ast::{ExprKind, ItemKind};
use crate::{MAX_FILE_BYTES, format, parse, parse_expression};

fn one_error(text: &str, code: &str) {
    let parsed = parse(text);
    let codes: Vec<_> = parsed.errors.iter().map(|e| e.code).collect();
    assert_eq!(codes, [code], "{}…", &text[..text.len().min(60)]);
}

#[test]
fn deep_brackets_are_one_clear_error() {
    for bracket in ["(", "[", "{", "f(", "[[", "if a {", "fn(x) => {", "match a { A => {", "(fn(x) => "] {
        let text = format!("fn f() -> Int {{ {}", bracket.repeat(100_000));
        one_error(&text, "too-deep");
    }
    let closed = format!("let a = {}1{}", "(".repeat(1_000), ")".repeat(1_000));
    one_error(&closed, "too-deep");
}

#[test]
fn long_chains_are_one_clear_error() {
    for link in [" + 1", ".f()", ".f", " ?? a", " && a", " |> f()", "(1)", "?.b"] {
        one_error(&format!("let a = a{}", link.repeat(50_000)), "too-deep");
    }
    for prefix in ["!", "-", "do ", "fn(x) => ", "if a { b } else "] {
        one_error(&format!("let a = {}a", prefix.repeat(50_000)), "too-deep");
    }
    one_error(&format!("let a: {}Int = 1", "fn() -> ".repeat(50_000)), "too-deep");
}

#[test]
fn a_neighbour_of_a_deep_item_is_kept() {
    let text = format!("fn a() -> Int {{ 1 }}\nlet b = {}\nfn c() -> Int {{ 2 }}\n", "(".repeat(1_000));
    let items = parse(&text).module.items;
    assert_eq!(items.len(), 3);
    assert!(matches!((&*items[0].kind, &*items[2].kind), (ItemKind::Function(_), ItemKind::Function(_))));
}

#[test]
fn what_people_write_is_not_too_deep() {
    let chain = format!("fn f() -> Int {{ a{} }}", "\n  .env(\"A\", \"b\")".repeat(150));
    assert_eq!(parse(&chain).errors, []);
    let many = format!("let a = [{}]", "f(1 + 2), ".repeat(20_000));
    assert_eq!(parse(&many).errors, []);
}

#[test]
fn a_chain_is_no_nest() {
    for link in [" + 1", " - 1", ".f()", ".f", " && a", " |> f(1)", "(1)", "?.b", "\n  .env(\"A\", b + 1)"] {
        for links in [2_000, 4_900] {
            let text = format!("pub fn f() -> Int {{\n  a{}\n}}\n", link.repeat(links));
            let on_a_small_stack = || {
                let parsed = parse(&text);
                assert_eq!(parsed.errors, [], "{link}");
                assert!(parsed == parsed.clone(), "{link}");
                let formatted = format(&text).unwrap();
                assert_eq!(format(&formatted), Ok(formatted.clone()), "{link}");
            };
            std::thread::scope(|scope| {
                let thread = std::thread::Builder::new().stack_size(1 << 20);
                thread.spawn_scoped(scope, on_a_small_stack).unwrap().join().unwrap();
            });
        }
    }
    for link in [" + [2]", " + (2)", " - f(2)", " && !a", " * -1"] {
        assert_eq!(parse(&format!("let a = a{}", link.repeat(2_000))).errors, [], "{link}");
    }
    // Chains in the first operands of chains are together as deep as all of them.
    let chains =
        |links: usize| (0..150).fold("a".to_owned(), |inner, _| format!("({inner}){}", " + 1".repeat(links)));
    assert_eq!(parse(&format!("let a = {}", chains(60))).errors, []);
    one_error(&format!("let a = {}", chains(100)), "too-deep");
    // Together with what is around them.
    let inner = format!("f(a{})", ".g()".repeat(3_000));
    assert_eq!(
        parse(&format!("let a = {}", format!("x{}", ".g()".repeat(1_000)) + &format!(".h({inner})"))).errors,
        []
    );
}

#[test]
fn holes_nest_to_a_limit() {
    let nested = |n: usize| format!("{}a{}", "\"${".repeat(n), "}\"".repeat(n));
    assert_eq!(parse_expression(&nested(3)).1, []);
    let (_, errors) = parse_expression(&nested(8));
    assert_eq!(errors.iter().map(|e| e.code).collect::<Vec<_>>(), ["too-deep"]);
    parse(&nested(20_000));
    parse(&"\"\"\"${".repeat(5_000));
    parse(&"\"${\"\n".repeat(5_000));
}

#[test]
fn an_expression_may_be_too_deep() {
    let (expr, errors) = parse_expression(&"(".repeat(100_000));
    assert_eq!(expr.kind, ExprKind::Error);
    assert_eq!(errors.len(), 1);
}

#[test]
fn a_file_may_be_too_large() {
    let text = " ".repeat(MAX_FILE_BYTES + 1);
    one_error(&text, "file-too-large");
    assert_eq!(parse_expression(&text).1.len(), 1);
}
