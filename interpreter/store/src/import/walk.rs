//! Walking a folder of the host.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon::Scope;
use rustix::fs::{AtFlags, Dir, FileType, OFlags, readlinkat, statat};
use rustix::io::Errno;

use super::ignored::{Ignored, among};
use super::snapshot::{DirSnapshot, EntrySnapshot, FileStat, Snapshot};
use super::{read_error, unread};
use crate::beneath::{open_beneath, open_folder};
use crate::filter::Verdict;
use crate::locate::child_path;
use crate::{Filter, Stop, StoreError};

/// A walk under way, in parallel over folders.
struct Walk<'a> {
    root: File,
    shown: &'a Path,
    filter: &'a Filter,
    /// A path that never counts.
    except: Option<Vec<u8>>,
    stop: &'a Stop,
    found: Mutex<Vec<Found>>,
    /// Paths of what would count if it were a file, a folder or a link.
    other: Mutex<Vec<Vec<u8>>>,
    failed: Mutex<Option<StoreError>>,
}

type Entries = Vec<(Vec<u8>, EntrySnapshot)>;

struct Found {
    dir: DirSnapshot,
    /// It counts even when nothing in it does.
    inside: bool,
}

/// Looks at everything in a folder that counts. Contents are not read yet. With the paths, sorted, of what counts and is no file, folder
/// or link.
pub(super) fn walk(
    root: &Path,
    filter: &Filter,
    ignored: Ignored,
    except: Option<Vec<u8>>,
    stop: &Stop,
) -> Result<(Snapshot, Vec<Vec<u8>>), StoreError> {
    let opened = File::from(open_folder(root).map_err(|error| read_error(root, error))?);
    let walk = Walk {
        root: opened,
        shown: root,
        filter,
        except,
        stop,
        found: Mutex::default(),
        other: Mutex::default(),
        failed: Mutex::default(),
    };
    let inside = filter.root() == Verdict::In;
    rayon::scope(|scope| walk.dir(scope, Vec::new(), inside, ignored));
    if let Some(error) = walk.failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut other = walk.other.into_inner().unwrap_or_else(PoisonError::into_inner);
    other.sort();
    Ok((pruned(walk.found.into_inner().unwrap_or_else(PoisonError::into_inner)), other))
}

/// Looks at one file of a folder, as if it were all that is there, under the name that stands for it.
pub(super) fn single(folder: &Path, name: &[u8]) -> Result<Snapshot, StoreError> {
    let path = folder.join(std::ffi::OsStr::from_bytes(name));
    let opened = open_folder(folder).map_err(|error| read_error(folder, error))?;
    let stat =
        statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| read_error(&path, error.into()))?;
    let entry = file_entry(&stat);
    Ok(Snapshot { dirs: vec![DirSnapshot { path: Vec::new(), entries: vec![(name.to_vec(), entry)] }] })
}

fn file_entry(stat: &rustix::fs::Stat) -> EntrySnapshot {
    EntrySnapshot::File { stat: FileStat::of(stat), executable: stat.st_mode & 0o100 != 0, content: unread() }
}

