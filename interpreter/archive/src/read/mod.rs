//! Reading archives from strangers: streams become entries, within limits, and nothing touches the file system.

mod decode;
mod entry;
mod limits;
mod tar;
mod verified;
mod watched;

pub(crate) use decode::{beginning, bzip2, decode, is_compressed, xz, zstd};
pub(crate) use entry::{Entry, EntryKind, Tally};
pub(crate) use limits::{Limited, absurd};
pub use limits::{Limits, Meter};
pub(crate) use tar::TarReader;
pub use verified::Verified;
pub(crate) use watched::Watched;
