use super::*;
use Datum::{Bool, Duration, Int, Size};

#[test]
fn operations_of_strings_count_characters() {
    check([
        ("String.len", vec![text("größe👍")], Int(6)),
        ("String.trim", vec![text(" \t a b\n")], text("a b")),
        ("String.trim_prefix", vec![text("v1.2"), text("v")], text("1.2")),
        ("String.trim_prefix", vec![text("vv1"), text("v")], text("v1")),
        ("String.trim_suffix", vec![text("a.c"), text(".c")], text("a")),
        ("String.trim_suffix", vec![text("a.c"), text("x")], text("a.c")),
        ("String.split", vec![text("a,b,,c"), text(",")], texts(["a", "b", "", "c"])),
        ("String.split", vec![text("äb"), text("")], texts(["ä", "b"])),
        ("String.slice", vec![text("größe"), Int(1), some(Int(3))], text("rö")),
        ("String.slice", vec![text("größe"), Int(-2), NONE], text("ße")),
        ("String.slice", vec![text("abc"), Int(2), some(Int(1))], text("")),
        ("String.slice", vec![text("abc"), Int(i64::MIN), some(Int(i64::MAX))], text("abc")),
        ("String.replace", vec![text("a-b-c"), text("-"), text("+")], text("a+b+c")),
        ("String.replace", vec![text("ab"), text(""), text("-")], text("-a-b-")),
        ("String.lower", vec![text("ÄB")], text("äb")),
        ("String.upper", vec![text("straße")], text("STRASSE")),
        ("String.contains", vec![text("abc"), text("bc")], Bool(true)),
        ("String.starts_with", vec![text("abc"), text("b")], Bool(false)),
        ("String.ends_with", vec![text("abc"), text("")], Bool(true)),
        ("String.lines", vec![text("a\r\nb\n\nc")], texts(["a", "b", "", "c"])),
        ("String.lines", vec![text("")], texts([])),
    ]);
}

#[test]
fn a_result_that_would_fill_memory_is_refused_before_it_is_made() {
    let long = text(&"a".repeat(1 << 20));
    assert_eq!(
        error("String.replace", &[long.clone(), text("a"), long]),
        "the result would be larger than 64 MiB"
    );
    let part = text(&"a".repeat(super::super::MAX_TEXT / 2 + 1));
    assert_eq!(error("add", &[part.clone(), part.clone()]), "the result would be larger than 64 MiB");
    assert_eq!(error("concat", &[part.clone(), part.clone()]), "the result would be larger than 64 MiB");
    assert_eq!(
        error("List.join", &[list([part.clone(), part]), text("")]),
        "the result would be larger than 64 MiB"
    );
}

#[test]
fn regular_expressions() {
    check([
        ("String.matches", vec![text("v1.2"), text(r"^v\d")], Bool(true)),
        ("String.matches", vec![text("1.2"), text(r"^v\d")], Bool(false)),
        (
            "String.capture",
            vec![text("ab-12"), text(r"([a-z]+)-(\d+)(x)?")],
            some(texts(["ab-12", "ab", "12", ""])),
        ),
        ("String.capture", vec![text("ab"), text(r"\d")], NONE),
    ]);
    assert_eq!(
        error("String.matches", &[text(""), text("(a")]),
        "`(a` is not a regular expression: unclosed group"
    );
    let huge = error("String.matches", &[text(""), text(r"\w{1000}{1000}")]);
    assert!(huge.contains("size limit"), "{huge}");
}

