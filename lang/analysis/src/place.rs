//! Where a finding is, so that an edit elsewhere in the file leaves it equal.

use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::Span;

use crate::typed::ModuleId;

/// A diagnostic before its item's offset is known.
pub(crate) type Finding = Diagnostic<Place>;

/// A place in a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The module.
    pub(crate) module: ModuleId,
    /// The item that `span` is relative to; `None` when it is relative to the file.
    pub(crate) item: Option<ItemKey>,
    /// The bytes.
    pub(crate) span: Span,
}

/// Names an item of a module, also when others stand before it or have the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ItemKey {
    /// Which kind of declaration.
    pub(crate) kind: ItemTag,
    /// Its name; an operation's is `Type.name`, a test's its title.
    pub(crate) name: Arc<str>,
    /// How many items of this kind and name stand before it.
    pub(crate) ordinal: u32,
}

/// Kinds of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ItemTag {
    Use,
    Param,
    Let,
    Function,
    Record,
    Enum,
    Test,
    Error,
}

impl ItemTag {
    /// Whether its name is a lower-case one.
    pub(crate) fn is_value(self) -> bool {
        matches!(self, ItemTag::Use | ItemTag::Param | ItemTag::Let | ItemTag::Function)
    }

    /// Whether its name is an upper-case one.
    pub(crate) fn is_type(self) -> bool {
        matches!(self, ItemTag::Record | ItemTag::Enum)
    }
}
