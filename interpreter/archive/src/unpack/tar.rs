//! Tar archives.

use std::fs::File;
use std::io;

use super::Growing;
use crate::UnpackFailure;
use crate::read::{Limited, Meter, TarReader, Watched, decode};

/// Adds what a tar archive of `size` bytes holds.
pub(super) fn read(file: File, size: u64, tree: &mut Growing<'_>) -> Result<(), UnpackFailure> {
    let limits = tree.how.limits;
    let watched = Watched::new(file, tree.cancelled);
    let plain = Limited::new(decode(watched)?, Meter::of(size), limits);
    let mut tar = TarReader::new(plain);
    while let Some(entry) = tar.next()? {
        tree.add(entry, &mut tar)?;
    }
    // A stream that is cut off behind the last entry is cut off all the same.
    io::copy(&mut tar.into_inner(), &mut io::sink())?;
    Ok(())
}
