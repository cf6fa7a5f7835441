//! Downloads that broke off: files that no result names, kept so that the next attempt goes on where the last one ended.
//!
//! Whoever writes one holds it (`flock`, shared). They go before any result does: what is in them can be fetched again.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

use super::policy::{KeepReason, Kept, PruneReason, Pruned};
use crate::{Store, StoreError};

/// What is to go of the downloads.
#[derive(Default)]
pub(super) struct Loose {
    /// Those that go, the oldest first.
    pub(super) removed: Vec<(PathBuf, Pruned)>,
    /// Those that would, were they not being written.
    pub(super) kept: Vec<Kept>,
    /// Bytes of those that go.
    pub(super) bytes: u64,
}

struct Download {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

impl Store {
    /// Chooses downloads until so many bytes are found, and all that were not touched since `oldest`.
    pub(super) fn choose_downloads(
        &self,
        excess: u64,
        oldest: Option<SystemTime>,
        over: PruneReason,
    ) -> Result<Loose, StoreError> {
        let mut loose = Loose::default();
        for Download { path, bytes, used } in self.downloads()? {
            let reason = match oldest {
                Some(oldest) if used < oldest => PruneReason::Old,
                _ if loose.bytes < excess => over,
                _ => continue,
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let what = format!("download {}", name.chars().take(12).collect::<String>()).into();
            if hold(&path)?.is_some() {
                loose.bytes += bytes;
                loose.removed.push((path, Pruned { what, bytes, shared: 0, used, reason }));
            } else {
                loose.kept.push(Kept { what, bytes, used, reason: KeepReason::InUse });
            }
        }
        Ok(loose)
    }

    /// Removes those that were chosen, unless somebody goes on with one by now; the bytes that became free.
    pub(super) fn remove_downloads(&self, loose: &Loose) -> Result<u64, StoreError> {
        let mut freed = 0;
        for (path, download) in &loose.removed {
            // Held until it is gone: whoever opened it meanwhile writes a file without a name, and loses no more than the beginning.
            let Some(_held) = hold(path)? else { continue };
            match self.disk().remove_file(path) {
                Ok(()) => freed += download.bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::io("remove", path, error)),
            }
        }
        Ok(freed)
    }

    /// All of them, the oldest first.
    fn downloads(&self) -> Result<Vec<Download>, StoreError> {
        let folder = self.dir().join("downloads");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io("read", &folder, error)),
        };
        // One that is whole by now is gone.
        let files = entries.flatten().filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)));
        let mut found: Vec<Download> = files
            .filter(|(_, metadata)| metadata.is_file())
            .map(|(path, metadata)| Download {
                path,
                bytes: metadata.blocks() * 512,
                used: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            })
            .collect();
        found.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        Ok(found)
    }
}

/// The file, locked, unless somebody writes it or it is gone.
fn hold(path: &Path) -> Result<Option<File>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("read", path, error)),
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(StoreError::io("lock", path, error.into())),
    }
}
