//! Trees made from trees: copy, write, remove. Each puts one small layer on top.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use pipe_ops::{BlobDigest, Digest};

use crate::filter::Verdict;
use crate::locate::child_path;
use crate::merkle::{Batch, Node};
use crate::plan::{PlanBuilder, Planned};
use crate::resolve::{Found, Resolved};
use crate::{
    FileContent, FileRef, Filter, LayerPlan, Meta, PathError, Store, StoreError, Stored, Tree, TreeKind,
};

/// How a copy is made.
#[derive(Clone, Debug, Default)]
pub struct CopyOptions {
    /// User and group of everything copied; 0:0 when `None`.
    pub owner: Option<(u32, u32)>,
    /// Permission bits of every file copied; as they are when `None`.
    pub mode: Option<u32>,
    /// As a Dockerfile's `COPY` does it: `mode` is for folders, too; folders that are made for the copy are `owner`'s; and the one it
    /// goes to, when it is made, is like every new folder instead of like the source.
    pub gathered: bool,
    /// What of a copied tree counts.
    pub filter: Filter,
}

impl CopyOptions {
    fn meta(&self, meta: &Meta, takes_mode: bool) -> Meta {
        let (uid, gid) = self.owner.unwrap_or((0, 0));
        let mode = self.mode.filter(|_| takes_mode).unwrap_or(meta.mode) & 0o7777;
        Meta { mode, uid, gid, ..meta.clone().without_wanted_owner() }
    }

    /// The attributes of the folder that a tree is copied to, when that is made.
    fn root_meta(&self, source: &Meta) -> Meta {
        if self.gathered { self.folder_meta(Meta::plain(0o755)) } else { self.meta(source, false) }
    }

    /// The attributes of a folder that is made on the way.
    fn folder_meta(&self, customary: Meta) -> Meta {
        match self.owner.filter(|_| self.gathered) {
            Some((uid, gid)) => Meta { uid, gid, ..customary },
            None => customary,
        }
    }
}

impl Store {
    /// `into` with a tree or a file put at a path; missing folders are made. A tree is merged into a folder that exists, which keeps its
    /// attributes; a file replaces a file.
    pub fn with_copy(
        &self,
        into: &Tree,
        path: &str,
        source: &Stored,
        options: &CopyOptions,
    ) -> Result<Tree, StoreError> {
        let at = self.resolve(into, path, true)?;
        let plan = match source {
            Stored::File(file) => self.plan_file_copy(into, path, &at, file, options)?,
            Stored::Tree(tree) => self.plan_tree_copy(into, path, &at, tree, options)?,
        };
        // To know how many ids there are may cost a process.
        let plan = match options.owner {
            None | Some((0, 0)) => plan,
            Some(_) => plan.held(self.step_ids()?),
        };
        self.record_plan(into, &plan)
    }

    /// `into` with a file of these bytes at a path; missing folders are made.
    pub fn with_file(&self, into: &Tree, path: &str, bytes: &[u8], mode: u32) -> Result<Tree, StoreError> {
        let at = self.resolve(into, path, true)?;
        let node = Planned::File {
            digest: BlobDigest::of(bytes),
            size: bytes.len() as u64,
            meta: Meta::plain(mode),
            link: None,
            content: FileContent::Bytes(bytes.to_vec()),
        };
        let plan = self.plan_file(into, path, &at, node, &CopyOptions::default())?;
        self.record_plan(into, &plan)
    }

    /// `from` without what stands at a path. A symbolic link at the end of the path is removed itself.
    pub fn with_removed(&self, from: &Tree, path: &str) -> Result<Tree, StoreError> {
        let Resolved { names, found } = self.resolve(from, path, false)?;
        match found {
            Found::Missing(dir, place) => {
                return Err(self.missing(path, dir, names.get(place).map_or(b"", |name| name.as_slice()))?);
            }
            Found::InBase => return Err(PathError::InBase { path: path.to_owned() }.into()),
            Found::Dir(_) | Found::Node(_) => {}
        }
        let Some((name, folders)) = names.split_last() else {
            return Err(PathError::Root { path: path.to_owned() }.into());
        };
        let (mut plan, parent) = self.plan_folders(from, folders, &CopyOptions::default())?;
        plan.put(parent, name, Planned::Whiteout);
        self.record_plan(from, &plan.finish())
    }

    fn plan_file_copy(
        &self,
        into: &Tree,
        path: &str,
        at: &Resolved,
        file: &FileRef,
        options: &CopyOptions,
    ) -> Result<LayerPlan, StoreError> {
        let place = Path::new("layers").join(&file.layer).join(&file.path);
        let original = self.file_meta(file)?;
        let meta = options.meta(&original, true);
        let content = FileContent::Stored { path: place, link: meta == original };
        let node = Planned::File { digest: file.digest, size: file.size, meta, link: None, content };
        self.plan_file(into, path, at, node, options)
    }

