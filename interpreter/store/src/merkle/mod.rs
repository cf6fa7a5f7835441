//! Merkle trees of folders.
//!
//! A folder is a `Directory` message of the Remote Execution API (version 2), so that a remote cache takes ordinary trees as they
//! are. What that message cannot say stands in a [`message::Side`] object whose digest is a property of the folder. Encoding is
//! canonical: equal folders have equal bytes. Times are not part of it.

mod codec;
mod dir;
mod fold;
mod message;
mod objects;
mod reached;

pub(crate) use dir::{Dir, DirRef, Node};
pub(crate) use fold::fold;
pub(crate) use objects::{Batch, Objects};
pub(crate) use reached::Reached;
