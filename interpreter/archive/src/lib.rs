//! Archives: trees written down in one file, and archives of strangers read back into the store.
//!
//! **Invariant.** The same tree and time give the same bytes: entries are sorted, and nothing of the machine or the moment goes into
//! them. Reads and writes nothing but streams and the store: no path of an archive ever reaches the file system.

mod civil;
mod error;
mod files;
mod layer;
mod pack;
mod read;
mod unpack;
mod volume;

pub use civil::date_time;
pub use error::{ArchiveError, UnpackFailure};
pub use files::{ArchivedFile, ArchivedFiles};
pub use layer::{Unpacked, unpack_layer};
pub use pack::{Bundle, PackedLayer, pack, pack_layer};
pub use read::{Limits, Meter, Verified};
pub use unpack::{Unpacking, unpack};
pub use volume::{UnpackedVolume, pack_volume, unpack_volume};
