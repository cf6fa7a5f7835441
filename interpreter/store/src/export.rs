//! Writing results to the host: beside the destination first, then into its place at once.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use pipe_ops::BlobDigest;
use rustix::fs::{
    AtFlags, CWD, FileType, FlockOperation, Mode, RenameFlags, Timespec, Timestamps, flock, mknodat,
    renameat_with, utimensat,
};
use rustix::io::Errno;

use crate::hash::copy_hashed;
use crate::host_path::HostFolder;
use crate::locate::child_path;
use crate::merkle::{Batch, Node};
use crate::run::random_name;
use crate::{
    ExportError, FileRef, HostPath, IdMap, Meta, Store, StoreError, Tree, TreeKind, remove_layer, xattr,
};

/// Set-user-id and set-group-id.
const SET_UID: u32 = 0o4000;
const SET_GID: u32 = 0o2000;

/// What an export could not keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Files and folders that belong to somebody else in the tree, and to the caller now: only root can give files away.
    pub owners_lost: u64,
}

impl Exported {
    /// What to tell whoever asked for `destination`; `None` when all was kept.
    pub fn warning(&self, destination: &Path) -> Option<String> {
        (self.owners_lost > 0).then(|| {
            let (lost, path) = (self.owners_lost, destination.display());
            format!("only root can give files away: {lost} of {path} belong to other users in the result, and to you now")
        })
    }
}

impl Store {
    /// Writes a tree to a folder of the host, which is replaced as a whole, at once. Missing parents are made. Times are `mtime` (seconds
    /// since 1970); everything else is as a step sees it. Owners and file capabilities can be kept by root only: for others the steps'
    /// 0 is the caller, and what belongs to somebody else becomes the caller's and loses its set-user-id or set-group-id bit. A folder
    /// that holds more than an earlier result ([`ExportError::Precious`], [`ExportError::Foreign`]) is left alone.
    pub fn export_tree<'a>(
        &self,
        tree: &Tree,
        destination: impl Into<HostPath<'a>>,
        mtime: i64,
    ) -> Result<Exported, StoreError> {
        if tree.kind == TreeKind::Diff {
            return Err(ExportError::OverBase.into());
        }
        let destination = destination.into();
        let place = Place::of(destination)?;
        self.export_tree_to(tree, &place, destination.shown(), mtime).map_err(|error| place.named(error))
    }

    fn export_tree_to(
        &self,
        tree: &Tree,
        place: &Place,
        destination: &Path,
        mtime: i64,
    ) -> Result<Exported, StoreError> {
        let exists = match fs::symlink_metadata(&place.target) {
            Ok(metadata) if metadata.is_dir() => {
                self.is_replaceable(&place.target, destination, mtime).map(|()| true)?
            }
            Ok(_) => return Err(ExportError::NotADirectory { path: destination.to_path_buf() }.into()),
            Err(_) => false,
        };
        let beside = place.beside()?;
        DirBuilder::new()
            .mode(0o700)
            .create(&beside.path)
            .map_err(|error| write_error(&beside.path, error))?;
        let _held = beside.hold();
        let attributes = Attributes { mtime, is_root: rustix::process::geteuid().is_root() };
        let exported =
            TreeExport { store: self, root: &beside.path, attributes, links: HashMap::new() }.write(tree)?;
        put_in_place(&beside.path, &place.target, exists)?;
        Ok(exported)
    }

    /// Writes a file to the host, replacing one that exists, at once. Missing parents are made. It is content and permissions: the owner
    /// is the caller, and no set-id bit is written. A symbolic link at the destination is
    /// replaced, not followed; what is neither a file nor such a link is left alone (`/dev/null`, and `/dev/stdout`, which leads to
    /// whatever is open).
    pub fn export_file<'a>(
        &self,
        file: &FileRef,
        destination: impl Into<HostPath<'a>>,
        mtime: i64,
    ) -> Result<(), StoreError> {
        let destination = destination.into();
        let path = destination.shown();
        let is_folder = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
        if is_folder || path.as_os_str().as_bytes().ends_with(b"/") {
            return Err(ExportError::IsADirectory { path: path.to_path_buf() }.into());
        }
        if is_special(path) {
            return Err(ExportError::NotAFile { path: path.to_path_buf() }.into());
        }
        let place = Place::of(destination)?;
        self.export_file_to(file, &place, mtime).map_err(|error| place.named(error))
    }

    fn export_file_to(&self, file: &FileRef, place: &Place, mtime: i64) -> Result<(), StoreError> {
        let beside = place.beside()?;
        let from = self.open_file(file)?;
        self.write_file(from, &beside.path, file.digest, &file.layer)?;
        let _held = beside.hold();
        let attributes = Attributes { mtime, is_root: false };
        attributes.set(&beside.path, &Meta::plain(file.mode & !(SET_UID | SET_GID)))?;
        fs::rename(&beside.path, &place.target).map_err(|error| write_error(&place.target, error))
    }

    /// Copies a file out, verifying it.
    fn write_file(
        &self,
        mut from: File,
        path: &Path,
        digest: BlobDigest,
        layer: &str,
    ) -> Result<(), StoreError> {
        let created = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
        let mut to = created.map_err(|error| write_error(path, error))?;
        let (found, _) = copy_hashed(&mut from, &mut to).map_err(|error| write_error(path, error))?;
        if found == digest { Ok(()) } else { Err(self.damaged(layer)?) }
    }
}

