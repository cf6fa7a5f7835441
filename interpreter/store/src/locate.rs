//! From Merkle trees back to layers: which layer holds what a tree shows at a path.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use pipe_ops::Digest;

use crate::build::{Failure, build};
use crate::merkle::{Batch, Dir, Node};
use crate::{
    FileContent, IdMap, LayerPlan, LayerRef, LayerScan, Meta, ScannedDir, ScannedNode, Store, StoreError,
    WritePoint,
};

/// What a layer says of a path.
struct Probe {
    node: Option<Node>,
    /// What lower layers have at the path is hidden, whether or not the layer has something itself.
    hides: bool,
}

/// A path in a tree: names, none of which is a symbolic link.
pub(crate) type Names = [Vec<u8>];

impl Store {
    /// The Merkle root of what a layer, or a folder inside one, changes.
    pub(crate) fn layer_root(&self, layer: &LayerRef) -> Result<Digest, StoreError> {
        let missing = || StoreError::Malformed {
            what: format!("layer {}", layer.layer),
            reason: "it is not in the store".to_owned(),
        };
        let mut digest = self.layer_diff(&layer.layer)?.ok_or_else(missing)?;
        for name in layer.path.iter() {
            let dir = self.load_dir(digest, &Batch::default())?;
            match dir.entries.get(name.as_bytes()) {
                Some(Node::Dir(child)) => digest = child.digest,
                _ => return Err(missing()),
            }
        }
        Ok(digest)
    }

    fn probe(&self, layer: &LayerRef, names: &Names) -> Result<Probe, StoreError> {
        let batch = Batch::default();
        let mut dir = self.load_dir(self.layer_root(layer)?, &batch)?;
        let mut hides = dir.opaque;
        let mut names = names.iter().peekable();
        while let Some(name) = names.next() {
            let node = dir.entries.get(name).cloned();
            let last = names.peek().is_none();
            match node {
                None => return Ok(Probe { node, hides }),
                Some(Node::Dir(child)) => {
                    dir = self.load_dir(child.digest, &batch)?;
                    hides |= dir.opaque;
                    if last {
                        return Ok(Probe { node, hides });
                    }
                }
                Some(_) => return Ok(Probe { node: node.filter(|_| last), hides: true }),
            }
        }
        Ok(Probe { node: None, hides })
    }

    /// What a layer itself has at a path.
    pub(crate) fn layer_node(&self, layer: &LayerRef, names: &Names) -> Result<Option<Node>, StoreError> {
        Ok(self.probe(layer, names)?.node)
    }

    /// The layers that together show the folder at a path, lowest first.
    pub(crate) fn narrow(&self, layers: &[LayerRef], names: &Names) -> Result<Vec<LayerRef>, StoreError> {
        if names.is_empty() {
            return Ok(layers.to_vec());
        }
        let mut narrowed = Vec::new();
        for layer in layers.iter().rev() {
            let probe = self.probe(layer, names)?;
            if let Some(Node::Dir(_)) = probe.node {
                narrowed.push(LayerRef { layer: layer.layer.clone(), path: layer.path.join(joined(names)) });
            }
            if probe.hides {
                break;
            }
        }
        narrowed.reverse();
        Ok(narrowed)
    }

    /// The layer that holds the file at a path, and the path in it.
    pub(crate) fn locate(&self, layers: &[LayerRef], names: &Names) -> Result<Option<LayerRef>, StoreError> {
        for layer in layers.iter().rev() {
            let probe = self.probe(layer, names)?;
            if let Some(Node::File { .. }) = probe.node {
                return Ok(Some(LayerRef {
                    layer: layer.layer.clone(),
                    path: layer.path.join(joined(names)),
                }));
            }
            if probe.hides {
                break;
            }
        }
        Ok(None)
    }

    /// For each path of a file in the layers, where the topmost of them is: relative to the store's folder.
    pub(crate) fn sources(&self, layers: &[LayerRef]) -> Result<HashMap<Vec<u8>, PathBuf>, StoreError> {
        let batch = Batch::default();
        let mut sources = HashMap::new();
        for layer in layers {
            let folder = Path::new("layers").join(&layer.layer).join(&layer.path);
            self.walk(self.layer_root(layer)?, &batch, &mut |path, node| {
                if let Node::File { .. } = node {
                    sources.insert(path.to_vec(), folder.join(OsStr::from_bytes(path)));
                }
                true
            })?;
        }
        Ok(sources)
    }

