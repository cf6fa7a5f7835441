//! Finding things in trees.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use pipe_ops::{BlobDigest, TreeDigest};

use crate::filter::Verdict;
use crate::hash::hash_sized;
use crate::merkle::{Batch, Node};
use crate::resolve::{Found, Resolved};
use crate::{
    Entry, EntryKind, FileRef, Filter, ListEntry, Meta, PathError, Store, StoreError, Tree, TreeKind,
};

impl Store {
    /// What stands at a path. Symbolic links are followed inside the tree only: `/` and `..` lead no higher than its root. Nothing
    /// there is [`PathError::Missing`] with the nearest names.
    pub fn entry(&self, tree: &Tree, path: &str) -> Result<Entry, StoreError> {
        let Resolved { names, found } = self.resolve(tree, path, true)?;
        match found {
            Found::Dir(digest) => {
                let layers = self.narrow(&tree.layers, &names)?;
                // A folder that hides the base is whole by itself.
                let opaque = !names.is_empty() && self.load_dir(digest, &Batch::default())?.opaque;
                let narrowed = Tree { digest: TreeDigest(digest), layers, kind: tree.kind };
                if tree.kind == TreeKind::Diff && (opaque || self.is_below_opaque(tree, &names)?) {
                    return Ok(Entry::Dir(self.close_base(&narrowed)?));
                }
                Ok(Entry::Dir(narrowed))
            }
            Found::Node(Node::File { digest, size, meta }) => {
                let place = self.locate(&tree.layers, &names)?;
                let place = place.ok_or_else(|| StoreError::Malformed {
                    what: format!("a tree with `{path}`"),
                    reason: "no layer has the file".to_owned(),
                })?;
                Ok(Entry::File(FileRef {
                    layer: place.layer,
                    path: place.path,
                    digest,
                    size,
                    mode: meta.mode,
                }))
            }
            Found::Node(_) => Ok(Entry::Other),
            Found::InBase => Ok(Entry::InBase),
            Found::Missing(dir, place) => {
                Err(self.missing(path, dir, names.get(place).map_or(b"", |name| name.as_slice()))?)
            }
        }
    }

    fn is_below_opaque(&self, tree: &Tree, names: &[Vec<u8>]) -> Result<bool, StoreError> {
        let batch = Batch::default();
        let mut dir = self.load_dir(tree.digest.0, &batch)?;
        let mut opaque = dir.opaque;
        for name in names {
            if let Some(Node::Dir(child)) = dir.entries.get(name).cloned() {
                dir = self.load_dir(child.digest, &batch)?;
                opaque |= dir.opaque;
            }
        }
        Ok(opaque)
    }

    /// The folder at a path; an error when it is none.
    pub fn subdir(&self, tree: &Tree, path: &str) -> Result<Tree, StoreError> {
        match self.entry(tree, path)? {
            Entry::Dir(tree) => Ok(tree),
            Entry::InBase => Err(PathError::InBase { path: path.to_owned() }.into()),
            Entry::File(_) | Entry::Other => Err(PathError::NotADirectory { path: path.to_owned() }.into()),
        }
    }

    /// The file at a path; an error when it is none.
    pub fn subfile(&self, tree: &Tree, path: &str) -> Result<FileRef, StoreError> {
        match self.entry(tree, path)? {
            Entry::File(file) => Ok(file),
            Entry::InBase => Err(PathError::InBase { path: path.to_owned() }.into()),
            Entry::Dir(_) => Err(PathError::IsADirectory { path: path.to_owned() }.into()),
            Entry::Other => Err(PathError::Special { path: path.to_owned() }.into()),
        }
    }

    /// The names of what is directly in a tree, sorted by their bytes.
    pub fn names(&self, tree: &Tree) -> Result<Vec<Vec<u8>>, StoreError> {
        let dir = self.load_dir(tree.digest.0, &Batch::default())?;
        let there = dir.entries.iter().filter(|(_, node)| **node != Node::Whiteout);
        Ok(there.map(|(name, _)| name.clone()).collect())
    }