    /// The attributes of a file, which a reference names only in part.
    fn file_meta(&self, file: &FileRef) -> Result<Meta, StoreError> {
        let names: Vec<Vec<u8>> = file.path.iter().map(|name| name.as_bytes().to_vec()).collect();
        let layer = crate::LayerRef { layer: file.layer.clone(), path: PathBuf::new() };
        match self.layer_node(&layer, &names)? {
            Some(Node::File { meta, .. }) => Ok(meta),
            _ => Err(StoreError::Malformed {
                what: format!("layer {}", file.layer),
                reason: format!("it does not hold {}", file.path.display()),
            }),
        }
    }

    fn plan_file(
        &self,
        into: &Tree,
        path: &str,
        at: &Resolved,
        node: Planned,
        options: &CopyOptions,
    ) -> Result<LayerPlan, StoreError> {
        if matches!(at.found, Found::Dir(_)) || path.ends_with('/') {
            return Err(PathError::IsADirectory { path: path.to_owned() }.into());
        }
        let Some((name, folders)) = at.names.split_last() else {
            return Err(PathError::Root { path: path.to_owned() }.into());
        };
        let (mut plan, parent) = self.plan_folders(into, folders, options)?;
        plan.put(parent, name, node);
        Ok(plan.finish())
    }

    fn plan_tree_copy(
        &self,
        into: &Tree,
        path: &str,
        at: &Resolved,
        tree: &Tree,
        options: &CopyOptions,
    ) -> Result<LayerPlan, StoreError> {
        if tree.kind == TreeKind::Diff {
            return Err(PathError::InBase { path: "/".to_owned() }.into());
        }
        let exists = match at.found {
            Found::Dir(digest) => Some(digest),
            Found::Node(_) => return Err(PathError::NotADirectory { path: path.to_owned() }.into()),
            Found::Missing(..) | Found::InBase => None,
        };
        let (mut plan, mut parent) =
            self.plan_folders(into, at.names.split_last().map_or(&[], |(_, f)| f), options)?;
        if let Some(name) = at.names.last() {
            let batch = Batch::default();
            let meta = match exists {
                Some(existing) => self.load_dir(existing, &batch)?.meta.clone(),
                None => options.root_meta(&self.load_dir(tree.digest.0, &batch)?.meta),
            };
            parent = plan.dir(parent, name, meta, false);
        }
        let copy = TreeCopy { store: self, options, sources: self.sources(&tree.layers)?, path };
        copy.add(&mut plan, parent, tree.digest.0, exists)?;
        Ok(plan.finish())
    }

    /// Folders of a layer over `into`, with the attributes they have there. Returns the last one's number.
    fn plan_folders(
        &self,
        into: &Tree,
        names: &[Vec<u8>],
        options: &CopyOptions,
    ) -> Result<(PlanBuilder, usize), StoreError> {
        let batch = Batch::default();
        let root = self.load_dir(into.digest.0, &batch)?;
        let mut plan = PlanBuilder::new(root.meta.clone());
        let mut at = 0;
        let mut below = Some(root);
        for (depth, name) in names.iter().enumerate() {
            let existing = below.as_ref().and_then(|dir| dir.entries.get(name).cloned());
            below = match existing {
                Some(Node::Dir(child)) => Some(self.load_dir(child.digest, &batch)?),
                _ => None,
            };
            let meta = below.as_ref().map(|dir| dir.meta.clone());
            let customary = || Meta::plain(customary_mode(names.get(..=depth).unwrap_or_default()));
            let meta = meta.unwrap_or_else(|| options.folder_meta(customary()));
            at = plan.dir(at, name, meta, false);
        }
        Ok((plan, at))
    }

    /// Makes and records the layer of a plan, if there is need of it.
    pub(crate) fn record_plan(&self, parent: &Tree, plan: &LayerPlan) -> Result<Tree, StoreError> {
        let mut batch = Batch::default();
        let digest =
            pipe_ops::TreeDigest(self.fold(Some(parent.digest.0), &plan.scan, parent.kind, &mut batch)?);
        if digest == parent.digest {
            return Ok(parent.clone());
        }
        if let Some(tree) = self.find_tree(digest, parent.kind)? {
            return Ok(tree);
        }
        let staged = self.build(plan)?;
        self.record_layer(parent, &staged, &plan.scan)
    }
}

/// The mode of a folder that is made on the way to something: over a base that has it, it must not lose what everybody expects.
fn customary_mode(names: &[Vec<u8>]) -> u32 {
    match names.iter().map(Vec::as_slice).collect::<Vec<_>>().as_slice() {
        [b"tmp"] | [b"var", b"tmp"] => 0o1777,
        [b"root"] => 0o700,
        _ => 0o755,
    }
}

