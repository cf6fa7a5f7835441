//! Zip archives (APPNOTE 6.3.10), by what their directory says. One whose entries say something else than the directory, or share
//! bytes, is refused: readers differ about those.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::time::Duration;

use flate2::bufread::DeflateDecoder;
use rawzip::{
    CompressionMethod, ErrorKind, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive, ZipArchiveEntryWayfinder,
    ZipFileHeaderRecord,
};

use super::Growing;
use crate::UnpackFailure;
use crate::civil::Civil;
use crate::read::{Entry, EntryKind, Limited, Meter, Watched, absurd, bzip2, xz, zstd};

/// Bytes of a link's target that are read: more than any can have.
const TARGET_LIMIT: u64 = 8 << 10;

/// What an entry is, in its Unix mode.
const KIND: u32 = 0o170_000;

/// An entry as the directory tells it.
struct Told {
    entry: Entry,
    place: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
}

/// Adds what a zip archive of `size` bytes holds.
pub(super) fn read(file: File, size: u64, tree: &mut Growing<'_>) -> Result<(), UnpackFailure> {
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let mut local = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let archive = ZipArchive::from_file(file, &mut buffer).map_err(broken)?;
    let mut entries = archive.entries(&mut buffer);
    let (mut unpacked, mut ranges) = (0, Vec::new());
    while let Some(record) = entries.next_entry().map_err(broken)? {
        let Told { mut entry, place, method } = told(&record)?;
        let there = archive.get_entry(place).map_err(broken)?;
        let header = there.local_header(&mut local).map_err(broken)?;
        if header.file_path().as_ref() != entry.path.as_slice() || header.compression_method() != method {
            let path = entry.path.escape_ascii();
            return Err(absurd(format!("its directory and its entry `{path}` do not agree")).into());
        }
        ranges.push(there.compressed_data_range());
        let watched = Watched::new(there.reader(), tree.cancelled);
        let content = there.verifying_reader(decoded(watched, method, &entry)?);
        let mut content = Limited::new(content, Meter::of(size), tree.how.limits).after(unpacked);
        if entry.kind == EntryKind::Symlink {
            (&mut content).take(TARGET_LIMIT).read_to_end(&mut entry.target)?;
        }
        tree.add(entry, &mut content)?;
        // What is no file has no more than that; and the checksum is compared at the end.
        if io::copy(&mut content, &mut io::sink())? > 0 {
            return Err(absurd("it has content in what is no file".to_owned()).into());
        }
        unpacked = content.count();
    }
    if ranges.len() as u64 != archive.entries_hint() {
        return Err(absurd("its directory does not hold as many entries as it says".to_owned()).into());
    }
    apart(ranges)
}

/// What the directory says of an entry.
fn told<'a>(record: &ZipFileHeaderRecord<'a>) -> io::Result<Told> {
    let path = record.file_path().as_ref().to_vec();
    let shown = || path.escape_ascii().to_string();
    if record.flags().is_encrypted() || record.flags().is_masked() {
        return Err(absurd(format!("`{}` is encrypted", shown())));
    }
    let mode = record.mode().value();
    let kind = match mode & KIND {
        0o040_000 => EntryKind::Dir,
        0o120_000 => EntryKind::Symlink,
        0o010_000 => EntryKind::Fifo,
        0o020_000 | 0o060_000 => EntryKind::Device,
        0o140_000 => return Err(absurd(format!("`{}` is a socket", shown()))),
        _ => EntryKind::File,
    };
    let kind = if path.last() == Some(&b'/') { EntryKind::Dir } else { kind };
    let time = record.last_modified();
    let civil = Civil {
        year: time.year().into(),
        month: time.month(),
        day: time.day(),
        hour: time.hour(),
        minute: time.minute(),
        second: time.second(),
    };
    // Those that were packed elsewhere than under Unix say nothing of modes.
    let stated = matches!(record.version_made_by().creator_system().as_u8(), 3 | 19)
        && record.external_attributes() >> 16 != 0;
    let plain = if kind == EntryKind::Dir { 0o755 } else { 0o644 };
    let entry = Entry {
        kind,
        target: Vec::new(),
        mode: if stated { mode & 0o7777 } else { plain },
        uid: 0,
        gid: 0,
        modified: Duration::from_secs(u64::try_from(civil.seconds()).unwrap_or(0)),
        xattrs: Vec::new(),
        path,
    };
    Ok(Told { entry, place: record.wayfinder(), method: record.compression_method() })
}

fn decoded<'a>(
    packed: impl Read + 'a,
    method: CompressionMethod,
    entry: &Entry,
) -> io::Result<Box<dyn Read + 'a>> {
    let packed = BufReader::with_capacity(32 << 10, packed);
    Ok(match method {
        CompressionMethod::STORE => Box::new(packed),
        CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(packed)),
        CompressionMethod::ZSTD => zstd(packed)?,
        CompressionMethod::XZ => xz(packed),
        CompressionMethod::BZIP2 => bzip2(packed),
        other => {
            let (path, number) = (entry.path.escape_ascii(), other.as_u16());
            return Err(absurd(format!(
                "`{path}` is compressed in a way (method {number}) that is not read here: pack it with deflate or zstd"
            )));
        }
    })
}

/// Entries that share bytes unpack to any size.
fn apart(mut ranges: Vec<(u64, u64)>) -> Result<(), UnpackFailure> {
    ranges.retain(|(start, end)| start < end);
    ranges.sort_unstable();
    let overlap = ranges.windows(2).any(|pair| matches!(pair, [(_, end), (start, _)] if start < end));
    if overlap { Err(absurd("entries of it share their bytes".to_owned()).into()) } else { Ok(()) }
}

fn broken(error: rawzip::Error) -> UnpackFailure {
    match error.into_kind() {
        ErrorKind::IO(error) => error.into(),
        other => UnpackFailure::Content(format!("it is a damaged zip archive: {other}")),
    }
}
