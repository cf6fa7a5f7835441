//! What `pipe` and its supervisor say to each other: one typed message at a time over a socket pair.

mod message;
mod wire;

pub(crate) use message::*;
pub(crate) use wire::*;
