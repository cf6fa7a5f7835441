//! The texts of a file that are kept once.

use crate::ast::Symbol;
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

/// The names and numbers that were met.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    known: RefCell<HashSet<Arc<str>>>,
}

impl Symbols {
    /// The symbol of a text, the same for equal texts.
    pub(crate) fn symbol(&self, text: &str) -> Symbol {
        let mut known = self.known.borrow_mut();
        if let Some(found) = known.get(text) {
            return found.clone().into();
        }
        let new: Arc<str> = text.into();
        known.insert(new.clone());
        new.into()
    }
}
