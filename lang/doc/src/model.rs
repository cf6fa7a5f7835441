//! What is told about a package, in the order in which it is told.

use pipe_analysis::inspect::DeclarationKind;

/// Documentation of a package, or of the standard library.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Docs {
    /// What it is called.
    pub title: String,
    /// What it says of itself: Markdown.
    pub text: String,
    /// What it may do beyond what every package may, a sentence each.
    pub permissions: Vec<String>,
    /// Its modules, the entry first.
    pub modules: Vec<Module>,
}

/// A module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name: `deploy`.
    pub name: String,
    /// Its file, as it is shown to people.
    pub file: String,
    /// Markdown.
    pub text: String,
    /// What it offers, in the order of the file.
    pub items: Vec<Item>,
}

/// Something that a module offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which kind of thing it is.
    pub kind: DeclarationKind,
    /// Its name; an operation's with its type: `Container.run`.
    pub name: String,
    /// The declaration as code.
    pub signature: String,
    /// Markdown.
    pub text: String,
    /// Parameters, fields or variants.
    pub parts: Vec<Part>,
    /// Effects that running it may have, by the names that plans give them. Only actions have some.
    pub effects: Vec<String>,
    /// What it takes from outside or does there, beside its effects.
    pub capabilities: Vec<String>,
}

/// A parameter, a field or a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `timeout: Duration? = none`.
    pub signature: String,
    /// Markdown.
    pub text: String,
}

impl Item {
    /// The type that it is an operation of, if it is one.
    pub fn receiver(&self) -> Option<&str> {
        self.name.split_once('.').map(|(receiver, _)| receiver)
    }

    /// What it is called among operations of its type.
    pub fn short_name(&self) -> &str {
        self.name.split_once('.').map_or(&*self.name, |(_, name)| name)
    }

    /// Its kind in a word.
    pub fn word(&self) -> &'static str {
        match self.kind {
            DeclarationKind::Action => "action",
            DeclarationKind::Operation if self.signature.contains("action ") => "action",
            DeclarationKind::Operation => "operation",
            DeclarationKind::Param => "parameter",
            DeclarationKind::Let => "value",
            DeclarationKind::Record => "record",
            DeclarationKind::Enum => "enum",
            DeclarationKind::Opaque => "type",
            _ => "function",
        }
    }
}

impl Docs {
    /// Every item with its module.
    pub fn items(&self) -> impl Iterator<Item = (&Module, &Item)> {
        self.modules.iter().flat_map(|module| module.items.iter().map(move |item| (module, item)))
    }
}
