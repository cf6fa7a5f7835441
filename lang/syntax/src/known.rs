//! Items that were read before: a text that is edited is read anew only where it changed.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ast::Item;
use crate::layout::ChunkKind;
use crate::parse::{MAX_FILE_BYTES, Parsed, read};
use crate::token::Token;

/// The items of a text that was read, by what stands there.
///
/// What the grammar makes of an item follows from its text and its tokens alone, so one that has both in common with a known one has
/// its tree. Items with errors are read each time.
#[derive(Clone, Debug, Default)]
pub struct KnownItems {
    by_text: HashMap<Arc<str>, Arc<Known>>,
}

#[derive(Debug)]
struct Known {
    /// As the layout left them, from the first byte of the item.
    tokens: Box<[Token]>,
    item: Item,
}

impl KnownItems {
    /// Reads a text as [`parse`](crate::parse) does.
    pub fn parse(&self, text: &str) -> Parsed {
        read(text, self, None)
    }

    /// Reads a text as [`parse`](crate::parse) does. Its items are the known ones afterwards.
    pub fn parse_again(&mut self, text: &str) -> Parsed {
        let mut next = KnownItems::default();
        let parsed = read(text, self, Some(&mut next));
        if text.len() <= MAX_FILE_BYTES {
            *self = next;
        }
        parsed
    }

    /// The tree of an item, without its docs, which stand above it.
    pub(crate) fn item(&self, text: &str, tokens: &[Token], kind: ChunkKind) -> Option<Item> {
        let range = range(tokens)?;
        if self.by_text.is_empty() || kind != ChunkKind::Item {
            return None;
        }
        let known = self.by_text.get(text.get(range.clone())?)?;
        let same = tokens.len() == known.tokens.len()
            && tokens.iter().zip(&known.tokens).all(|(token, known)| *known == from(range.start, *token));
        same.then(|| Item { offset: range.start as u32, ..known.item.clone() })
    }

    /// Keeps an item that has no error.
    pub(crate) fn keep(&mut self, text: &str, tokens: &[Token], item: &Item, before: &KnownItems) {
        let Some(text) = range(tokens).and_then(|range| text.get(range)) else { return };
        let start = item.offset as usize;
        let known =
            before.by_text.get_key_value(text).filter(|(_, known)| Arc::ptr_eq(&known.item.kind, &item.kind));
        let (text, known) = match known {
            Some((text, known)) => (text.clone(), known.clone()),
            None => {
                let tokens = tokens.iter().map(|token| from(start, *token)).collect();
                let item = Item { docs: Vec::new(), ..item.clone() };
                (text.into(), Arc::new(Known { tokens, item }))
            }
        };
        self.by_text.insert(text, known);
    }
}

/// From the first token to the last.
fn range(tokens: &[Token]) -> Option<std::ops::Range<usize>> {
    Some(tokens.first()?.start as usize..tokens.last()?.end as usize)
}

/// A token at its place in an item.
fn from(start: usize, token: Token) -> Token {
    let start = start as u32;
    Token { kind: token.kind, start: token.start - start, end: token.end - start }
}
