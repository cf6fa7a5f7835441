//! What is read again after an edit is what the whole text would be read as.

use proptest::prelude::*;
use proptest::sample::Index;

use crate::{KnownItems, parse, testing};

/// Texts that edits put in: what opens and closes, what begins items, what begins literals and comments.
const INSERTED: &[&str] = &[
    "",
    " ",
    "\n",
    "a",
    ".",
    "x.",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "${",
    "#",
    "##",
    "# c\n",
    "\n\n",
    "fn ",
    "\nfn ",
    "\npub fn f() -> Int { 1 }\n",
    "use ",
    "let ",
    "\nlet x = 1\n",
    "test ",
    "|>",
    "=>",
    "->",
    "..",
    "sh\"",
    ",",
    ":",
    "match ",
    "1s",
];

#[derive(Clone, Debug)]
struct Edit {
    at: Index,
    removed: usize,
    inserted: &'static str,
}

fn edit() -> impl Strategy<Value = Edit> {
    let removed = prop_oneof![4 => Just(0_usize), 4 => 1_usize..4, 1 => 4_usize..200];
    (any::<Index>(), removed, prop::sample::select(INSERTED)).prop_map(|(at, removed, inserted)| Edit {
        at,
        removed,
        inserted,
    })
}

fn apply(text: &mut String, edit: &Edit) {
    let border = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let from = border(edit.at.index(text.len() + 1));
    let to = border(from + edit.removed).max(from);
    text.replace_range(from..to, edit.inserted);
}

#[track_caller]
fn check(known: &mut KnownItems, text: &str) {
    let whole = parse(text);
    assert_eq!(known.parse(text), whole, "read beside what is known: {text:?}");
    assert_eq!(known.parse_again(text), whole, "read again: {text:?}");
    assert_eq!(known.parse_again(text), whole, "and once more: {text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn edits_are_read_as_the_whole_text_is(seed in any::<u64>(), edits in prop::collection::vec(edit(), 1..8)) {
        let mut text = testing::program(seed);
        let mut known = KnownItems::default();
        check(&mut known, &text);
        for edit in &edits {
            apply(&mut text, edit);
            check(&mut known, &text);
        }
    }
}

#[test]
fn edits_of_programs_are_read_as_the_whole_text_is() {
    for (_, program) in super::PROGRAMS {
        let mut known = KnownItems::default();
        check(&mut known, program);
        let ends: Vec<usize> = program.char_indices().map(|(at, _)| at).step_by(37).collect();
        for (n, at) in ends.into_iter().enumerate() {
            let inserted = INSERTED[n % INSERTED.len()];
            check(&mut known, &format!("{}{inserted}{}", &program[..at], &program[at..]));
        }
    }
}

#[test]
fn an_item_that_is_known_is_not_read_again() {
    let text = "## One.\nfn a() -> Int { 1 }\n\nfn b() -> Int { 2 }\n";
    let mut known = KnownItems::default();
    let first = known.parse_again(text).module;
    let second = known.parse(&text.replace("{ 2 }", "{ 3 }").replace("One", "Another one")).module;
    let [a, b] = first.items.as_slice() else { panic!("two items") };
    let [again, other] = second.items.as_slice() else { panic!("two items") };
    assert!(std::sync::Arc::ptr_eq(&a.kind, &again.kind));
    assert_eq!(again.docs, ["Another one."]);
    assert_ne!(b.kind, other.kind);
}
