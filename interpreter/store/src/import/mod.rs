//! Taking folders and files of the host in.
//!
//! A folder is walked in parallel and compared with what the store remembers of it (the stat-cache); only files that may have
//! changed are read. What did change becomes a layer over what was taken in last time.

mod changes;
mod ignored;
mod known;
mod read;
mod snapshot;
mod walk;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pipe_ops::{BlobDigest, Digest, TreeDigest};
use rusqlite::OptionalExtension;

use self::ignored::Ignored;
pub use self::ignored::is_ignored;
pub use self::known::Known;
use self::read::{Reader, Wanted};
use self::snapshot::{Content, Snapshot};
use crate::merkle::{Batch, Node};
use crate::usage::mark;
use crate::{FileContent, FileRef, Filter, HostPath, ImportError, Stop, Store, StoreError, Tree, TreeKind};

/// A tree on more layers than these is made one layer again when it changes.
const STACK_LIMIT: usize = 16;

/// How a folder is taken in.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Digest every file anew, whatever the stat-cache says.
    pub ignore_stat_cache: bool,
    /// `.gitignore` and `.pipeignore` say what does not count: those in the folder, and those in the folders that lead to it from this
    /// one on. `None`: they are files like others.
    pub ignore_files_from: Option<PathBuf>,
    /// Asked for each folder and file: when it is due nothing is taken in.
    pub stop: Stop,
}

/// A folder of the host that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What it holds.
    pub tree: Tree,
    /// Paths from the folder on, sorted, of what is in it and is no file, folder or link: sockets, named pipes, devices. They are left out.
    pub left_out: Vec<PathBuf>,
}

/// What was taken in last time.
struct Previous {
    tree: Tree,
    snapshot: Snapshot,
}

/// A folder, what is in it now, paths of what counts there and is no file, folder or link, and what was taken in last time.
type AtDir = (PathBuf, Snapshot, Vec<Vec<u8>>, Option<Previous>);

/// The folder of a file, its name there, what it is now, and what was taken in last time.
type AtFile<'p> = (&'p Path, &'p [u8], Snapshot, Option<Previous>);