/// Whether something is there that a file must not take the place of: a device, a pipe, a socket, or one of the links of `/dev`
/// that lead to a process's open files.
fn is_special(destination: &Path) -> bool {
    let is_special =
        |metadata: fs::Metadata| !(metadata.is_file() || metadata.is_dir() || metadata.is_symlink());
    let leads_to_open_file = fs::read_link(destination).is_ok_and(|target| target.starts_with("/proc"));
    leads_to_open_file || fs::metadata(destination).is_ok_and(is_special)
}

/// Where a result goes. Its paths lead through the folder that was opened, whatever becomes of the way to it meanwhile.
struct Place {
    folder: HostFolder,
    name: OsString,
    target: PathBuf,
}

/// A path beside the destination; removed when dropped, unless it was moved into place.
struct Beside {
    path: PathBuf,
}

impl Place {
    fn of(destination: HostPath<'_>) -> Result<Place, StoreError> {
        let path = destination.shown();
        let name = path.file_name().ok_or_else(|| ExportError::Precious {
            path: path.to_path_buf(),
            reason: "is a folder of its own right",
        })?;
        let parent = path.parent().unwrap_or(path);
        let folder = destination.parent().map_err(|error| write_error(parent, error))?;
        let target = folder.path().join(name);
        Ok(Place { folder, name: name.to_owned(), target })
    }

    /// An error that speaks of paths as people know them.
    fn named(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Export(ExportError::Write { path, source }) => {
                write_error(&self.folder.shown(&path), source)
            }
            other => other,
        }
    }

    /// A free name beside the destination. What killed processes have left there is removed.
    fn beside(&self) -> Result<Beside, StoreError> {
        let mut prefix = OsString::from(".");
        prefix.push(&self.name);
        prefix.push(".pipe-");
        let parent = self.folder.path();
        for entry in fs::read_dir(&parent).into_iter().flatten().flatten() {
            if entry.file_name().as_bytes().starts_with(prefix.as_bytes()) {
                remove_abandoned(&entry.path());
            }
        }
        prefix.push(random_name()?);
        Ok(Beside { path: parent.join(prefix) })
    }
}

impl Beside {
    /// Shows other processes that somebody is at work here.
    fn hold(&self) -> Option<File> {
        let file = File::open(&self.path).ok()?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
        Some(file)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = remove_layer(&self.path);
    }
}

/// Nothing depends on it: whoever cannot remove it leaves it.
fn remove_abandoned(path: &Path) {
    if let Ok(file) = File::open(path)
        && old_enough(&file)
        && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
    {
        let _ = remove_layer(path);
    }
}

/// Another process may have made it and not locked it yet.
fn old_enough(file: &File) -> bool {
    let modified = file.metadata().and_then(|metadata| metadata.created().or_else(|_| metadata.modified()));
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() > 60))
}

/// A tree being written.
struct TreeExport<'a> {
    store: &'a Store,
    root: &'a Path,
    attributes: Attributes,
    /// Members of link groups, by path, with the group; and where the first of each group is.
    links: HashMap<Vec<u8>, usize>,
}

