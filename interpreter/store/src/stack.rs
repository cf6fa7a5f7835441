//! Whole trees of layers that were made independently of each other: the root file systems of images.

use std::collections::HashSet;

use pipe_ops::{Digest, TreeDigest};
use serde::{Deserialize, Serialize};

use crate::locate::child_path;
use crate::merkle::{Batch, Node};
use crate::record::{STACK_LIMIT, insert_tree};
use crate::{LayerScan, Meta, PathError, ScannedNode, Store, StoreError, Tree, TreeKind};

/// A layer that stands on whatever is below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLayer {
    /// What it changes.
    pub tree: Tree,
    /// Folders that it only goes through, without saying what they are like: those of the layers below keep their attributes.
    pub implied: Vec<Vec<u8>>,
    /// Steps had a single id when it was made, so what should belong to others belongs to that, and says so beside.
    pub squashed: bool,
}

/// A folder that is visited: its place in the scan, its path, the folder below it.
type Visit = (usize, Vec<u8>, Option<Digest>);

impl Store {
    /// The layer has all it needs, and it is whole.
    pub fn has_layer(&self, layer: &DiffLayer) -> Result<bool, StoreError> {
        self.is_whole(&layer.tree)
    }

    /// The tree that layers, lowest first, show together. Layers are shared between trees; one that has to be made to fit what is
    /// below it is a copy of links.
    pub fn stack(&self, layers: &[DiffLayer]) -> Result<Tree, StoreError> {
        let mut batch = Batch::default();
        let mut shown: Option<Digest> = None;
        let mut stacked = Vec::new();
        for layer in layers {
            let scan = self.expand(layer.tree.digest.0, &batch)?;
            let (scan, changed) = self.fit(shown, scan, &layer.implied, &batch)?;
            if changed {
                let plan = self.plan_of(scan.clone(), &self.sources(&layer.tree.layers)?)?;
                stacked.extend(self.record_plan(&self.empty_diff(), &plan)?.layers);
            } else {
                stacked.extend(layer.tree.layers.iter().cloned());
            }
            shown = Some(self.fold(shown, &scan, TreeKind::Whole, &mut batch)?);
        }
        let digest = TreeDigest(shown.unwrap_or(self.empty_tree().digest.0));
        if let Some(known) = self.find_tree(digest, TreeKind::Whole)? {
            return Ok(known);
        }
        let tree = Tree { digest, layers: stacked, kind: TreeKind::Whole };
        self.database().write(|transaction| {
            batch.write(transaction, &self.inner().objects)?;
            insert_tree(transaction, &tree)
        })?;
        self.inner().objects.committed(batch);
        if tree.layers.len() > STACK_LIMIT { self.shorten(&tree) } else { Ok(tree) }
    }

    /// What a layer is over the tree below it: folders that it only goes through take that one's attributes, and whiteouts of what
    /// is not there go, for steps would see them as devices.
    fn fit(
        &self,
        below: Option<Digest>,
        mut scan: LayerScan,
        implied: &[Vec<u8>],
        batch: &Batch,
    ) -> Result<(LayerScan, bool), StoreError> {
        let implied: HashSet<&[u8]> = implied.iter().map(Vec::as_slice).collect();
        let mut changed = false;
        let Some(root) = scan.dirs.len().checked_sub(1) else { return Ok((scan, false)) };
        let mut pending: Vec<Visit> = vec![(root, Vec::new(), below)];
        while let Some((index, path, below)) = pending.pop() {
            let lower = below.map(|digest| self.load_dir(digest, batch)).transpose()?;
            let Some(dir) = scan.dirs.get_mut(index) else { continue };
            let lower = lower.filter(|_| !dir.opaque);
            if let Some(lower) = &lower
                && implied.contains(path.as_slice())
                && dir.meta != lower.meta
            {
                dir.meta = Meta::clone(&lower.meta);
                changed = true;
            }
            let entries = dir.entries.len();
            dir.entries.retain(|(name, node)| {
                *node != ScannedNode::Whiteout
                    || lower.as_ref().is_some_and(|lower| lower.entries.contains_key(name))
            });
            changed |= dir.entries.len() != entries;
            for (name, node) in &dir.entries {
                let ScannedNode::Dir(child) = node else { continue };
                let path = child_path(&path, name);
                let below = match lower.as_ref().and_then(|lower| lower.entries.get(name)) {
                    Some(Node::Dir(dir)) => Some(dir.digest),
                    // The tools that build images follow the link; a folder here would hide what it leads to.
                    Some(Node::Symlink { .. }) if implied.contains(path.as_slice()) => {
                        let path = String::from_utf8_lossy(&path).into_owned();
                        return Err(PathError::NotADirectory { path }.into());
                    }
                    _ => None,
                };
                pending.push((*child as usize, path, below));
            }
        }
        Ok((scan, changed))
    }
}
