//! Items in another order.

use pipe_syntax::ast::{Item, ItemKind};
use pipe_syntax::parse;

use super::random::Random;

/// The program with its items in another order: what it uses stays in front, and each item keeps its comments.
pub(super) fn another(text: &str, random: &mut Random) -> String {
    let items = parse(text).module.items;
    let starts: Vec<usize> = items.iter().map(|item| begin(text, item)).collect();
    let Some(&first) = starts.first() else { return text.to_owned() };
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let pieces = starts.iter().zip(ends).map(|(start, end)| text[*start..end].trim_end());
    let (mut front, mut rest) = (Vec::new(), Vec::new());
    for (item, piece) in items.iter().zip(pieces) {
        if matches!(*item.kind, ItemKind::Use(_)) {
            front.push(piece);
        } else {
            rest.push(piece);
        }
    }
    for at in (1..rest.len()).rev() {
        rest.swap(at, random.below(at + 1));
    }
    let head = text[..first].to_owned();
    front.into_iter().chain(rest).fold(head, |text, piece| format!("{text}{piece}\n\n"))
}

/// Where the lines of an item begin, with the comments right above it.
fn begin(text: &str, item: &Item) -> usize {
    let mut start = text[..item.offset as usize].rfind('\n').map_or(0, |at| at + 1);
    while let Some(above) = text[..start].strip_suffix('\n') {
        let line = above.rfind('\n').map_or(0, |at| at + 1);
        if !above[line..].starts_with('#') {
            break;
        }
        start = line;
    }
    start
}