    /// Visits everything in a Merkle tree, folders before what is in them, sorted. A folder for which `visit` says no is not entered.
    pub(crate) fn walk(
        &self,
        root: Digest,
        batch: &Batch,
        visit: &mut dyn FnMut(&[u8], &Node) -> bool,
    ) -> Result<(), StoreError> {
        // What is to be visited, the next one last: nothing recurses, a tree may be deep.
        let mut pending: Vec<(Vec<u8>, Node)> = Vec::new();
        let push = |pending: &mut Vec<(Vec<u8>, Node)>, dir: &Dir, path: &[u8]| {
            for (name, node) in dir.entries.iter().rev() {
                pending.push((child_path(path, name), node.clone()));
            }
        };
        push(&mut pending, &*self.load_dir(root, batch)?, b"");
        while let Some((path, node)) = pending.pop() {
            let enter = visit(&path, &node);
            if let Node::Dir(child) = node
                && enter
            {
                push(&mut pending, &*self.load_dir(child.digest, batch)?, &path);
            }
        }
        Ok(())
    }

    /// A Merkle tree as the layer that would hold all of it.
    pub(crate) fn expand(&self, root: Digest, batch: &Batch) -> Result<LayerScan, StoreError> {
        let mut found: Vec<ScannedDir> = Vec::new();
        let mut links: HashMap<Vec<u8>, u32> = HashMap::new();
        let mut groups = 0;
        // Parents first, like a scan, then turned around.
        let mut pending = vec![(root, Vec::new(), None::<(usize, usize)>)];
        while let Some((digest, path, parent)) = pending.pop() {
            let dir = self.load_dir(digest, batch)?;
            for group in &dir.links {
                for member in group {
                    // What a folder above says of the file holds more names of it.
                    links.entry(child_path(&path, member)).or_insert(groups);
                }
                groups += 1;
            }
            let index = found.len();
            if let Some((dir, entry)) = parent
                && let Some((_, node)) = found.get_mut(dir).and_then(|dir| dir.entries.get_mut(entry))
            {
                *node = ScannedNode::Dir(index as u32);
            }
            let mut entries = Vec::with_capacity(dir.entries.len());
            for (name, node) in &dir.entries {
                let path = child_path(&path, name);
                if let Node::Dir(child) = node {
                    pending.push((child.digest, path.clone(), Some((index, entries.len()))));
                }
                entries.push((name.clone(), scanned(node, links.get(&path).copied())));
            }
            found.push(ScannedDir { meta: dir.meta.clone(), opaque: dir.opaque, entries });
        }
        Ok(turned_around(found))
    }

    /// A plan for a layer whose files all stand in the store.
    pub(crate) fn plan_of(
        &self,
        scan: LayerScan,
        sources: &HashMap<Vec<u8>, PathBuf>,
    ) -> Result<LayerPlan, StoreError> {
        let mut contents = Vec::new();
        for path in scan.file_paths() {
            let source = sources.get(&path).ok_or_else(|| StoreError::Malformed {
                what: format!("a tree with `{}`", String::from_utf8_lossy(&path)),
                reason: "no layer has the file".to_owned(),
            })?;
            contents.push(FileContent::Stored { path: source.clone(), link: true });
        }
        Ok(LayerPlan { scan, contents })
    }

    /// Makes a layer in a staged folder.
    pub(crate) fn build(&self, plan: &LayerPlan) -> Result<PathBuf, StoreError> {
        let staged = self.staged_dir()?;
        let allowed = self.disk().before(WritePoint::Build(&staged));
        allowed.map_err(|error| StoreError::io("make", &staged, error))?;
        if self.inner().options.owner.is_none() && !plan.scan.is_makeable(self.inner().ids) {
            // Not tried first: what is moved into the layer would be lost with it.
            self.namespace(&staged)?.build(self.relative(&staged), plan)?;
            return Ok(staged);
        }
        match build(self.dir(), &staged, plan, self.inner().ids) {
            Ok(()) => Ok(staged),
            Err(Failure { source, path, .. })
                if source.kind() == std::io::ErrorKind::PermissionDenied
                    && self.inner().options.owner.is_none() =>
            {
                let namespace = self.namespace(&path)?;
                self.remove_folder(&staged)?;
                let staged = self.staged_dir()?;
                namespace.build(self.relative(&staged), plan)?;
                Ok(staged)
            }
            Err(Failure { action, path, source }) => Err(StoreError::io(action, path, source)),
        }
    }

