//! Reading archives from strangers: streams become entries, within limits, and nothing touches the file system.

mod decode;
mod limits;
mod tar;
mod verified;

pub(crate) use decode::decode;
pub(crate) use limits::{Limited, absurd};
pub use limits::{Limits, Meter};
pub(crate) use tar::{Entry, EntryKind, TarReader};
pub use verified::Verified;
