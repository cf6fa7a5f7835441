//! Writing trees down.

mod bundle;
mod checksums;
mod gzip;
mod layer;
mod tar;
mod zip;

use std::io::Write;

pub use bundle::Bundle;
pub use layer::{PackedLayer, pack_layer};
use pipe_ops::PackForm;
use pipe_store::TreeContent;
pub(crate) use tar::Archive;

use crate::ArchiveError;

/// Writes a tree. `time` is the time of everything in an archive, in seconds since 1970.
///
/// # Errors
/// When the form cannot hold something of the tree, or it cannot be read or written.
pub fn pack(form: PackForm, tree: &TreeContent, time: i64, to: &mut dyn Write) -> Result<(), ArchiveError> {
    match form {
        PackForm::Tar => tar::write(tree, time, to),
        PackForm::Zip => zip::write(tree, time, to),
        PackForm::Checksums => checksums::write(tree, to),
    }
}