    /// The paths of everything in a tree that a glob matches, folders too, sorted by their bytes. Symbolic links are not followed.
    pub fn glob(&self, tree: &Tree, glob: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let filter = Filter::new(&[glob.to_owned()], &[])?;
        let mut found = Vec::new();
        self.walk(tree.digest.0, &Batch::default(), &mut |path, node| {
            if *node != Node::Whiteout && filter.verdict(path, false) == Verdict::In {
                found.push(path.to_vec());
            }
            true
        })?;
        found.sort();
        Ok(found)
    }

    /// The attributes of a tree's own folder.
    pub fn root_meta(&self, tree: &Tree) -> Result<Meta, StoreError> {
        Ok(self.load_dir(tree.digest.0, &Batch::default())?.meta.clone())
    }

    /// Everything in a tree, folders before what is in them, sorted by the bytes of the names.
    pub fn list(&self, tree: &Tree) -> Result<Vec<ListEntry>, StoreError> {
        let batch = Batch::default();
        let mut found = Vec::new();
        self.walk(tree.digest.0, &batch, &mut |path, node| {
            found.push((path.to_vec(), node.clone()));
            true
        })?;
        found.into_iter().map(|(path, node)| self.list_entry(path, node, &batch)).collect()
    }

    fn list_entry(&self, path: Vec<u8>, node: Node, batch: &Batch) -> Result<ListEntry, StoreError> {
        let (kind, meta) = match node {
            Node::Dir(dir) => (EntryKind::Dir, self.load_dir(dir.digest, batch)?.meta.clone()),
            Node::File { digest, size, meta } => (EntryKind::File { digest, size }, meta),
            Node::Symlink { target, meta } => (EntryKind::Symlink { target }, meta),
            Node::Fifo(meta) => (EntryKind::Fifo, meta),
            Node::Whiteout => (EntryKind::Whiteout, Meta::plain(0)),
        };
        Ok(ListEntry { path, kind, meta })
    }

    /// Opens a file of a layer. Its content is not verified: [`Store::read_file`] does that.
    pub fn open_file(&self, file: &FileRef) -> Result<File, StoreError> {
        self.open_stored(&Path::new("layers").join(&file.layer).join(&file.path))
    }

    /// Opens a file of a layer whose content was verified just now.
    pub fn open_verified(&self, file: &FileRef) -> Result<File, StoreError> {
        let mut opened = self.open_file(file)?;
        let failed = |error| StoreError::io("read", self.layer_path(&file.layer).join(&file.path), error);
        let (found, _) = hash_sized(&mut opened, file.size).map_err(failed)?;
        opened.rewind().map_err(failed)?;
        if found == file.digest { Ok(opened) } else { Err(self.damaged(&file.layer)?) }
    }

    /// Opens a file of a layer, by its path in the store's folder.
    pub(crate) fn open_stored(&self, relative: &Path) -> Result<File, StoreError> {
        let path = self.dir().join(relative);
        self.reach("read", &path, || File::open(&path), |namespace| namespace.open(relative))
    }

    /// The bytes of a file, verified.
    pub fn read_file(&self, file: &FileRef) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        self.open_file(file)?
            .read_to_end(&mut bytes)
            .map_err(|error| StoreError::io("read", self.layer_path(&file.layer).join(&file.path), error))?;
        if BlobDigest::of(&bytes) == file.digest { Ok(bytes) } else { Err(self.damaged(&file.layer)?) }
    }

    /// Puts a layer aside that is not what it should be; the error to report.
    pub(crate) fn damaged(&self, layer: &str) -> Result<StoreError, StoreError> {
        self.quarantine_layer(layer)?;
        let quarantine: PathBuf = self.dir().join("quarantine").join(layer);
        Ok(StoreError::Damaged { what: format!("layer {layer}"), quarantine })
    }
}
