//! A mistake stays where it is: the items around it keep their trees.

use crate::editor::{errors, texts};

#[test]
fn a_broken_item_hides_no_neighbour() {
    let text = "pub fn a() -> Int { 1 }\n\npub fn b( -> Int { 2 }\n\npub fn c() -> Int {\n  3\n}\n";
    assert!(!errors(text).is_empty());
    let functions = texts(text, "function_item");
    assert!(functions.contains(&"pub fn a() -> Int { 1 }"), "{functions:?}");
    assert!(functions.contains(&"pub fn c() -> Int {\n  3\n}"), "{functions:?}");
}

#[test]
fn a_line_end_closes_a_statement_unless_the_next_line_goes_on() {
    let text = "fn f() -> Int {\n  let a = g\n    .x  # why\n    |> h()\n  -1\n}\n";
    assert_eq!(errors(text), Vec::<String>::new());
    assert_eq!(texts(text, "let_statement"), ["let a = g\n    .x  # why\n    |> h()"]);
    assert_eq!(texts(text, "unary_expression"), ["-1"]);
}

#[test]
fn literals_nest_in_holes() {
    let text =
        "let a = \"x${f(\"y${b}\")}z\"\nlet s = sh\"\"\"\n  echo ${{ \"a\" }} $${{ \"q\" \"\"\" \"\"\"\"\n";
    assert_eq!(texts(text, "interpolation"), ["${f(\"y${b}\")}", "${b}", "${{ \"a\" }}"]);
    assert_eq!(texts(text, "escape_sequence"), ["$${{"]);
}

#[test]
fn soft_keywords_are_names_elsewhere() {
    let text = "pub fn test(use: Int, with: Int) -> Int {\n  gate.x\n  let param = expect(1)\n  gate all([])\n  param.match\n}\n";
    assert_eq!(errors(text), Vec::<String>::new());
    assert_eq!(texts(text, "gate_statement"), ["gate all([])"]);
}