#[test]
fn text_forms() {
    let variant = |variant: &str, payload: Vec<(std::sync::Arc<str>, Datum)>| Datum::Variant {
        name: "main.Stage".into(),
        variant: variant.into(),
        payload,
    };
    check([
        ("to_text", vec![Int(-5)], text("-5")),
        ("to_text", vec![Bool(true)], text("true")),
        ("to_text", vec![float(1.0)], text("1.0")),
        ("to_text", vec![float(0.1)], text("0.1")),
        ("to_text", vec![Duration(0)], text("0s")),
        ("to_text", vec![Duration(5_400_000_000_000)], text("1h30min")),
        ("to_text", vec![Duration(-90_061_001_000_000)], text("-1d1h1min1s1ms")),
        ("to_text", vec![Duration(1_250_000)], text("1.25ms")),
        ("to_text", vec![Duration(1)], text("0.000001ms")),
        ("to_text", vec![Size(0)], text("0B")),
        ("to_text", vec![Size(512 << 20)], text("512MiB")),
        ("to_text", vec![Size(1_500_000)], text("1500kB")),
        ("to_text", vec![Size(1536)], text("1536B")),
        ("to_text", vec![Size(10 << 40)], text("10240GiB")),
        ("to_text", vec![variant("PullRequest", Vec::new())], text("pull-request")),
        ("concat", vec![text("n="), Int(1), text(" t="), Duration(1_000_000_000)], text("n=1 t=1s")),
        ("concat", vec![], text("")),
    ]);
    for (value, expected) in [
        (ints([1]), "a list has no text form"),
        (NONE, "an optional value has no text form"),
        (variant("Production", vec![("canary".into(), Int(1))]), "a variant with a payload has no text form"),
    ] {
        assert_eq!(error("to_text", &[value]), expected);
    }
}

#[test]
fn names_in_kebab_case() {
    for (name, expected) in [
        ("Staging", "staging"),
        ("PullRequest", "pull-request"),
        ("HTTPServer", "http-server"),
        ("Go2Rust", "go2-rust"),
        ("a_b", "a-b"),
    ] {
        assert_eq!(super::super::kebab_case(name), expected);
    }
}

#[test]
fn durations_and_sizes_are_read() {
    use super::super::{parse_duration, parse_size};
    for (text, expected) in [
        ("1h30min", Some(5_400_000_000_000)),
        ("10min", Some(600_000_000_000)),
        ("0.5s", Some(500_000_000)),
        ("1_000ms", Some(1_000_000_000)),
        ("-5s", Some(-5_000_000_000)),
        ("30min1h", None),
        ("1h1h", None),
        ("5m", None),
        ("5", None),
        ("", None),
        ("-", None),
        ("s", None),
        ("1.s", None),
        ("0.0000001ms", None),
        ("99999999999d", None),
    ] {
        assert_eq!(parse_duration(text), expected, "{text}");
    }
    for (text, expected) in [
        ("512MiB", Some(512 << 20)),
        ("1kB", Some(1000)),
        ("0B", Some(0)),
        ("5KB", None),
        ("5", None),
        ("99999999999GiB", None),
        ("-1B", None),
    ] {
        assert_eq!(parse_size(text), expected, "{text}");
    }
}

#[test]
fn values_for_scripts() {
    check([
        ("script_value", vec![text("a'$(b)\n")], text("a'$(b)\n")),
        ("script_value", vec![Duration(60_000_000_000)], text("1min")),
        ("script_value", vec![text(&"x".repeat(100 << 10))], text(&"x".repeat(100 << 10))),
    ]);
    let remedy = "put it into a file with `.write(path, text)`, or give it on `stdin:`";
    let long = text(&"x".repeat((100 << 10) + 1));
    assert_eq!(
        error("script_value", &[long]),
        format!("a value of 101 KiB is too long for a script, which takes 100 KiB: {remedy}")
    );
    assert_eq!(
        error("script_value", &[text("a\0b")]),
        format!("a value with a NUL character cannot be inserted into a script: {remedy}")
    );
    let many = vec![text(&"x".repeat(100 << 10)); 11];
    assert_eq!(
        error("script_value", &many),
        format!("the values of this script have 1100 KiB together, and it takes 1024 KiB: {remedy}")
    );
}

#[test]
fn globs_begin_with_plain_folders() {
    use crate::pure::fixed_part;
    assert_eq!(fixed_part("/a/b/*.xml"), "/a/b");
    assert_eq!(fixed_part("/a/b"), "/a/b");
    assert_eq!((fixed_part("/*"), fixed_part("*.xml"), fixed_part("a/?")), ("/", "", "a"));
    assert_eq!(fixed_part("/a/b{c,d}/e"), "/a");
    assert_eq!(fixed_part(r"a/\*/b"), "a");
}