impl TreeExport<'_> {
    fn write(mut self, tree: &Tree) -> Result<Exported, StoreError> {
        let batch = Batch::default();
        let root = self.store.load_dir(tree.digest.0, &batch)?;
        let mut entries = Vec::new();
        self.store.walk(tree.digest.0, &batch, &mut |path, node| {
            entries.push((path.to_vec(), node.clone()));
            true
        })?;
        let mut groups = 0;
        let mut folders = vec![(Vec::new(), root)];
        for (path, node) in &entries {
            if let Node::Dir(dir) = node {
                folders.push((path.clone(), self.store.load_dir(dir.digest, &batch)?));
            }
        }
        for (path, dir) in &folders {
            for group in &dir.links {
                for member in group {
                    // What a folder above says of the file holds more names of it.
                    self.links.entry(child_path(path, member)).or_insert(groups);
                }
                groups += 1;
            }
        }
        let sources = self.store.sources(&tree.layers)?;
        let mut firsts: HashMap<usize, PathBuf> = HashMap::new();
        for (path, node) in &entries {
            self.entry(path, node, &sources, &mut firsts)?;
        }
        // Attributes of folders last and deepest first: they may lock the process out, and writing in one changes its time.
        for (path, dir) in folders.iter().rev() {
            self.attributes.set(&self.place(path), &dir.meta)?;
        }
        let metas = entries.iter().filter_map(|(_, node)| match node {
            Node::File { meta, .. } | Node::Symlink { meta, .. } | Node::Fifo(meta) => Some(meta),
            Node::Dir(_) | Node::Whiteout => None,
        });
        let metas = metas.chain(folders.iter().map(|(_, dir)| &dir.meta));
        let lost = metas.filter(|meta| !self.attributes.keeps_owner(&meta.wanted()));
        Ok(Exported { owners_lost: lost.count() as u64 })
    }

    fn entry(
        &self,
        path: &[u8],
        node: &Node,
        sources: &HashMap<Vec<u8>, PathBuf>,
        firsts: &mut HashMap<usize, PathBuf>,
    ) -> Result<(), StoreError> {
        let place = self.place(path);
        let failed = |error: io::Error| write_error(&place, error);
        match node {
            Node::Dir(_) => DirBuilder::new().mode(0o700).create(&place).map_err(failed),
            Node::File { digest, meta, .. } => {
                let group = self.links.get(path);
                if let Some(first) = group.and_then(|group| firsts.get(group)) {
                    return fs::hard_link(first, &place).map_err(failed);
                }
                if let Some(group) = group {
                    firsts.insert(*group, place.clone());
                }
                let source = sources.get(path).ok_or_else(|| StoreError::Malformed {
                    what: format!("a tree with `{}`", String::from_utf8_lossy(path)),
                    reason: "no layer has the file".to_owned(),
                })?;
                let layer = source.iter().nth(1).unwrap_or_default().to_string_lossy();
                self.store.write_file(self.store.open_stored(source)?, &place, *digest, &layer)?;
                self.attributes.set(&place, meta)
            }
            Node::Symlink { target, meta } => {
                symlink(OsStr::from_bytes(target), &place).map_err(failed)?;
                self.attributes.set_link(&place, meta)
            }
            Node::Fifo(meta) => {
                mknodat(CWD, &place, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
                    .map_err(|e| failed(e.into()))?;
                self.attributes.set(&place, meta)
            }
            Node::Whiteout => Ok(()),
        }
    }

    fn place(&self, path: &[u8]) -> PathBuf {
        if path.is_empty() { self.root.to_path_buf() } else { self.root.join(OsStr::from_bytes(path)) }
    }
}

/// How attributes are written.
#[derive(Clone, Copy)]
struct Attributes {
    mtime: i64,
    /// Whether the caller may give files away.
    is_root: bool,
}

impl Attributes {
    fn keeps_owner(self, meta: &Meta) -> bool {
        self.is_root || (meta.uid, meta.gid) == (0, 0)
    }

    /// Of a file, a folder or a pipe.
    fn set(self, path: &Path, meta: &Meta) -> Result<(), StoreError> {
        let (meta, failed) = (&meta.wanted(), |error| write_error(path, error));
        // Giving a file away takes its set-id bits and capabilities: first.
        self.set_owner(path, meta)?;
        for attribute in meta.xattrs.iter().filter(|(name, _)| self.is_root || name.starts_with(b"user.")) {
            match xattr::write(path, std::slice::from_ref(attribute), IdMap::Identity) {
                // The destination's file system has none.
                Err(error) if error.raw_os_error() == Some(Errno::NOTSUP.raw_os_error()) => break,
                other => other.map_err(failed)?,
            }
        }
        fs::set_permissions(path, fs::Permissions::from_mode(self.mode(meta))).map_err(failed)?;
        set_time(path, self.mtime)
    }

    /// Of a symbolic link.
    fn set_link(self, path: &Path, meta: &Meta) -> Result<(), StoreError> {
        self.set_owner(path, &meta.wanted())?;
        set_time(path, self.mtime)
    }

    fn set_owner(self, path: &Path, meta: &Meta) -> Result<(), StoreError> {
        if !self.is_root {
            return Ok(());
        }
        lchown(path, Some(meta.uid), Some(meta.gid)).map_err(|error| write_error(path, error))
    }

    /// A set-id bit means its file's owner: it goes where the owner cannot be kept.
    fn mode(self, meta: &Meta) -> u32 {
        let lost = |id: u32, bit: u32| if self.is_root || id == 0 { 0 } else { bit };
        meta.mode & !lost(meta.uid, SET_UID) & !lost(meta.gid, SET_GID)
    }
}

fn set_time(path: &Path, mtime: i64) -> Result<(), StoreError> {
    let time = Timespec { tv_sec: mtime, tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| write_error(path, error.into()))
}

/// Moves a folder to its place. One that is there already is exchanged, so at every moment there is a whole one.
fn put_in_place(from: &Path, to: &Path, exists: bool) -> Result<(), StoreError> {
    if !exists {
        return fs::rename(from, to).map_err(|error| write_error(to, error));
    }
    match renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE) {
        // What was there is now where the new one was, and goes with it.
        Ok(()) => Ok(()),
        // A file system that cannot exchange.
        Err(Errno::INVAL | Errno::NOSYS) => {
            let mut aside = from.as_os_str().to_owned();
            aside.push("-old");
            let aside = Beside { path: PathBuf::from(aside) };
            fs::rename(to, &aside.path).map_err(|error| write_error(to, error))?;
            fs::rename(from, to).map_err(|error| {
                let _ = fs::rename(&aside.path, to);
                write_error(to, error)
            })
        }
        Err(error) => Err(write_error(to, error.into())),
    }
}

pub(crate) fn write_error(path: &Path, source: io::Error) -> StoreError {
    ExportError::Write { path: path.to_path_buf(), source }.into()
}
