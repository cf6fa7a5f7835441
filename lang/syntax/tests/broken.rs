//! What is said about broken programs.
#![allow(clippy::unwrap_used)]

use pipe_syntax::parse;

/// Each error as its line with a caret, then its sentences.
fn report(text: &str) -> String {
    let mut out = String::new();
    for error in parse(text).errors {
        let place = error.primary.place.range();
        let line_start = text[..place.start].rfind('\n').map_or(0, |i| i + 1);
        let line = text[line_start..].lines().next().unwrap_or("");
        let width = text[place.clone()].lines().next().unwrap_or("").chars().count().max(1);
        let column = text[line_start..place.start].chars().count();
        out += &format!(
            "{line}\n{}{} [{}] {}\n",
            " ".repeat(column),
            "^".repeat(width),
            error.code,
            error.message
        );
        if let Some(help) = error.help {
            out += &format!("  help: {help}\n");
        }
        for fix in error.fixes {
            let edits: Vec<String> =
                fix.edits.iter().map(|e| format!("{:?} → {:?}", &text[e.place.range()], e.text)).collect();
            out += &format!(
                "  {}: {} ({})\n",
                if fix.automatic { "fix" } else { "suggestion" },
                fix.title,
                edits.join(", ")
            );
        }
    }
    out
}

#[test]
fn two_broken_items_and_none_between() {
    let text = include_str!("broken/broken_item.pipe");
    insta::assert_snapshot!(report(text));
    let parsed = parse(text);
    assert_eq!(parsed.errors.len(), 2);
    assert_eq!(parsed.module.items.len(), 3);
}

#[test]
fn mistakes() {
    let text = include_str!("broken/mistakes.txt");
    let mut out = String::new();
    for case in text.split("\n---\n") {
        let report = report(case);
        out += &format!(
            "{case}\n⟶\n{}\n================\n",
            if report.is_empty() { "no error\n" } else { &report }
        );
    }
    insta::assert_snapshot!(out);
}

/// Programs whose mistake is not one of syntax.
#[test]
fn other_mistakes_are_not_of_syntax() {
    for text in [
        include_str!("broken/bad_image.pipe"),
        include_str!("broken/bad_platform.pipe"),
        include_str!("broken/call_cycle.pipe"),
        include_str!("broken/effect_in_function.pipe"),
        include_str!("broken/forgotten_do.pipe"),
        include_str!("broken/hole_in_nested_script.pipe"),
        include_str!("broken/hole_in_single_quotes.pipe"),
        include_str!("broken/host_in_body.pipe"),
        include_str!("broken/missing_arm.pipe"),
        include_str!("broken/recursive_function_field.pipe"),
        include_str!("broken/secret_in_env.pipe"),
        include_str!("broken/secret_in_script.pipe"),
        include_str!("broken/string_as_command.pipe"),
        include_str!("broken/unknown_operation.pipe"),
        include_str!("broken/unused_value.pipe"),
        include_str!("broken/wrong_argument.pipe"),
    ] {
        assert_eq!(report(text), "", "{text}");
    }
}
