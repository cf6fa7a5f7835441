//! Texts of which there is one copy, however many nodes have them.

use std::collections::HashSet;
use std::sync::Arc;

/// Texts that many nodes may have: shells, scripts, names of variables.
#[derive(Debug, Default)]
pub(crate) struct Words(HashSet<Arc<str>>);

/// A longer text is not looked for: few are written twice.
const LONGEST: usize = 4096;

impl Words {
    /// The one copy of a text.
    pub(crate) fn shared(&mut self, text: &str) -> Arc<str> {
        if text.len() > LONGEST {
            return text.into();
        }
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let word: Arc<str> = text.into();
        self.0.insert(word.clone());
        word
    }
}
