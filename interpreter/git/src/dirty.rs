//! Whether the working files differ from `HEAD`.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::{self, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::index::entry::{Flags, Mode, Stage};
use gix::objs::Kind;

use crate::tree::child;
use crate::{GitError, Repository};

/// Keeps a link, or a pipe, from being opened.
const OPEN_FLAGS: i32 = 0o400_000 | 0o4000;

impl Repository {
    /// Whether files in the package's folder that git knows differ from `HEAD`, in the index or on disk. Files that git does not know
    /// do not count, as for `git describe --dirty`. No filter is run: a file that was touched since git saw it and that a filter
    /// would have to be asked about counts as different.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn dirty(&self) -> Result<bool, GitError> {
        let index = self.git.index_or_empty().map_err(GitError::read)?;
        let mut committed = self.committed()?;
        let written = index.timestamp();
        let (seconds, nanoseconds) = (written.unix_seconds(), written.nanoseconds());
        let executable_counts = self.git.config_snapshot().boolean("core.fileMode").unwrap_or(true);
        let prefix = self.prefix.iter().fold(Vec::new(), |path, name| child(&path, name));
        let mut folders = Folders { root: self.root.clone(), seen: HashMap::new() };
        for entry in index.entries() {
            let path = entry.path(&index).as_bytes();
            if !is_below(path, &prefix) {
                continue;
            }
            if entry.stage() != Stage::Unconflicted {
                return Ok(true);
            }
            let known = committed.remove(path);
            if known != Some((entry.mode.bits(), entry.id)) {
                return Ok(true);
            }
            let untouched = Flags::SKIP_WORKTREE | Flags::ASSUME_VALID;
            if entry.flags.intersects(untouched) || entry.mode == Mode::COMMIT {
                continue;
            }
            let place = self.root.join(OsStr::from_bytes(path));
            let Some(found) = folders.entry(&place) else { return Ok(true) };
            if !same_kind(entry.mode, &found, executable_counts) {
                return Ok(true);
            }
            let stat = &entry.stat;
            let time = (found.mtime(), found.mtime_nsec());
            let unchanged = stat.size == found.size() as u32
                && (i64::from(stat.mtime.secs), i64::from(stat.mtime.nsecs)) == time
                && stat.ino == found.ino() as u32
                // Written in the same moment as the index: it may have changed again since.
                && time < (seconds, i64::from(nanoseconds));
            if !unchanged && !self.same_content(&place, entry.mode, entry.id) {
                return Ok(true);
            }
        }
        Ok(!committed.is_empty())
    }

    /// Everything in the package's folder of `HEAD` that is no folder, by its path in the repository, with its mode.
    fn committed(&self) -> Result<BTreeMap<Vec<u8>, (u32, ObjectId)>, GitError> {
        let mut found = BTreeMap::new();
        let Some(root) = self.head.map(|head| self.subtree(head)).transpose()?.flatten() else {
            return Ok(found);
        };
        let prefix = self.prefix.iter().fold(Vec::new(), |path, name| child(&path, name));
        let mut pending = vec![(prefix, root)];
        while let Some((folder, id)) = pending.pop() {
            let tree = self.git.find_tree(id).map_err(GitError::read)?;
            for entry in tree.iter() {
                let entry = entry.map_err(GitError::read)?;
                let path = child(&folder, entry.filename().as_bytes());
                if entry.mode().is_tree() {
                    pending.push((path, entry.object_id()));
                } else {
                    // Old repositories have files that a group may write.
                    let mode = entry.mode().kind() as u32;
                    found.insert(path, (mode, entry.object_id()));
                }
            }
        }
        Ok(found)
    }

    fn same_content(&self, place: &Path, mode: Mode, id: ObjectId) -> bool {
        let content = match mode {
            Mode::SYMLINK => fs::read_link(place).map(|target| target.as_os_str().as_bytes().to_vec()),
            _ => read(place),
        };
        let Ok(content) = content else { return false };
        let is = |bytes: &[u8]| {
            gix::objs::compute_hash(id.kind(), Kind::Blob, bytes).is_ok_and(|found| found == id)
        };
        // A checkout may have written line ends as another system has them.
        is(&content) || content.contains_str("\r\n") && is(&content.replace("\r\n", "\n"))
    }
}

fn read(place: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    OpenOptions::new().read(true).custom_flags(OPEN_FLAGS).open(place)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_below(path: &[u8], prefix: &[u8]) -> bool {
    prefix.is_empty() || path.strip_prefix(prefix).is_some_and(|rest| rest.first() == Some(&b'/'))
}

fn same_kind(mode: Mode, found: &Metadata, executable_counts: bool) -> bool {
    match mode {
        Mode::SYMLINK => found.is_symlink(),
        Mode::FILE_EXECUTABLE => found.is_file() && (!executable_counts || found.mode() & 0o100 != 0),
        Mode::FILE => found.is_file() && (!executable_counts || found.mode() & 0o100 == 0),
        _ => false,
    }
}

/// Folders of the working files: what lies behind a link is not theirs.
struct Folders {
    root: PathBuf,
    seen: HashMap<PathBuf, bool>,
}

impl Folders {
    fn entry(&mut self, place: &Path) -> Option<Metadata> {
        let parent = place.parent()?;
        self.is_real(parent).then(|| place.symlink_metadata().ok()).flatten()
    }

    fn is_real(&mut self, folder: &Path) -> bool {
        if folder == self.root {
            return true;
        }
        if let Some(known) = self.seen.get(folder) {
            return *known;
        }
        let real = folder.symlink_metadata().is_ok_and(|found| found.is_dir())
            && folder.parent().is_some_and(|parent| self.is_real(parent));
        self.seen.insert(folder.to_path_buf(), real);
        real
    }
}