/// A tree being copied.
struct TreeCopy<'a> {
    store: &'a Store,
    options: &'a CopyOptions,
    sources: HashMap<Vec<u8>, PathBuf>,
    path: &'a str,
}

/// A folder that is to be copied.
struct Pending {
    /// Its content.
    digest: Digest,
    /// Its path in the tree that is copied.
    path: Vec<u8>,
    /// Its number in the plan.
    number: usize,
    /// The folder it is merged into.
    existing: Option<Digest>,
    inside: bool,
}

impl TreeCopy<'_> {
    fn add(
        &self,
        plan: &mut PlanBuilder,
        number: usize,
        digest: Digest,
        existing: Option<Digest>,
    ) -> Result<(), StoreError> {
        let inside = self.options.filter.root() == Verdict::In;
        let mut links: HashMap<Vec<u8>, u32> = HashMap::new();
        let mut groups = 0;
        let mut pending = vec![Pending { digest, path: Vec::new(), number, existing, inside }];
        while let Some(folder) = pending.pop() {
            let dir = self.store.load_dir(folder.digest, &Batch::default())?;
            for group in &dir.links {
                for member in group {
                    // What a folder above says of the file holds more names of it.
                    links.entry(child_path(&folder.path, member)).or_insert(groups);
                }
                groups += 1;
            }
            for (name, node) in &dir.entries {
                let path = child_path(&folder.path, name);
                let verdict = self.options.filter.verdict(&path, folder.inside);
                if let Node::Dir(child) = node
                    && verdict != Verdict::Out
                {
                    pending.push(self.folder(plan, &folder, name, child.digest, path, verdict)?);
                } else if verdict == Verdict::In {
                    self.replaceable(&folder, name, &path)?;
                    let link = links.get(&path).copied();
                    plan.put(folder.number, name, self.node(node, &path, link)?);
                }
            }
        }
        Ok(())
    }

    fn folder(
        &self,
        plan: &mut PlanBuilder,
        parent: &Pending,
        name: &[u8],
        digest: Digest,
        path: Vec<u8>,
        verdict: Verdict,
    ) -> Result<Pending, StoreError> {
        let batch = Batch::default();
        let inside = verdict == Verdict::In;
        let existing = match self.existing(parent, name)? {
            Some(Node::Dir(dir)) => Some(dir.digest),
            Some(Node::Whiteout) | None => None,
            Some(_) if inside => return Err(PathError::NotADirectory { path: self.shown(&path) }.into()),
            Some(_) => None,
        };
        let meta = match existing {
            Some(existing) => self.store.load_dir(existing, &batch)?.meta.clone(),
            None => self.options.meta(&self.store.load_dir(digest, &batch)?.meta, self.options.gathered),
        };
        let number = plan.dir(parent.number, name, meta, !inside);
        Ok(Pending { digest, path, number, existing, inside })
    }

    fn node(&self, node: &Node, path: &[u8], link: Option<u32>) -> Result<Planned, StoreError> {
        Ok(match node {
            Node::File { digest, size, meta: original } => {
                let meta = self.options.meta(original, true);
                let place = self.sources.get(path).cloned().ok_or_else(|| StoreError::Malformed {
                    what: format!("a tree with `{}`", String::from_utf8_lossy(path)),
                    reason: "no layer has the file".to_owned(),
                })?;
                let content = FileContent::Stored { path: place, link: meta == *original };
                Planned::File { digest: *digest, size: *size, meta, link, content }
            }
            Node::Symlink { target, meta } => {
                Planned::Symlink { target: target.clone(), meta: self.options.meta(meta, false) }
            }
            Node::Fifo(meta) => Planned::Fifo(self.options.meta(meta, true)),
            // Folders are not nodes here, and a whole tree has no whiteouts.
            Node::Dir(_) | Node::Whiteout => Planned::Whiteout,
        })
    }

    /// A file may not replace a folder.
    fn replaceable(&self, parent: &Pending, name: &[u8], path: &[u8]) -> Result<(), StoreError> {
        match self.existing(parent, name)? {
            Some(Node::Dir(_)) => Err(PathError::IsADirectory { path: self.shown(path) }.into()),
            _ => Ok(()),
        }
    }

    fn existing(&self, parent: &Pending, name: &[u8]) -> Result<Option<Node>, StoreError> {
        match parent.existing {
            Some(dir) => Ok(self.store.load_dir(dir, &Batch::default())?.entries.get(name).cloned()),
            None => Ok(None),
        }
    }

    fn shown(&self, path: &[u8]) -> String {
        format!("{}/{}", self.path.trim_end_matches('/'), Path::new(OsStr::from_bytes(path)).display())
    }
}