    /// Where two Merkle trees differ first, for a message.
    pub(crate) fn first_difference(&self, expected: Digest, found: Digest, batch: &Batch) -> String {
        let mut entries = [HashMap::new(), HashMap::new()];
        for (digest, entries) in [expected, found].into_iter().zip(&mut entries) {
            let walked = self.walk(digest, batch, &mut |path, node| {
                let shown = if let Node::Dir(_) = node { None } else { Some(node.clone()) };
                entries.insert(path.to_vec(), shown);
                true
            });
            if walked.is_err() {
                return "the record of its content is damaged".to_owned();
            }
        }
        let [expected, found] = entries;
        let mut paths: Vec<&Vec<u8>> = expected.keys().chain(found.keys()).collect();
        paths.sort();
        let differs = paths.into_iter().find(|path| expected.get(*path) != found.get(*path));
        match differs.map(|path| {
            (String::from_utf8_lossy(path), expected.contains_key(path), found.contains_key(path))
        }) {
            Some((path, true, false)) => format!("`{path}` is missing"),
            Some((path, false, _)) => format!("`{path}` was added"),
            Some((path, ..)) => format!("`{path}` has changed"),
            None => "the attributes of a folder have changed".to_owned(),
        }
    }
}

fn scanned(node: &Node, link: Option<u32>) -> ScannedNode {
    match node.clone() {
        // Replaced by its index when the folder is visited.
        Node::Dir(_) => ScannedNode::Dir(u32::MAX),
        Node::File { digest, size, meta } => ScannedNode::File { digest, size, meta, link },
        Node::Symlink { target, meta } => ScannedNode::Symlink { target, meta },
        Node::Fifo(meta) => ScannedNode::Fifo(meta),
        Node::Whiteout => ScannedNode::Whiteout,
    }
}

/// From folders with parents first to a scan, in which they come last.
pub(crate) fn turned_around(mut dirs: Vec<ScannedDir>) -> LayerScan {
    let last = dirs.len().saturating_sub(1) as u32;
    dirs.reverse();
    for (_, node) in dirs.iter_mut().flat_map(|dir| &mut dir.entries) {
        if let ScannedNode::Dir(index) = node {
            *index = last.saturating_sub(*index);
        }
    }
    LayerScan::estimated(dirs)
}

impl LayerScan {
    /// Whether a process with these ids may make all of it: give files to their owners, and set capabilities.
    fn is_makeable(&self, ids: IdMap) -> bool {
        let makeable = |meta: &Meta| {
            ids.outer(meta.uid, meta.gid).is_some()
                && meta.xattrs.iter().all(|(name, _)| name.starts_with(b"user."))
        };
        self.dirs.iter().all(|dir| makeable(&dir.meta))
            && self.nodes().all(|node| match node {
                ScannedNode::File { meta, .. }
                | ScannedNode::Symlink { meta, .. }
                | ScannedNode::Fifo(meta) => makeable(meta),
                ScannedNode::Dir(_) | ScannedNode::Whiteout => true,
            })
    }

    /// Paths of the files, in the order of [`LayerScan::nodes`].
    pub(crate) fn file_paths(&self) -> Vec<Vec<u8>> {
        let folders = self.folder_paths();
        let files = self.dirs.iter().zip(&folders).flat_map(|(dir, folder)| {
            let files = dir.entries.iter().filter(|(_, node)| matches!(node, ScannedNode::File { .. }));
            files.map(|(name, _)| child_path(folder, name))
        });
        files.collect()
    }

    /// Files with several names, by path, with the number that all names of one file share.
    pub(crate) fn links(&self) -> HashMap<Vec<u8>, u32> {
        let folders = self.folder_paths();
        let linked = self.dirs.iter().zip(&folders).flat_map(|(dir, folder)| {
            dir.entries.iter().filter_map(|(name, node)| match node {
                ScannedNode::File { link: Some(group), .. } => Some((child_path(folder, name), *group)),
                _ => None,
            })
        });
        linked.collect()
    }

    /// Paths of the folders, in their order.
    fn folder_paths(&self) -> Vec<Vec<u8>> {
        let mut folders = vec![Vec::new(); self.dirs.len()];
        for (index, dir) in self.dirs.iter().enumerate().rev() {
            let folder = folders.get(index).cloned().unwrap_or_default();
            for (name, node) in &dir.entries {
                if let ScannedNode::Dir(child) = node
                    && let Some(place) = folders.get_mut(*child as usize)
                {
                    *place = child_path(&folder, name);
                }
            }
        }
        folders
    }
}

pub(crate) fn child_path(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}

pub(crate) fn joined(names: &Names) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(&names.join(&b'/')))
}
