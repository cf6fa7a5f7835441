//! `host.toolchain()`: the host's own tools, read-only.

mod key;
mod parts;

pub(crate) use key::digest;
pub(crate) use parts::{MADE_FILES, Part, Toolchain};
