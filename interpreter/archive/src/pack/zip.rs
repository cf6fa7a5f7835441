//! Zip archives.

use std::io::{self, Write};

use pipe_store::{EntryKind, TreeContent};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::ArchiveError;
use crate::civil::Civil;

/// Sizes that need the longer form of an entry.
const LARGE: u64 = u32::MAX as u64;

pub(crate) fn write(tree: &TreeContent, time: i64, to: &mut dyn Write) -> Result<(), ArchiveError> {
    let mut archive = ZipWriter::new_stream(to);
    let plain = SimpleFileOptions::default().last_modified_time(moment(time));
    for entry in tree.entries() {
        let name = std::str::from_utf8(&entry.path).map_err(|_| {
            ArchiveError::entry(&entry.path, "has a name that a zip archive cannot hold: it is not UTF-8")
        })?;
        let options = plain.unix_permissions(entry.meta.mode & 0o7777);
        match &entry.kind {
            EntryKind::Dir => {
                let stored = options.compression_method(CompressionMethod::Stored);
                archive.add_directory(name, stored).map_err(failed)?;
            }
            EntryKind::File { size, .. } => {
                let options =
                    options.compression_method(CompressionMethod::Deflated).large_file(*size >= LARGE);
                archive.start_file(name, options).map_err(failed)?;
                tree.copy_file(entry, &mut archive)?;
            }
            EntryKind::Symlink { target } => {
                let target = std::str::from_utf8(target).map_err(|_| {
                    ArchiveError::entry(
                        &entry.path,
                        "is a link that a zip archive cannot hold: its target is not UTF-8",
                    )
                })?;
                let stored = options.compression_method(CompressionMethod::Stored);
                archive.add_symlink(name, target, stored).map_err(failed)?;
            }
            EntryKind::Fifo => {
                return Err(ArchiveError::entry(
                    &entry.path,
                    "is a named pipe, which a zip archive cannot hold",
                ));
            }
            EntryKind::Whiteout => {}
        }
    }
    archive.finish().map_err(failed)?;
    Ok(())
}

/// The time as zip archives have it: from 1980 to 2107.
fn moment(seconds: i64) -> DateTime {
    let Civil { year, month, day, hour, minute, second } = Civil::of(seconds);
    let year = u16::try_from(year).unwrap_or(if year < 1980 { 0 } else { u16::MAX });
    let last = || DateTime::from_date_and_time(2107, 12, 31, 23, 59, 58).unwrap_or_default();
    match DateTime::from_date_and_time(year, month, day, hour, minute, second) {
        Ok(moment) => moment,
        Err(_) if year > 2107 => last(),
        Err(_) => DateTime::default(),
    }
}

fn failed(error: ZipError) -> ArchiveError {
    match error {
        ZipError::Io(error) => ArchiveError::Write(error),
        other => ArchiveError::Write(io::Error::other(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stay_within_what_the_form_knows() {
        let years = [i64::MIN, 0, 315_532_800, 1_700_000_000, i64::from(u32::MAX), 1 << 40]
            .map(|at| moment(at).year());
        assert_eq!(years, [1980, 1980, 1980, 2023, 2106, 2107]);
    }
}