impl Store {
    /// Takes a folder of the host in. Owners become 0:0 and modes 0644 or 0755, so that a key does not depend on who checked the
    /// files out; symbolic links stay as they are; sockets, pipes and devices are left out, and named. An unchanged folder costs a walk.
    pub fn import_dir<'a>(
        &self,
        path: impl Into<HostPath<'a>>,
        filter: &Filter,
        options: &ImportOptions,
    ) -> Result<Imported, StoreError> {
        let (root, found, other, previous) = self.look_at_dir(path.into(), filter, options)?;
        let left_out = other.into_iter().map(|path| OsString::from_vec(path).into()).collect();
        Ok(Imported { tree: self.take_in(&root, filter.key(), found, previous, options)?, left_out })
    }

    /// What is in a folder now, with what counts there and is no file, folder or link, and what was there last time.
    fn look_at_dir(
        &self,
        path: HostPath<'_>,
        filter: &Filter,
        options: &ImportOptions,
    ) -> Result<AtDir, StoreError> {
        let root = path.real().map_err(|error| read_error(path.shown(), error))?;
        if !fs::metadata(&root).map_err(|error| read_error(path.shown(), error))?.is_dir() {
            return Err(ImportError::NotADirectory { path: path.shown().to_path_buf() }.into());
        }
        let ignored = match &options.ignore_files_from {
            Some(from) => Ignored::above(from, &root)?,
            None => Ignored::default(),
        };
        // What is remembered of many files takes as long to read as a part of the walk.
        let (found, previous) = rayon::join(
            || walk::walk(&root, filter, ignored, self.inside(&root), &options.stop),
            || self.previous(&root, filter.key()),
        );
        let (found, other) = found?;
        Ok((root, found, other, previous?))
    }

    /// Takes a file of the host in.
    pub fn import_file<'a>(&self, path: impl Into<HostPath<'a>>) -> Result<FileRef, StoreError> {
        let host = path.into();
        let file = host.real().map_err(|error| read_error(host.shown(), error))?;
        let (folder, name, found, previous) = self.look_at_file(host.shown(), &file)?;
        let key = file_key(&file);
        let tree = self.take_in(folder, key, found, previous, &ImportOptions::default())?;
        // It may have gone away between the look and the read.
        let gone = || read_error(host.shown(), io::Error::from(io::ErrorKind::NotFound));
        self.only_file(&tree, name)?.ok_or_else(gone)
    }

    /// What a file of the host is now, in its folder and with its name there, and what it was last time.
    fn look_at_file<'p>(&self, shown: &Path, file: &'p Path) -> Result<AtFile<'p>, StoreError> {
        let not_a_file = || ImportError::NotAFile { path: shown.to_path_buf() };
        if !fs::metadata(file).map_err(|error| read_error(shown, error))?.is_file() {
            return Err(not_a_file().into());
        }
        let (folder, name) = file.parent().zip(file.file_name()).ok_or_else(not_a_file)?;
        let found = walk::single(folder, name.as_bytes())?;
        Ok((folder, name.as_bytes(), found, self.previous(folder, file_key(file))?))
    }

    /// The file that is all that a tree holds.
    fn only_file(&self, tree: &Tree, name: &[u8]) -> Result<Option<FileRef>, StoreError> {
        let root = self.load_dir(tree.digest.0, &Batch::default())?;
        let name = name.to_vec();
        let place = self.locate(&tree.layers, std::slice::from_ref(&name))?;
        Ok(match (root.entries.get(&name), place) {
            (Some(Node::File { digest, size, meta }), Some(place)) => Some(FileRef {
                layer: place.layer,
                path: place.path,
                digest: *digest,
                size: *size,
                mode: meta.mode,
            }),
            _ => None,
        })
    }

    /// The store's own folder, when it is inside the one that is taken in: it never counts.
    fn inside(&self, root: &Path) -> Option<Vec<u8>> {
        let store = fs::canonicalize(self.dir()).ok()?;
        Some(store.strip_prefix(root).ok()?.as_os_str().as_bytes().to_vec())
    }

    fn take_in(
        &self,
        root: &Path,
        filter: Digest,
        found: Snapshot,
        previous: Option<Previous>,
        options: &ImportOptions,
    ) -> Result<Tree, StoreError> {
        let reader = Reader::new(self, root);
        let mut snapshot = found;
        let wanted =
            Wanted::of(&mut snapshot, previous.as_ref().map(|p| &p.snapshot), options.ignore_stat_cache);
        let contents = reader.read_all(&mut snapshot, wanted)?;
        if let Some(previous) = &previous
            && snapshot == previous.snapshot
        {
            return Ok(previous.tree.clone());
        }
        let (before, old) = match previous {
            Some(previous) => (previous.tree, previous.snapshot),
            None => (self.empty_tree(), Snapshot::default()),
        };
        let plan = changes::plan(&old, &snapshot, contents, &|path| self.held(&before, path))?;
        let mut tree = self.record_plan(&before, &plan)?;
        reader.clean_up()?;
        if tree.layers.len() > STACK_LIMIT {
            tree = self.flatten(&tree)?;
        }
        self.remember(root, filter, tree.digest, &snapshot)?;
        Ok(tree)
    }

    /// The content of a file that was taken in last time.
    fn held(&self, tree: &Tree, path: &[u8]) -> Result<FileContent, StoreError> {
        let names: Vec<Vec<u8>> = path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
        let place = self.locate(&tree.layers, &names)?.ok_or_else(|| StoreError::Malformed {
            what: format!("a tree with `{}`", String::from_utf8_lossy(path)),
            reason: "no layer has the file".to_owned(),
        })?;
        Ok(FileContent::Stored { path: Path::new("layers").join(place.layer).join(place.path), link: false })
    }

    fn previous(&self, root: &Path, filter: Digest) -> Result<Option<Previous>, StoreError> {
        let row: Option<([u8; 32], Vec<u8>)> = self.database().read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT tree, stats FROM import WHERE host = ?1 AND filter = ?2")?;
            statement
                .query_row((root.as_os_str().as_bytes(), &filter.0[..]), |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })?;
        let Some((digest, stats)) = row else { return Ok(None) };
        // A row that cannot be read is as good as none, as is a tree of which something is gone.
        let Ok(snapshot) = postcard::from_bytes(&stats) else { return Ok(None) };
        let digest = TreeDigest(Digest(digest));
        let tree = if digest == self.empty_tree().digest {
            Some(self.empty_tree())
        } else {
            self.find_tree(digest, TreeKind::Whole)?
        };
        if tree.is_some() {
            self.used(import_key(root.as_os_str().as_bytes(), &filter.0));
        }
        Ok(tree.map(|tree| Previous { tree, snapshot }))
    }

    fn remember(
        &self,
        root: &Path,
        filter: Digest,
        tree: TreeDigest,
        snapshot: &Snapshot,
    ) -> Result<(), StoreError> {
        let stats = postcard::to_stdvec(snapshot).map_err(|error| StoreError::Malformed {
            what: "a folder".to_owned(),
            reason: error.to_string(),
        })?;
        let (epoch, key) = (self.epoch()?, import_key(root.as_os_str().as_bytes(), &filter.0));
        self.used(key);
        self.database().write(|transaction| {
            mark(transaction, key, epoch)?;
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO import (host, filter, tree, stats) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute((root.as_os_str().as_bytes(), &filter.0[..], &tree.0.0[..], stats))
                .map(drop)
        })
    }
}

/// What a file that is taken in by itself is called, as a filter of its folder.
fn file_key(file: &Path) -> Digest {
    Digest::of(file.as_os_str().as_bytes())
}

/// What an imported folder is called among the things that are used.
pub(crate) fn import_key(host: &[u8], filter: &[u8]) -> Digest {
    Digest::of(&[b"import\0", host, b"\0", filter].concat())
}

/// Files that were read because their content is new: where the bytes are now, in the store's folder.
type Contents = std::collections::HashMap<Vec<u8>, PathBuf>;

fn read_error(path: &Path, source: io::Error) -> StoreError {
    ImportError::Read { path: path.to_path_buf(), source }.into()
}

/// The content of an empty file, which a file has until it was read. Digested once: there are many files.
fn unread() -> Content {
    static EMPTY: LazyLock<BlobDigest> = LazyLock::new(|| BlobDigest::of(b""));
    Content { digest: *EMPTY, size: 0, settled: false }
}
