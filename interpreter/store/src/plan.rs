//! Putting a layer together from paths.

use std::collections::BTreeMap;

use pipe_ops::BlobDigest;

use crate::locate::turned_around;
use crate::{FileContent, LayerPlan, Meta, ScannedDir, ScannedNode};

/// A layer that grows. Folders are numbered as they are made, parents first; 0 is the layer's own.
pub(crate) struct PlanBuilder {
    dirs: Vec<PlannedDir>,
}

struct PlannedDir {
    meta: Meta,
    opaque: bool,
    /// It is left out when nothing comes into it.
    optional: bool,
    entries: BTreeMap<Vec<u8>, Planned>,
}

/// Something in a planned folder.
#[derive(Clone)]
pub(crate) enum Planned {
    Dir(usize),
    File { digest: BlobDigest, size: u64, meta: Meta, link: Option<u32>, content: FileContent },
    Symlink { target: Vec<u8>, meta: Meta },
    Fifo(Meta),
    Whiteout,
}

impl PlanBuilder {
    /// A layer whose own folder has these attributes.
    pub(crate) fn new(meta: Meta) -> PlanBuilder {
        let root = PlannedDir { meta, opaque: false, optional: false, entries: BTreeMap::new() };
        PlanBuilder { dirs: vec![root] }
    }

    /// Puts something, but a folder, into a folder.
    pub(crate) fn put(&mut self, dir: usize, name: &[u8], node: Planned) {
        if let Some(dir) = self.dirs.get_mut(dir) {
            dir.entries.insert(name.to_vec(), node);
        }
    }

    /// Makes a folder in a folder, or finds it. An `optional` one is left out of the layer when it stays empty.
    pub(crate) fn dir(&mut self, parent: usize, name: &[u8], meta: Meta, optional: bool) -> usize {
        let existing = self.dirs.get(parent).and_then(|dir| dir.entries.get(name));
        if let Some(Planned::Dir(index)) = existing {
            return *index;
        }
        let index = self.dirs.len();
        self.dirs.push(PlannedDir { meta, opaque: false, optional, entries: BTreeMap::new() });
        self.put(parent, name, Planned::Dir(index));
        index
    }

    /// Gives a folder other attributes.
    pub(crate) fn set_meta(&mut self, dir: usize, meta: Meta) {
        if let Some(dir) = self.dirs.get_mut(dir) {
            dir.meta = meta;
        }
    }

    /// Has a folder hide what lower layers have in it.
    pub(crate) fn set_opaque(&mut self, dir: usize) {
        if let Some(dir) = self.dirs.get_mut(dir) {
            dir.opaque = true;
        }
    }

    /// Another name for a file, to be put somewhere: both become names of one inode. `group` numbers them when the file has only one
    /// name so far. `None` when there is no such file.
    pub(crate) fn link(&mut self, dir: usize, name: &[u8], group: u32) -> Option<Planned> {
        let node = self.dirs.get_mut(dir)?.entries.get_mut(name)?;
        let Planned::File { link, .. } = node else { return None };
        link.get_or_insert(group);
        Some(node.clone())
    }

    /// The layer.
    pub(crate) fn finish(mut self) -> LayerPlan {
        let numbers = self.number_kept();
        let mut contents = Vec::new();
        let mut dirs = Vec::new();
        for (index, dir) in self.dirs.into_iter().enumerate() {
            if numbers.get(index).copied().flatten().is_none() {
                continue;
            }
            let mut own = Vec::new();
            let entries = dir.entries.into_iter().filter_map(|(name, node)| {
                let number = |index: usize| numbers.get(index).copied().flatten();
                Some((name, scanned(node, number, &mut own)?))
            });
            dirs.push(ScannedDir { meta: dir.meta, opaque: dir.opaque, entries: entries.collect() });
            contents.push(own);
        }
        // The scan has children first; the contents follow it.
        contents.reverse();
        LayerPlan { scan: turned_around(dirs), contents: contents.into_iter().flatten().collect() }
    }

    /// The final numbers of folders that stay, parents first.
    fn number_kept(&mut self) -> Vec<Option<u32>> {
        let mut kept = vec![true; self.dirs.len()];
        for (index, dir) in self.dirs.iter().enumerate().rev() {
            let holds = |node: &Planned| match node {
                Planned::Dir(child) => kept.get(*child).copied().unwrap_or(false),
                _ => true,
            };
            let keep = !dir.optional || dir.entries.values().any(holds);
            if let Some(place) = kept.get_mut(index) {
                *place = keep;
            }
        }
        let mut next = 0;
        let mut number = |keep: bool| {
            keep.then(|| {
                next += 1;
                next - 1
            })
        };
        kept.into_iter().map(&mut number).collect()
    }
}

fn scanned(
    node: Planned,
    number: impl Fn(usize) -> Option<u32>,
    contents: &mut Vec<FileContent>,
) -> Option<ScannedNode> {
    Some(match node {
        Planned::Dir(index) => ScannedNode::Dir(number(index)?),
        Planned::File { digest, size, meta, link, content } => {
            contents.push(content);
            ScannedNode::File { digest, size, meta, link }
        }
        Planned::Symlink { target, meta } => ScannedNode::Symlink { target, meta },
        Planned::Fifo(meta) => ScannedNode::Fifo(meta),
        Planned::Whiteout => ScannedNode::Whiteout,
    })
}
