//! Whether two trees are the same program.

use std::sync::Arc;

use crate::Span;
use crate::ast::places::{Place, Places};
use crate::ast::*;

/// Whether two modules are the same but for where things stand, how lines are broken, and the order of comments.
pub fn same_program(a: &Module, b: &Module) -> bool {
    comments(a) == comments(b) && bare(a) == bare(b)
}

fn comments(module: &Module) -> Vec<String> {
    let mut all: Vec<String> = module
        .trivia
        .iter()
        .filter_map(|trivia| match &trivia.kind {
            TriviaKind::Comment { text, .. } => Some(text.trim_end().to_owned()),
            TriviaKind::Doc(text) => Some(format!("#{}", text.trim_end())),
            TriviaKind::Blank => None,
        })
        .collect();
    all.sort();
    all
}

/// Whether two runs of items are the same but for where things stand and how lines are broken.
pub(super) fn same_items(a: &[Item], b: &[Item]) -> bool {
    a.len() == b.len() && bare_items(a) == bare_items(b)
}

/// The module without places, breaks and trivia.
fn bare(module: &Module) -> Module {
    Module { docs: module.docs.clone(), items: bare_items(&module.items), trivia: Vec::new() }
}

fn bare_items(items: &[Item]) -> Vec<Item> {
    let mut items = items.to_vec();
    for item in &mut items {
        (item.offset, item.len) = (0, 0);
        let visit = |place: Place<'_>| match place {
            Place::Span(span) => *span = Span::default(),
            Place::Text(map) => *map = Box::default(),
            Place::Break(broken) => *broken = false,
        };
        Places { visit }.item(Arc::make_mut(&mut item.kind));
    }
    items
}
