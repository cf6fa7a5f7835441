//! Making a layer that the store itself describes: for copies, removals and flattened stacks.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde::{Deserialize, Serialize};

use crate::{IdMap, LayerScan, Meta, ScannedDir, ScannedNode, StoreError, xattr};

/// A layer to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerPlan {
    /// What it will hold.
    pub scan: LayerScan,
    /// Where the content of its files comes from, one for each file of `scan` in the order of [`LayerScan::nodes`].
    pub contents: Vec<FileContent>,
}

/// Where the content of a file comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileContent {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A file of the store that is there for this alone, by its path in the store's folder: it is moved.
    Staged(#[serde(with = "crate::path_bytes")] PathBuf),
    /// A file of another layer.
    Stored {
        /// Its path in the store's folder.
        #[serde(with = "crate::path_bytes")]
        path: PathBuf,
        /// It has the wanted attributes already, so it may be linked: layers never change.
        link: bool,
    },
}

/// Fills the empty folder `staged` as the plan says. `store` is the store's folder.
pub fn build_layer(store: &Path, staged: &Path, plan: &LayerPlan, ids: IdMap) -> Result<(), StoreError> {
    build(store, staged, plan, ids)
        .map_err(|failure| StoreError::io(failure.action, failure.path, failure.source))
}

/// What could not be done.
pub(crate) struct Failure {
    pub(crate) action: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Failure {
    move |source| Failure { action, path: path.to_path_buf(), source }
}

pub(crate) fn build(store: &Path, staged: &Path, plan: &LayerPlan, ids: IdMap) -> Result<(), Failure> {
    let mut builder = Builder { store, ids, inodes: HashSet::new(), groups: HashMap::new() };
    let mut paths = vec![staged.to_path_buf(); plan.scan.dirs.len()];
    // Contents follow the order of the folders, which are made in the reverse order: parents first.
    let mut ends: Vec<usize> = Vec::with_capacity(plan.scan.dirs.len());
    let mut files = 0;
    for dir in &plan.scan.dirs {
        files += dir.entries.iter().filter(|(_, node)| matches!(node, ScannedNode::File { .. })).count();
        ends.push(files);
    }
    for (index, dir) in plan.scan.dirs.iter().enumerate().rev() {
        let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        let contents = plan.contents.get(start..).unwrap_or_default();
        let path = paths.get(index).cloned().unwrap_or_default();
        for (child, path) in builder.fill(&path, dir, contents)? {
            if let Some(place) = paths.get_mut(child as usize) {
                *place = path;
            }
        }
    }
    // Attributes of folders last: they may lock the process out.
    for (dir, path) in plan.scan.dirs.iter().zip(&paths) {
        if dir.opaque {
            xattr::set_opaque(path).map_err(failed("mark", path))?;
        }
        builder.attributes(path, &dir.meta)?;
    }
    Ok(())
}

struct Builder<'a> {
    store: &'a Path,
    ids: IdMap,
    /// Device and inode of the files that were linked.
    inodes: HashSet<(u64, u64)>,
    /// The first file made of each link group.
    groups: HashMap<u32, PathBuf>,
}

