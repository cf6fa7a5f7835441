//! What literals mean, and where their bytes come from.
#![allow(clippy::unwrap_used)]

use pipe_syntax::ast::*;
use pipe_syntax::{parse, parse_expression};
use proptest::prelude::*;

fn parts(text: &str) -> Vec<StrPart> {
    match parse_expression(text) {
        (Expr { kind: ExprKind::String(s), .. }, errors) if errors.is_empty() => s.parts.into(),
        other => panic!("{text}: {other:?}"),
    }
}

fn cooked(text: &str) -> String {
    match &parts(text)[..] {
        [] => String::new(),
        [StrPart::Text(t)] => t.cooked.to_string(),
        other => panic!("{other:?}"),
    }
}

fn script(text: &str) -> String {
    let (expr, errors) = parse_expression(text);
    assert!(errors.is_empty(), "{errors:?}");
    let ExprKind::Script(s) = expr.kind else { panic!("{text}") };
    let part = |p: &ScriptPart| match p {
        ScriptPart::Text(t) => t.cooked.to_string(),
        ScriptPart::Hole { .. } => "@".to_owned(),
    };
    s.parts.iter().map(part).collect()
}

#[test]
fn strings_have_escapes() {
    for (text, meaning) in [
        (r#""""#, ""),
        (r#""a\n\t\r\\\"\$b""#, "a\n\t\r\\\"$b"),
        (r#""\u{1F600}\u{e9}""#, "😀é"),
        (r#""$x $ {x} \${x}""#, "$x $ {x} ${x}"),
        ("\"# no comment\"", "# no comment"),
    ] {
        assert_eq!(cooked(text), meaning, "{text}");
    }
}

#[test]
fn indentation_that_all_lines_share_goes() {
    for (text, meaning) in [
        ("\"\"\"\n    a\n      b\n    \"\"\"", "a\n  b\n"),
        ("\"\"\"\n\ta\n\n\tb\"\"\"", "a\n\nb"),
        ("\"\"\"a\n    b\n  c\"\"\"", "a\n  b\nc"),
        ("\"\"\"   \n  a\n   \n  b\n\"\"\"", "a\n\nb\n"),
        ("\"\"\"\r\n  a\r\n  b\r\n\"\"\"", "a\nb\n"),
        ("\"\"\"\"\"\"", ""),
        ("\"\"\"say \"hi\"\"\"\"", "say \"hi\""),
        ("\"\"\"\n  a\\n\n  \\tb\n\"\"\"", "a\n\n\tb\n"),
        ("\"\"\"\n\t a\n \tb\n\"\"\"", "\t a\n \tb\n"),
    ] {
        assert_eq!(cooked(text), meaning, "{text:?}");
    }
}

#[test]
fn scripts_are_the_shells_own_text() {
    for (text, meaning) in [
        (r#"sh"echo \"$X\" \n \\ ${Y}""#, r#"echo "$X" \n \\ ${Y}"#),
        (r#"sh"a\\""#, r"a\"),
        (r#"sh"a\\\" b""#, r#"a\" b"#),
        (r#"sh"$${{ x }} ${{ y }} $$""#, "${{ x }} @ $$"),
        (r#"bash"${{ f("a") }}${{ [for x in y => "${x}"] }}""#, "@@"),
        ("sh\"\"\"\n    a \\\n      b\n    \"c\"\n  \"\"\"", "a \\\n  b\n\"c\"\n"),
        ("sh\"\"\"\n  a ${{\n x\n }} b\n  c\n\"\"\"", "a @ b\nc\n"),
    ] {
        assert_eq!(script(text), meaning, "{text:?}");
    }
}

#[test]
fn holes_hold_any_expression() {
    let holes = |text: &str| parts(text).iter().filter(|p| matches!(p, StrPart::Hole { .. })).count();
    assert_eq!(holes(r#""${a}${b.c("}")} ${if x { "y" } else { "z ${w}" }}""#), 3);
    assert_eq!(holes("\"\"\"\n  ${f(\n  1)}\n\"\"\""), 1);
    let (expr, _) = parse_expression(r#""ab${ x }""#);
    let ExprKind::String(s) = expr.kind else { panic!() };
    let StrPart::Hole { expr, span } = &s.parts[1] else { panic!() };
    assert_eq!((span.range(), expr.span.range()), (3..9, 6..7));
}

#[test]
fn errors_point_into_literals() {
    let (_, errors) = parse_expression("\"\"\"\n    a\n    ${b + }\n\"\"\"");
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].primary.place.range(), 18..19);
    let parsed = parse("# above\nfn f() -> Int { \"a ${1 2} b\" }");
    assert_eq!(parsed.errors[0].primary.place.range(), 31..32);
}

#[test]
fn numbers_have_units() {
    let value = |text: &str| match parse_expression(text).0.kind {
        ExprKind::Number(n) => n.value,
        other => panic!("{other:?}"),
    };
    assert_eq!(value("1_000"), NumValue::Int(1000));
    assert_eq!(value("0.5"), NumValue::Float(0.5_f64.to_bits()));
    assert_eq!(value("90s"), NumValue::Duration(90_000_000_000));
    assert_eq!(value("1h30min"), NumValue::Duration(5_400_000_000_000));
    assert_eq!(value("1.5h"), NumValue::Duration(5_400_000_000_000));
    assert_eq!(value("1d"), NumValue::Duration(86_400_000_000_000));
    assert_eq!(value("250ms"), NumValue::Duration(250_000_000));
    assert_eq!(value("512MiB"), NumValue::Size(512 << 20));
    assert_eq!(value("1.5GiB"), NumValue::Size(1_610_612_736));
    assert_eq!(value("2kB"), NumValue::Size(2_000));
    for bad in [
        "5m",
        "1h1h",
        "0.3B",
        "9223372036854775808",
        "99999999999999999999GiB",
        "1e5",
        "0x1F",
        "1min1h",
        "1h5",
        "200000d",
    ] {
        let (expr, errors) = parse_expression(bad);
        assert!(matches!(expr.kind, ExprKind::Number(NumLit { value: NumValue::Bad, .. })), "{bad}");
        assert_eq!(errors.len(), 1, "{bad}");
    }
}

/// A text for a literal, and the quotes around it.
fn literal() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "é",
        "😀",
        " ",
        "\t",
        "\n",
        "\n  ",
        "\r\n",
        "\\n",
        "\\\"",
        "\\$",
        "\\u{e9}",
        "${x}",
        "${ f(\"y\") }",
        "$ ",
        "{",
        "}",
        "'",
        "#",
    ]);
    (prop::collection::vec(piece, 0..20), any::<bool>()).prop_map(|(pieces, triple)| match triple {
        true => format!("\"\"\"{}\"\"\"", pieces.concat()),
        false => format!("\"{}\"", pieces.concat().replace(['\n', '\r'], "")),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Each byte of a literal's text comes from where its map says: it is that byte, or an escape begins there.
    #[test]
    fn maps_are_exact(text in literal()) {
        let (expr, errors) = parse_expression(&text);
        prop_assert!(errors.is_empty(), "{errors:?}");
        let ExprKind::String(literal) = expr.kind else { panic!("{text:?}") };
        for part in &literal.parts {
            let StrPart::Text(part) = part else { continue };
            prop_assert!(part.map.first().is_none_or(|first| first.0 == 0));
            for (at, c) in part.cooked.char_indices() {
                let place = part.source(at..at + c.len_utf8()).range();
                let source = &text[place.start..];
                prop_assert!(source.starts_with(c) || source.starts_with('\\'), "{c:?} at {place:?} of {text:?}: {part:?}");
                prop_assert!(text.get(place.clone()).is_some(), "{place:?} of {text:?}");
            }
        }
    }

    /// A string that is printed with escapes reads as it was.
    #[test]
    fn escaped_strings_come_back(value in any::<String>()) {
        let escape = |c: char| match c {
            '"' | '\\' | '$' => format!("\\{c}"),
            c if c.is_control() => format!("\\u{{{:x}}}", u32::from(c)),
            c => c.to_string(),
        };
        let text = format!("\"{}\"", value.chars().map(escape).collect::<String>());
        prop_assert_eq!(cooked(&text), value);
    }
}
