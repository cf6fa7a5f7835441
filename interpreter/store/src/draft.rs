//! A layer from elsewhere: put together entry by entry from what an archive says, without its paths ever touching the file system.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_ops::BlobDigest;
use sha2::{Digest as _, Sha256};

use crate::namespace::RANGE;
use crate::plan::{PlanBuilder, Planned};
use crate::{DiffLayer, FileContent, Meta, Store, StoreError, WritePoint};

/// Bytes of a name, and of a path: what the kernel takes, less what the store's own folders need.
const NAME_LIMIT: usize = 255;
const PATH_LIMIT: usize = 3800;

/// Why an entry cannot be in a layer.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The path leaves the layer, or is none.
    #[error("`{path}` {reason}")]
    Path {
        /// As it is written, made printable.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Its content could not be read.
    #[error("{0}")]
    Read(io::Error),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A layer that grows. Paths are of bytes, relative to the layer; a slash in front means the same. What was written for it goes with
/// it when it is dropped.
pub struct LayerDraft {
    store: Store,
    folder: PathBuf,
    files: u64,
    plan: PlanBuilder,
    /// By number of the folder: what is known of it beside its attributes.
    folders: Vec<Folder>,
    /// Files by their paths, for hard links.
    linkable: HashMap<Vec<u8>, (usize, Vec<u8>)>,
    groups: u32,
    whiteouts: Vec<(usize, Vec<u8>)>,
    /// How many ids steps have.
    ids: u32,
    /// Something belonged to an id that steps do not have.
    squashed: bool,
}

struct Folder {
    path: Vec<u8>,
    /// An entry gave its attributes.
    stated: bool,
    children: BTreeMap<Vec<u8>, Kind>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder(usize),
    Other,
}

impl Drop for LayerDraft {
    fn drop(&mut self) {
        // The process's own folder goes with it anyway.
        let _ = self.store.remove_folder(&self.folder);
    }
}

impl LayerDraft {
    /// An empty layer.
    pub fn begin(store: &Store) -> Result<LayerDraft, StoreError> {
        let root = Folder { path: Vec::new(), stated: false, children: BTreeMap::new() };
        Ok(LayerDraft {
            folder: store.staged_dir()?,
            store: store.clone(),
            ids: store.step_ids()?,
            squashed: false,
            files: 0,
            plan: PlanBuilder::new(Meta::plain(0o755)),
            folders: vec![root],
            linkable: HashMap::new(),
            groups: 0,
            whiteouts: Vec::new(),
        })
    }

    /// A folder. Said twice, the last one's attributes hold; the empty path is the layer's own folder.
    pub fn dir(&mut self, path: &[u8], meta: Meta) -> Result<(), DraftError> {
        let names = names(path)?;
        let meta = self.owned(path, meta)?;
        let number = self.enter(path, &names)?;
        self.plan.set_meta(number, meta);
        if let Some(folder) = self.folders.get_mut(number) {
            folder.stated = true;
        }
        Ok(())
    }

    /// A regular file with the content that `content` gives to its end.
    pub fn file(
        &mut self,
        path: &[u8],
        meta: Meta,
        modified: Option<SystemTime>,
        content: &mut dyn Read,
    ) -> Result<(), DraftError> {
        let meta = self.owned(path, meta)?;
        let (parent, name) = self.place(path)?;
        let staged = self.folder.join(self.files.to_string());
        self.files += 1;
        let (digest, size) = keep(&self.store, &staged, modified, content)?;
        let content = FileContent::Staged(self.store.relative(&staged).to_path_buf());
        let key = joined(&names(path)?);
        self.linkable.insert(key, (parent, name.clone()));
        self.put(parent, &name, Planned::File { digest, size, meta, link: None, content });
        Ok(())
    }

    /// A symbolic link. Where it leads does not matter: it is followed inside containers only.
    pub fn symlink(&mut self, path: &[u8], target: &[u8], meta: Meta) -> Result<(), DraftError> {
        let (parent, name) = self.place(path)?;
        if target.is_empty() || target.len() > PATH_LIMIT || target.contains(&0) {
            return Err(refused(path, "is a symbolic link to what is no path"));
        }
        let meta = self.owned(path, Meta { xattrs: Vec::new(), ..meta })?;
        self.put(parent, &name, Planned::Symlink { target: target.to_vec(), meta });
        Ok(())
    }

    /// A named pipe.
    pub fn fifo(&mut self, path: &[u8], meta: Meta) -> Result<(), DraftError> {
        let (parent, name) = self.place(path)?;
        let meta = self.owned(path, Meta { xattrs: Vec::new(), ..meta })?;
        self.put(parent, &name, Planned::Fifo(meta));
        Ok(())
    }

    /// Another name of a file that the layer already holds.
    pub fn hard_link(&mut self, path: &[u8], target: &[u8]) -> Result<(), DraftError> {
        if target.first() == Some(&b'/') {
            return Err(refused(path, "is a hard link to an absolute path"));
        }
        let target = names(target).map_err(|_| refused(path, "is a hard link out of the archive"))?;
        let Some((folder, original)) = self.linkable.get(&joined(&target)).cloned() else {
            return Err(refused(path, "is a hard link to a file that the archive does not hold"));
        };
        let (parent, name) = self.place(path)?;
        let next = self.groups;
        let linked = self.plan.link(folder, &original, next);
        let node = linked.ok_or_else(|| refused(path, "is a hard link to what is no file"))?;
        self.groups += 1;
        self.linkable.insert(joined(&names(path)?), (parent, name.clone()));
        self.put(parent, &name, node);
        Ok(())
    }

    /// What lower layers have at the path is gone. Something that this layer has there itself stays.
    pub fn whiteout(&mut self, path: &[u8]) -> Result<(), DraftError> {
        let names = names(path)?;
        let Some((name, folders)) = names.split_last() else {
            return Err(refused(path, "takes the whole tree away"));
        };
        let parent = self.enter(path, folders)?;
        self.whiteouts.push((parent, name.to_vec()));
        Ok(())
    }

    /// What lower layers have in a folder is gone.
    pub fn opaque(&mut self, path: &[u8]) -> Result<(), DraftError> {
        let names = names(path)?;
        let number = self.enter(path, &names)?;
        self.plan.set_opaque(number);
        Ok(())
    }

    /// Whether something belonged to an id that steps do not have, and belongs to 0 now.
    pub fn lost_owners(&self) -> bool {
        self.squashed
    }

    /// Has all files been modified earlier; none before 1970.
    pub fn set_back(&self, by: Duration) -> Result<(), StoreError> {
        for number in 0..self.files {
            let path = self.folder.join(number.to_string());
            let failed = |error| StoreError::io("write", &path, error);
            // It may have been replaced, or never been put in.
            let Ok(file) = File::options().write(true).open(&path) else { continue };
            let modified = file.metadata().and_then(|metadata| metadata.modified()).map_err(failed)?;
            let earlier = modified.checked_sub(by).unwrap_or(UNIX_EPOCH).max(UNIX_EPOCH);
            file.set_modified(earlier).map_err(failed)?;
        }
        Ok(())
    }

    /// Makes the folder that was described, in this process's working folder.
    pub(crate) fn build(mut self) -> Result<PathBuf, StoreError> {
        let plan = std::mem::replace(&mut self.plan, PlanBuilder::new(Meta::plain(0o755))).finish();
        self.store.build(&plan)
    }

    /// Puts the layer into the store.
    pub fn finish(mut self) -> Result<DiffLayer, StoreError> {
        for (parent, name) in std::mem::take(&mut self.whiteouts) {
            let known = self.folders.get(parent).and_then(|folder| folder.children.get(&name)).copied();
            match known {
                Some(Kind::Folder(number)) => self.plan.set_opaque(number),
                // It covers what is below by itself.
                Some(Kind::Other) => {}
                None => self.plan.put(parent, &name, Planned::Whiteout),
            }
        }
        let unstated = self.folders.iter().filter(|folder| !folder.stated);
        let implied: Vec<Vec<u8>> = unstated.map(|folder| folder.path.clone()).collect();
        let plan = std::mem::replace(&mut self.plan, PlanBuilder::new(Meta::plain(0o755))).finish();
        let tree = self.store.record_plan(&self.store.empty_diff(), &plan)?;
        Ok(DiffLayer { tree, implied, squashed: self.squashed })
    }

    /// The attributes as this machine can give them: where steps have a single id, everything belongs to it, and whose it should be is
    /// kept beside.
    fn owned(&mut self, path: &[u8], meta: Meta) -> Result<Meta, DraftError> {
        if meta.uid >= RANGE || meta.gid >= RANGE {
            return Err(refused(path, "belongs to an id above 65535, which no step has"));
        }
        let held = meta.without_wanted_owner().held(self.ids);
        self.squashed |= held.wanted() != held;
        Ok(held)
    }

    fn put(&mut self, parent: usize, name: &[u8], node: Planned) {
        self.plan.put(parent, name, node);
        if let Some(folder) = self.folders.get_mut(parent) {
            folder.children.insert(name.to_vec(), Kind::Other);
        }
    }

    /// The folder and the name of something new that is no folder.
    fn place(&mut self, path: &[u8]) -> Result<(usize, Vec<u8>), DraftError> {
        let names = names(path)?;
        let Some((name, folders)) = names.split_last() else {
            return Err(refused(path, "names the archive's own folder"));
        };
        let parent = self.enter(path, folders)?;
        if self.folders.get(parent).is_some_and(|folder| folder.children.contains_key(*name)) {
            return Err(refused(path, "is there twice"));
        }
        Ok((parent, name.to_vec()))
    }

    /// The folder of a path, made where it is missing.
    fn enter(&mut self, path: &[u8], names: &[&[u8]]) -> Result<usize, DraftError> {
        let mut at = 0;
        for name in names {
            let known = self.folders.get(at).and_then(|folder| folder.children.get(*name)).copied();
            at = match known {
                Some(Kind::Folder(number)) => number,
                Some(Kind::Other) => return Err(refused(path, "goes through something that is no folder")),
                None => self.make(at, name),
            };
        }
        Ok(at)
    }

    fn make(&mut self, parent: usize, name: &[u8]) -> usize {
        let number = self.plan.dir(parent, name, Meta::plain(0o755), false);
        let above = self.folders.get(parent).map(|folder| folder.path.as_slice()).unwrap_or_default();
        let path = crate::locate::child_path(above, name);
        self.folders.push(Folder { path, stated: false, children: BTreeMap::new() });
        if let Some(folder) = self.folders.get_mut(parent) {
            folder.children.insert(name.to_vec(), Kind::Folder(number));
        }
        number
    }
}

/// The names of a path.
fn names(path: &[u8]) -> Result<Vec<&[u8]>, DraftError> {
    if path.len() > PATH_LIMIT {
        return Err(refused(path, "is too long a path"));
    }
    let names: Vec<&[u8]> =
        path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".").collect();
    for name in &names {
        if *name == b".." {
            return Err(refused(path, "leads out of the archive"));
        }
        if name.len() > NAME_LIMIT {
            return Err(refused(path, "has a name of more than 255 bytes"));
        }
        if name.contains(&0) {
            return Err(refused(path, "has a NUL byte"));
        }
    }
    Ok(names)
}

fn joined(names: &[&[u8]]) -> Vec<u8> {
    names.join(&b'/')
}

fn refused(path: &[u8], reason: &'static str) -> DraftError {
    let start = path.get(..path.len().min(200)).unwrap_or_default();
    DraftError::Path { path: start.escape_ascii().to_string(), reason }
}

/// Writes and digests the content of a file.
fn keep(
    store: &Store,
    staged: &Path,
    modified: Option<SystemTime>,
    content: &mut dyn Read,
) -> Result<(BlobDigest, u64), DraftError> {
    let failed = |error| StoreError::io("write", staged, error);
    let mut file = store.disk().create_new(staged).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    let mut size = 0u64;
    loop {
        let count = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(DraftError::Read(error)),
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        hasher.update(bytes);
        file.write_all(bytes).map_err(failed)?;
        size += count as u64;
    }
    if let Some(modified) = modified {
        file.set_modified(modified).map_err(failed)?;
    }
    store.disk().before(WritePoint::Filled(staged)).map_err(failed)?;
    Ok((BlobDigest(pipe_ops::Digest(hasher.finalize().into())), size))
}