impl Builder<'_> {
    /// Makes what is in a folder; gives its folders back.
    fn fill(
        &mut self,
        path: &Path,
        dir: &ScannedDir,
        contents: &[FileContent],
    ) -> Result<Vec<(u32, PathBuf)>, Failure> {
        let mut folders = Vec::new();
        let mut contents = contents.iter();
        for (name, node) in &dir.entries {
            let path = path.join(OsStr::from_bytes(name));
            match node {
                ScannedNode::Dir(child) => {
                    DirBuilder::new().mode(0o700).create(&path).map_err(failed("make", &path))?;
                    folders.push((*child, path));
                }
                ScannedNode::File { meta, link, .. } => {
                    self.file(&path, meta, *link, contents.next())?;
                }
                ScannedNode::Symlink { target, meta } => {
                    symlink(OsStr::from_bytes(target), &path).map_err(failed("make", &path))?;
                    self.owner(&path, meta)?;
                }
                ScannedNode::Fifo(meta) => {
                    make_node(&path, FileType::Fifo)?;
                    // It has no room for whose it should be; that is in the record, as of a link.
                    self.attributes(&path, &meta.clone().without_wanted_owner())?;
                }
                ScannedNode::Whiteout => make_node(&path, FileType::CharacterDevice)?,
            }
        }
        Ok(folders)
    }

    fn file(
        &mut self,
        path: &Path,
        meta: &Meta,
        group: Option<u32>,
        content: Option<&FileContent>,
    ) -> Result<(), Failure> {
        if let Some(first) = group.and_then(|group| self.groups.get(&group)) {
            return fs::hard_link(first, path).map_err(failed("link", path));
        }
        if let Some(group) = group {
            self.groups.insert(group, path.to_path_buf());
        }
        match content {
            Some(FileContent::Stored { path: source, link }) => {
                let source = self.store.join(source);
                if *link && self.link(&source, path)? {
                    return Ok(());
                }
                self.copy(&source, path, meta)
            }
            Some(FileContent::Staged(source)) => {
                fs::rename(self.store.join(source), path).map_err(failed("make", path))?;
                self.attributes(path, meta)
            }
            Some(FileContent::Bytes(bytes)) => {
                let mut file = create(path).map_err(failed("make", path))?;
                file.write_all(bytes).map_err(failed("write", path))?;
                self.attributes(path, meta)
            }
            None => {
                Err(failed("make", path)(io::Error::new(io::ErrorKind::InvalidInput, "it has no content")))
            }
        }
    }

    /// Links a file of another layer. Not when its inode is in this layer already: they would look like names of one file.
    fn link(&mut self, source: &Path, path: &Path) -> Result<bool, Failure> {
        let metadata = fs::symlink_metadata(source).map_err(failed("read", source))?;
        let inode = (metadata.dev(), metadata.ino());
        if self.inodes.contains(&inode) {
            return Ok(false);
        }
        // The kernel may refuse (too many links, a file of somebody else): a copy is as good.
        let linked = fs::hard_link(source, path).is_ok();
        if linked {
            self.inodes.insert(inode);
        }
        Ok(linked)
    }

    fn copy(&self, source: &Path, path: &Path, meta: &Meta) -> Result<(), Failure> {
        let mut from = File::open(source).map_err(failed("read", source))?;
        let metadata = from.metadata().map_err(failed("read", source))?;
        let mut to = create(path).map_err(failed("make", path))?;
        io::copy(&mut from, &mut to).map_err(failed("write", path))?;
        self.attributes(path, meta)?;
        let modified = metadata.modified().map_err(failed("read", source))?;
        to.set_modified(modified).map_err(failed("write", path))
    }

    /// Sets owner, attributes and mode, in the order in which none undoes another.
    fn attributes(&self, path: &Path, meta: &Meta) -> Result<(), Failure> {
        self.owner(path, meta)?;
        xattr::write(path, &meta.xattrs, self.ids).map_err(failed("set attributes of", path))?;
        fs::set_permissions(path, fs::Permissions::from_mode(meta.mode))
            .map_err(failed("set the mode of", path))
    }

    fn owner(&self, path: &Path, meta: &Meta) -> Result<(), Failure> {
        let owner = self.ids.outer(meta.uid, meta.gid);
        let (uid, gid) = owner.ok_or_else(|| {
            failed("change the owner of", path)(io::Error::from(io::ErrorKind::PermissionDenied))
        })?;
        let metadata = fs::symlink_metadata(path).map_err(failed("read", path))?;
        if (metadata.uid(), metadata.gid()) == (uid, gid) {
            return Ok(());
        }
        lchown(path, Some(uid), Some(gid)).map_err(|error| {
            // What chown(2) says in a namespace that has no such id.
            let unmapped = error.kind() == io::ErrorKind::InvalidInput;
            let told = || {
                let text = format!(
                    "this user's steps have no user {} and group {}, for that takes a range of subordinate ids; `pipe doctor` says how to get one",
                    meta.uid, meta.gid
                );
                io::Error::new(io::ErrorKind::InvalidInput, text)
            };
            failed("change the owner of", path)(if unmapped { told() } else { error })
        })
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// A named pipe, or overlayfs's whiteout: the character device 0:0, which needs no privilege.
fn make_node(path: &Path, kind: FileType) -> Result<(), Failure> {
    mknodat(CWD, path, kind, Mode::RUSR | Mode::WUSR, 0).map_err(|error| failed("make", path)(error.into()))
}
