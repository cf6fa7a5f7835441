//! What names mean: a module's own first, then the standard library's.

mod module;
mod names;
mod std;

pub(crate) use module::{ModuleScope, module_scope};
pub(crate) use names::{Found, Names, short};
pub use std::standard_library;
pub(crate) use std::{StdScope, receiver_name};
