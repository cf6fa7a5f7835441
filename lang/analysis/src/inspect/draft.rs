//! Texts that a file does not have.

use pipe_syntax::ast::Module;

/// A text that a file could have, with its tree: what is asked about it several times is parsed once.
#[derive(Clone, Debug)]
pub struct Draft {
    text: String,
    module: Module,
}

impl Draft {
    /// A text with what it parses to.
    pub(super) fn new(text: String, module: Module) -> Draft {
        Draft { text, module }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its tree.
    pub fn module(&self) -> &Module {
        &self.module
    }
}
