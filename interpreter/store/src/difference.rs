//! What one tree has that another has not.

use std::collections::HashMap;
use std::path::PathBuf;

use pipe_ops::Digest;

use crate::locate::child_path;
use crate::merkle::{Batch, Node};
use crate::plan::{PlanBuilder, Planned};
use crate::{FileContent, Store, StoreError, Tree};

/// A folder that is compared.
struct Pending {
    path: Vec<u8>,
    /// Its number in the plan.
    number: usize,
    /// It in the tree that others are seen from, where that has it.
    from: Option<Digest>,
    to: Digest,
}

impl Store {
    /// What `to` has changed or added, seen from `from`: files, links and folders that are new or different, in the folders they are
    /// in. What `to` lacks is not told.
    pub fn difference(&self, from: &Tree, to: &Tree) -> Result<Tree, StoreError> {
        let batch = Batch::default();
        let root = self.load_dir(to.digest.0, &batch)?;
        let sources = self.sources(&to.layers)?;
        let mut plan = PlanBuilder::new(root.meta.clone());
        let mut links: HashMap<Vec<u8>, u32> = HashMap::new();
        let mut groups = 0;
        let mut pending =
            vec![Pending { path: Vec::new(), number: 0, from: Some(from.digest.0), to: to.digest.0 }];
        while let Some(folder) = pending.pop() {
            let old = folder.from.map(|digest| self.load_dir(digest, &batch)).transpose()?;
            let new = self.load_dir(folder.to, &batch)?;
            for group in &new.links {
                for member in group {
                    // What a folder above says of the file holds more names of it.
                    links.entry(child_path(&folder.path, member)).or_insert(groups);
                }
                groups += 1;
            }
            for (name, node) in &new.entries {
                let before = old.as_ref().and_then(|dir| dir.entries.get(name));
                if before == Some(node) {
                    continue;
                }
                let path = child_path(&folder.path, name);
                let Node::Dir(child) = node else {
                    let link = links.get(&path).copied();
                    plan.put(folder.number, name, planned(node, &path, link, &sources)?);
                    continue;
                };
                let to = self.load_dir(child.digest, &batch)?;
                let from = match before {
                    Some(Node::Dir(before)) => Some(before.digest),
                    _ => None,
                };
                let same = match from {
                    Some(from) => self.load_dir(from, &batch)?.meta == to.meta,
                    None => false,
                };
                let number = plan.dir(folder.number, name, to.meta.clone(), same);
                pending.push(Pending { path, number, from, to: child.digest });
            }
        }
        self.record_plan(&self.empty_tree(), &plan.finish())
    }
}

fn planned(
    node: &Node,
    path: &[u8],
    link: Option<u32>,
    sources: &HashMap<Vec<u8>, PathBuf>,
) -> Result<Planned, StoreError> {
    Ok(match node.clone() {
        Node::File { digest, size, meta } => {
            let place = sources.get(path).cloned().ok_or_else(|| StoreError::Malformed {
                what: format!("a tree with `{}`", String::from_utf8_lossy(path)),
                reason: "no layer has the file".to_owned(),
            })?;
            let content = FileContent::Stored { path: place, link: true };
            Planned::File { digest, size, meta, link, content }
        }
        Node::Symlink { target, meta } => Planned::Symlink { target, meta },
        Node::Fifo(meta) => Planned::Fifo(meta),
        // Folders are not nodes here, and a whole tree has no whiteouts.
        Node::Dir(_) | Node::Whiteout => Planned::Whiteout,
    })
}
