//! Cache volumes as tar archives: what is in the folder, with its times, and what its steps saw.
//!
//! The first entry is a file `.pipe-cache-volume` with the volume's history ([`VolumeHistory`]), if there is one; everything else is the
//! volume's. An archive of another program has no such file, and is as good.

use std::io::{self, Read, Write};
use std::time::SystemTime;

use pipe_store::{LayerDraft, Store, VolumeContent, VolumeHistory};

use crate::pack::Archive;
use crate::read::{Entry, EntryKind, Limited, Tally, TarReader, absurd, decode};
use crate::{ArchiveError, Limits, Meter, UnpackFailure};

/// The file with the history.
const HISTORY: &[u8] = b".pipe-cache-volume";

/// Bytes that a history may have: some hundred thousand files.
const HISTORY_LIMIT: u64 = 64 << 20;

/// Set-user-id and set-group-id, which nothing in a volume has.
const SET_ID: u32 = 0o6000;

/// Writes a volume down.
///
/// # Errors
/// When it has a file of the name that is the archive's own, or it cannot be read or written.
pub fn pack_volume(volume: &VolumeContent, to: &mut dyn Write) -> Result<(), ArchiveError> {
    let mut archive = Archive::new(0, to);
    if let Some(history) = volume.history() {
        let bytes = history.to_bytes()?;
        archive.file(HISTORY, bytes.len() as u64, &mut &bytes[..])?;
    }
    for entry in volume.entries() {
        if entry.path == HISTORY {
            return Err(ArchiveError::entry(
                &entry.path,
                "cannot be in the archive of a cache volume: it is the archive's own",
            ));
        }
        archive.folder_entry(entry, |to| Ok(volume.copy_file(entry, to)??))?;
    }
    archive.end()
}

/// The content of a volume, not in its place yet.
pub struct UnpackedVolume {
    /// What is in the folder.
    pub content: LayerDraft,
    /// What its steps saw, when the archive is of a volume.
    pub history: Option<VolumeHistory>,
}

/// Reads an archive into what a volume is to hold: tar, plain or compressed with gzip, zstd, xz or bzip2. Links may lead anywhere: only
/// steps follow them, inside their containers. Nothing gets a set-id bit or a file capability.
///
/// # Errors
/// When it is none, when it holds what no volume can, or when it cannot be kept.
pub fn unpack_volume(
    store: &Store,
    input: &mut dyn Read,
    limits: &Limits,
) -> Result<UnpackedVolume, UnpackFailure> {
    let meter = Meter::default();
    let counted = Counted { inner: input, meter: meter.clone() };
    let mut tar = TarReader::new(Limited::new(decode(counted)?, meter, *limits));
    let mut unpacked = UnpackedVolume { content: LayerDraft::begin(store)?, history: None };
    let (mut tally, mut is_first, mut latest) = (Tally::default(), true, None);
    while let Some(mut entry) = tar.next()? {
        tally.add(&entry, limits)?;
        if std::mem::take(&mut is_first) && entry.kind == EntryKind::File && entry.path == HISTORY {
            unpacked.history = Some(history(&mut tar)?);
            continue;
        }
        if entry.path.first() == Some(&b'/') {
            return Err(absurd(format!("`{}` is an absolute path", entry.path.escape_ascii())).into());
        }
        harmless(&mut entry);
        latest = latest.max(SystemTime::UNIX_EPOCH.checked_add(entry.modified));
        entry.put(&mut unpacked.content, &mut tar)?;
    }
    if is_first {
        return Err(absurd("it is empty".to_owned()).into());
    }
    // A stream that is cut off behind the last entry is cut off all the same.
    io::copy(&mut tar.into_inner(), &mut io::sink())?;
    keep_from_the_future(&mut unpacked, latest)?;
    Ok(unpacked)
}

/// What was made on a machine whose clock is ahead of this one's would be younger than sources that change now. So all of it is set
/// back, by as much as its latest date lies ahead: what counts is which is the younger of two.
fn keep_from_the_future(
    unpacked: &mut UnpackedVolume,
    of_files: Option<SystemTime>,
) -> Result<(), UnpackFailure> {
    let shown = unpacked.history.as_ref().and_then(VolumeHistory::latest);
    let latest = of_files.into_iter().chain(shown).max();
    if let Some(ahead) = latest.and_then(|latest| latest.duration_since(SystemTime::now()).ok()) {
        unpacked.content.set_back(ahead)?;
        if let Some(history) = &mut unpacked.history {
            history.set_back(ahead);
        }
    }
    Ok(())
}

fn history(content: &mut dyn Read) -> Result<VolumeHistory, UnpackFailure> {
    let mut bytes = Vec::new();
    content.take(HISTORY_LIMIT + 1).read_to_end(&mut bytes)?;
    let history = VolumeHistory::from_bytes(&bytes).filter(|_| bytes.len() as u64 <= HISTORY_LIMIT);
    history.ok_or_else(|| {
        let name = HISTORY.escape_ascii();
        UnpackFailure::Content(format!("its `{name}` is damaged, or of another version of pipe"))
    })
}

/// Takes away what gives whoever runs a file somebody else's rights.
fn harmless(entry: &mut Entry) {
    if entry.kind != EntryKind::Dir {
        entry.mode &= !SET_ID;
    }
    entry.xattrs.retain(|(name, _)| name.starts_with(b"user."));
}

/// A stream of which the bytes are counted.
struct Counted<'a> {
    inner: &'a mut dyn Read,
    meter: Meter,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.meter.add(count);
        Ok(count)
    }
}
