//! Layers: a stream of bytes becomes a layer of the store, once its digests are what they should be.

mod decode;
mod limits;
mod tar;
mod unpack;
mod verify;

pub use limits::Limits;
pub(crate) use limits::Meter;
pub(crate) use tar::{Entry, EntryKind, TarReader};
pub(crate) use unpack::{LayerFailure, Unpacked, unpack};
pub(crate) use verify::Verified;