impl Walk<'_> {
    fn dir<'scope>(&'scope self, scope: &Scope<'scope>, path: Vec<u8>, inside: bool, ignored: Ignored) {
        match self.entries(scope, &path, inside, &ignored) {
            Ok(Some(entries)) => {
                let found = Found { dir: DirSnapshot { path, entries }, inside };
                self.found.lock().unwrap_or_else(PoisonError::into_inner).push(found);
            }
            Ok(None) => {}
            Err(error) => {
                self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
    }

    /// What is in a folder; `None` when it went away.
    fn entries<'scope>(
        &'scope self,
        scope: &Scope<'scope>,
        path: &[u8],
        inside: bool,
        ignored: &Ignored,
    ) -> Result<Option<Entries>, StoreError> {
        self.stop.check(self.shown)?;
        let failed = |error: io::Error| read_error(&self.shown_path(path), error);
        let opened = match open_beneath(&self.root, path, OFlags::DIRECTORY) {
            Err(error) if went_away(&error) && !path.is_empty() => return Ok(None),
            other => other.map_err(failed)?,
        };
        let listed = listed(&opened).map_err(failed)?;
        let (has_git, has_own) = among(listed.iter().map(|(name, _)| name.as_slice()));
        let ignored = ignored.within(&opened, &self.shown_path(path), has_git, has_own)?;
        let mut entries = Vec::new();
        for (name, kind) in listed {
            let child = child_path(path, &name);
            let verdict = self.filter.verdict(&child, inside);
            let is_known = kind != FileType::Unknown;
            let is_ignored = |kind: FileType| ignored.ignores(&name, kind == FileType::Directory);
            if verdict == Verdict::Out || self.except.as_ref() == Some(&child) || is_known && is_ignored(kind)
            {
                continue;
            }
            self.stop.check(self.shown)?;
            let failed = |error: Errno| read_error(&self.shown_path(&child), error.into());
            let looked = node(&opened, &name, kind).map_err(failed)?;
            if !is_known && is_ignored(looked.kind()) {
                continue;
            }
            match looked {
                Looked::Entry(EntrySnapshot::Dir) => {
                    let below = ignored.entered(&name);
                    entries.push((name, EntrySnapshot::Dir));
                    scope.spawn(move |scope| self.dir(scope, child, verdict == Verdict::In, below));
                }
                Looked::Entry(node) if verdict == Verdict::In => entries.push((name, node)),
                Looked::Other if verdict == Verdict::In => {
                    self.other.lock().unwrap_or_else(PoisonError::into_inner).push(child);
                }
                Looked::Entry(_) | Looked::Other | Looked::Gone => {}
            }
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Some(entries))
    }

    fn shown_path(&self, path: &[u8]) -> PathBuf {
        self.shown.join(std::ffi::OsStr::from_bytes(path))
    }
}

/// The names in a folder, with what they are as far as the file system says.
fn listed(folder: impl AsFd) -> io::Result<Vec<(Vec<u8>, FileType)>> {
    let mut listed = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            listed.push((name.to_vec(), entry.file_type()));
        }
    }
    Ok(listed)
}

/// What an entry turned out to be.
enum Looked {
    Entry(EntrySnapshot),
    /// A socket, a named pipe, a device.
    Other,
    /// It went away after the folder had been listed.
    Gone,
}

impl Looked {
    fn kind(&self) -> FileType {
        match self {
            Looked::Entry(EntrySnapshot::Dir) => FileType::Directory,
            _ => FileType::RegularFile,
        }
    }
}

fn node(dir: &impl AsFd, name: &[u8], kind: FileType) -> Result<Looked, Errno> {
    let mut kind = kind;
    let mut known = None;
    if matches!(kind, FileType::RegularFile | FileType::Unknown) {
        match statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => {
                kind = FileType::from_raw_mode(stat.st_mode);
                known = Some(stat);
            }
            Err(Errno::NOENT) => return Ok(Looked::Gone),
            Err(error) => return Err(error),
        }
    }
    Ok(match (kind, known) {
        (FileType::Directory, _) => Looked::Entry(EntrySnapshot::Dir),
        (FileType::RegularFile, Some(stat)) => Looked::Entry(file_entry(&stat)),
        (FileType::Symlink, _) => match readlinkat(dir, name, Vec::new()) {
            Ok(target) => Looked::Entry(EntrySnapshot::Symlink { target: target.into_bytes() }),
            Err(Errno::NOENT | Errno::INVAL) => Looked::Gone,
            Err(error) => return Err(error),
        },
        _ => Looked::Other,
    })
}

/// The folder was removed, or replaced by something else, after it had been listed.
fn went_away(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP))
}

/// Without folders that are gone, and without those on the way to nothing that counts.
fn pruned(mut found: Vec<Found>) -> Snapshot {
    found.sort_by(|a, b| a.dir.path.cmp(&b.dir.path));
    let mut kept: std::collections::HashSet<Vec<u8>> = std::collections::HashSet::new();
    // Backwards, what is in a folder comes before it.
    for Found { dir, inside } in found.iter_mut().rev() {
        let path = &dir.path;
        dir.entries
            .retain(|(name, entry)| *entry != EntrySnapshot::Dir || kept.contains(&child_path(path, name)));
        if *inside || !dir.entries.is_empty() || path.is_empty() {
            kept.insert(path.clone());
        }
    }
    let dirs = found.into_iter().map(|found| found.dir).filter(|dir| kept.contains(&dir.path));
    Snapshot { dirs: dirs.collect() }
}
