//! Deleting a token of a program costs at most the item it stood in.

use crate::ast::{Item, ItemKind, Module};
use crate::parse;
use crate::token::TokenKind;

/// What an item is, without where it stands.
fn shape(item: &Item) -> Option<(String, ItemKind)> {
    let name = match &*item.kind {
        ItemKind::Function(f) => &f.name.text,
        ItemKind::Param(p) => &p.name.text,
        ItemKind::Let(l) => &l.name.text,
        ItemKind::Record(r) => &r.name.text,
        ItemKind::Enum(e) => &e.name.text,
        ItemKind::Test(t) => return Some((t.title.constant()?, (*item.kind).clone())),
        ItemKind::Use(_) => return Some(("use".to_owned(), (*item.kind).clone())),
        ItemKind::Error => return None,
    };
    Some((name.to_string(), (*item.kind).clone()))
}

/// How many items of a program are there by name, and how many are as they were.
fn kept(before: &Module, after: &Module) -> (usize, usize) {
    let found: Vec<_> = after.items.iter().filter_map(shape).collect();
    let items: Vec<_> = before.items.iter().filter_map(shape).collect();
    let named = items.iter().filter(|i| found.iter().any(|f| f.0 == i.0)).count();
    let equal = items.iter().filter(|i| found.contains(i)).count();
    (named, equal)
}

#[test]
fn deleting_a_token_keeps_the_other_items() {
    let (mut deletions, mut all_named, mut all_equal, mut silent) = (0, 0, 0, 0);
    let mut worst = String::new();
    for (name, text) in super::PROGRAMS {
        let whole = parse(text);
        assert!(whole.errors.is_empty(), "{name}");
        let items = whole.module.items.len();
        for token in crate::lexer::lex(text, 0..text.len()).tokens {
            if token.kind == TokenKind::Newline {
                continue;
            }
            let without = format!("{}{}", &text[..token.start as usize], &text[token.end as usize..]);
            let parsed = parse(&without);
            super::spans::check(&without, &parsed);
            // Sentences about what is wrong, never lists of what the grammar could have taken.
            for error in &parsed.errors {
                let said = format!("{} {}", error.message, error.help.as_deref().unwrap_or_default());
                assert!(!said.contains("expected") && said.matches("` or `").count() <= 1, "{name}: {said}");
            }
            let (named, equal) = kept(&whole.module, &parsed.module);
            deletions += 1;
            all_named += usize::from(named == items);
            all_equal += usize::from(equal + 1 >= items);
            silent += usize::from(parsed.errors.is_empty());
            let cut = &text[token.start as usize..token.end as usize];
            if equal + 2 < items {
                worst += &format!("{name}: {cut:?} at {} keeps {equal} of {items}\n", token.start);
            }
            assert!(parsed.errors.len() <= 4, "{name}: {cut:?} at {}: {:#?}", token.start, parsed.errors);
        }
    }
    assert!(deletions > 2_000);
    // All but the item that was cut are as they were.
    assert!(all_equal * 100 >= deletions * 97, "{all_equal} of {deletions}\n{worst}");
    // And that one is still known by its name, mostly.
    assert!(all_named * 100 >= deletions * 88, "{all_named} of {deletions}");
    // Some deletions leave another program, most a mistake.
    assert!(silent * 100 <= deletions * 50, "{silent} of {deletions}");
}
