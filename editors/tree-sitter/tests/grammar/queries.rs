//! The queries fit the grammar, and mark what they should.

use crate::editor::{LANGUAGE, parse};
use std::collections::BTreeMap;
use tree_sitter::{Query, QueryCursor, StreamingIterator};

fn query(name: &str) -> Query {
    let path = pipe_tree_sitter::folder().join("queries").join(name);
    let text = std::fs::read_to_string(&path).expect("a text");
    Query::new(&LANGUAGE, &text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The last capture of each piece of text: the one that counts.
fn captures<'t>(name: &str, text: &'t str) -> BTreeMap<&'t str, String> {
    let query = query(name);
    let tree = parse(text);
    let mut cursor = QueryCursor::new();
    let mut found = cursor.captures(&query, tree.root_node(), text.as_bytes());
    let mut by_text = BTreeMap::new();
    while let Some((one, index)) = found.next() {
        let capture = one.captures()[*index];
        let name = query.capture_names()[capture.index as usize];
        by_text.insert(&text[capture.node.byte_range()], name.to_owned());
    }
    by_text
}

const PROGRAM: &str = r#"## Doc.
use go.tools as go
param src: Dir = workspace.dir()
pub enum Target { Staging, Production(canary: Percent = 10) }
pub fn unit(race: Bool = true) -> Check {
  # why
  image("golang:1.21").env("A", "x${race}").check(sh"go test ${{ src }} ./...", timeout: 10min)
}
"#;

#[test]
fn highlights() {
    let found = captures("highlights.scm", PROGRAM);
    for (text, name) in [
        ("## Doc.", "comment.documentation"),
        ("# why", "comment"),
        ("unit", "function"),
        ("image", "function.call"),
        ("check", "function.call"),
        ("timeout", "variable.parameter"),
        ("10min", "number"),
        ("true", "boolean"),
        ("Dir", "type"),
        ("Staging", "constructor"),
        ("pub", "keyword"),
        ("fn", "keyword.function"),
        ("tools", "module"),
        ("go test ", "string"),
        ("${{", "punctuation.special"),
    ] {
        assert_eq!(found.get(text).map(String::as_str), Some(name), "{text}: {found:#?}");
    }
}

#[test]
fn the_text_of_scripts_is_the_shells() {
    let found = captures("injections.scm", PROGRAM);
    assert_eq!(found.get("go test ").map(String::as_str), Some("injection.content"), "{found:#?}");
    assert!(!found.contains_key("src"), "{found:#?}");
}

#[test]
fn names_are_defined_and_referred_to() {
    let found = captures("locals.scm", "fn f(a: Int) -> Int {\n  let b = 1\n  b\n}\n");
    assert_eq!(found.get("a").map(String::as_str), Some("local.definition.parameter"), "{found:#?}");
    assert_eq!(found.get("Int").map(String::as_str), Some("local.reference"), "{found:#?}");
}

#[test]
fn bodies_and_lists_fold() {
    let found = captures("folds.scm", "fn f() -> List[Int] {\n  [\n    1,\n  ]\n}\n");
    assert_eq!(found.len(), 3, "{found:#?}");
}

#[test]
fn indents() {
    query("indents.scm");
}
