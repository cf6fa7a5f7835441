//! What one tree is over another, to be sent to a store that has the other: [`Store::delta`] and, there, [`Store::adopt_delta`].

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use pipe_ops::{BlobDigest, Digest, TreeDigest};

use crate::locate::child_path;
use crate::merkle::{Batch, Node};
use crate::plan::{PlanBuilder, Planned};
use crate::{FileContent, LayerPlan, LayerScan, Meta, ScannedNode, Store, StoreError, Tree, WritePoint};

/// The most entries that a delta from elsewhere may have.
const MOST_ENTRIES: usize = 1_000_000;
/// Bytes of the longest link.
const LONGEST_LINK: usize = 4095;

/// What a tree is over another.
pub struct Delta {
    /// What has to be laid over the other.
    pub scan: LayerScan,
    /// Where the content of its files is, in the order of [`LayerScan::nodes`].
    sources: Vec<PathBuf>,
}

/// Writes the content of a digest, which has so many bytes.
type Fetch<'a, E> = dyn FnMut(BlobDigest, u64, &mut dyn Write) -> Result<(), E> + 'a;

/// A folder that is compared.
struct Pending {
    path: Vec<u8>,
    /// Its number in the plan.
    number: usize,
    /// It in the tree below, as far as that shows through.
    from: Option<Digest>,
    to: Digest,
}

impl Store {
    /// What has to be laid over `from` to make `to` of it; `None` when a layer cannot say that.
    pub fn delta(&self, from: &Tree, to: &Tree) -> Result<Option<Delta>, StoreError> {
        let batch = Batch::default();
        let mut plan = PlanBuilder::new(self.load_dir(to.digest.0, &batch)?.meta.clone());
        let mut links: HashMap<Vec<u8>, u32> = HashMap::new();
        let mut groups = 0;
        let mut pending =
            vec![Pending { path: Vec::new(), number: 0, from: Some(from.digest.0), to: to.digest.0 }];
        while let Some(folder) = pending.pop() {
            let mut old = folder.from.map(|digest| self.load_dir(digest, &batch)).transpose()?;
            let new = self.load_dir(folder.to, &batch)?;
            if new.opaque && !old.as_ref().is_some_and(|old| old.opaque) {
                plan.set_opaque(folder.number);
                old = None;
            }
            for group in &new.links {
                for member in group {
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
                if let Node::Dir(child) = node {
                    let meta = self.load_dir(child.digest, &batch)?.meta.clone();
                    let number = plan.dir(folder.number, name, meta, false);
                    let from = match before {
                        Some(Node::Dir(before)) => Some(before.digest),
                        _ => None,
                    };
                    pending.push(Pending { path, number, from, to: child.digest });
                } else {
                    let link = links.get(&path).copied();
                    plan.put(folder.number, name, self.sent(to, node, &path, link)?);
                }
            }
            let gone = old.iter().flat_map(|old| old.entries.keys());
            for name in gone.filter(|name| !new.entries.contains_key(*name)) {
                plan.put(folder.number, name, Planned::Whiteout);
            }
        }
        let LayerPlan { scan, contents } = plan.finish();
        if self.fold(Some(from.digest.0), &scan, from.kind, &mut Batch::default())? != to.digest.0 {
            return Ok(None);
        }
        let sources = contents.into_iter().map(|content| match content {
            FileContent::Stored { path, .. } | FileContent::Staged(path) => path,
            FileContent::Bytes(_) => PathBuf::new(),
        });
        Ok(Some(Delta { scan, sources: sources.collect() }))
    }

    fn sent(&self, tree: &Tree, node: &Node, path: &[u8], link: Option<u32>) -> Result<Planned, StoreError> {
        Ok(match node.clone() {
            Node::File { digest, size, meta } => {
                let names: Vec<Vec<u8>> = path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
                let place = self.locate(&tree.layers, &names)?.ok_or_else(|| StoreError::Malformed {
                    what: format!("a tree with `{}`", String::from_utf8_lossy(path)),
                    reason: "no layer has the file".to_owned(),
                })?;
                let path = Path::new("layers").join(place.layer).join(place.path);
                Planned::File { digest, size, meta, link, content: FileContent::Stored { path, link: false } }
            }
            Node::Symlink { target, meta } => Planned::Symlink { target, meta },
            Node::Fifo(meta) => Planned::Fifo(meta),
            Node::Dir(_) | Node::Whiteout => Planned::Whiteout,
        })
    }

    /// Lays over a tree what another store found of a step's result, where that gives the tree of this digest and nothing else. `fetch` writes the content of
    /// a file, which is digested before it is used.
    ///
    /// # Errors
    /// What `fetch` gives, when the result would be another tree, or the delta is no layer.
    pub fn adopt_delta<E: From<StoreError>>(
        &self,
        from: &Tree,
        scan: LayerScan,
        expected: TreeDigest,
        fetch: &mut Fetch<'_, E>,
    ) -> Result<Tree, E> {
        if let Some(tree) = self.find_tree(expected, from.kind)? {
            return Ok(tree);
        }
        self.check_delta(&scan)?;
        // What it says of the disk is not believed.
        let scan = LayerScan::estimated(scan.dirs);
        if self.fold(Some(from.digest.0), &scan, from.kind, &mut Batch::default())? != expected.0 {
            return Err(refused("it makes another tree than it says").into());
        }
        let mut contents = Vec::new();
        for node in scan.nodes() {
            if let ScannedNode::File { digest, size, .. } = node {
                let staged = self.fetched(*digest, *size, fetch)?;
                contents.push(FileContent::Staged(self.relative(&staged).to_path_buf()));
            }
        }
        Ok(self.record_plan(from, &LayerPlan { scan, contents })?)
    }

    /// The content of a file, beside what the store holds.
    fn fetched<E: From<StoreError>>(
        &self,
        digest: BlobDigest,
        size: u64,
        fetch: &mut Fetch<'_, E>,
    ) -> Result<PathBuf, E> {
        let staged = self.staged()?;
        let failed = |error: io::Error| StoreError::io("write", &staged, error);
        let file = self.disk().create_new(&staged).map_err(failed)?;
        let mut file = BufWriter::new(file);
        fetch(digest, size, &mut file)?;
        file.flush().map_err(failed)?;
        self.disk().before(WritePoint::Filled(&staged)).map_err(failed)?;
        let mut written = std::fs::File::open(&staged).map_err(failed)?;
        let found = crate::hash::hash_reader(&mut written).map_err(failed)?;
        if found != (digest, size) {
            return Err(refused("a file of it holds another content than it says").into());
        }
        Ok(staged)
    }

    /// What no layer of a step has.
    fn check_delta(&self, scan: &LayerScan) -> Result<(), StoreError> {
        let ids = self.step_ids()?;
        let is_fine = |meta: &Meta| {
            let known = |name: &[u8]| name.starts_with(b"user.") && !name.starts_with(b"user.overlay.");
            meta.mode <= 0o7777
                && meta.uid < ids
                && meta.gid < ids
                && meta.xattrs.iter().all(|(name, _)| known(name) || name == b"security.capability")
        };
        let mut entries = 0;
        for dir in &scan.dirs {
            entries += 1 + dir.entries.len();
            let fine = is_fine(&dir.meta)
                && dir.entries.iter().all(|(_, node)| match node {
                    ScannedNode::File { meta, .. } | ScannedNode::Fifo(meta) => is_fine(meta),
                    ScannedNode::Symlink { target, meta } => {
                        is_fine(meta)
                            && !target.is_empty()
                            && target.len() <= LONGEST_LINK
                            && !target.contains(&0)
                    }
                    ScannedNode::Dir(_) | ScannedNode::Whiteout => true,
                });
            if !fine || entries > MOST_ENTRIES {
                return Err(refused("it holds what no step leaves"));
            }
        }
        Ok(())
    }
}

impl Delta {
    /// The content of its files: digest, size, and where to read it in the store's folder.
    pub fn files(&self) -> impl Iterator<Item = (BlobDigest, u64, &Path)> {
        let files = self.scan.nodes().filter_map(|node| match node {
            ScannedNode::File { digest, size, .. } => Some((*digest, *size)),
            _ => None,
        });
        files.zip(&self.sources).map(|((digest, size), source)| (digest, size, source.as_path()))
    }
}

impl Store {
    /// Opens a file that [`Delta::files`] names.
    pub fn open_delta_file(&self, source: &Path) -> Result<std::fs::File, StoreError> {
        self.open_stored(source)
    }
}

fn refused(reason: &str) -> StoreError {
    StoreError::Malformed { what: "a result from elsewhere".to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::TestStore;

    fn tree(store: &Store, files: &[(&str, &str)]) -> Tree {
        let mut tree = store.empty_tree();
        for (path, text) in files {
            tree = store.with_file(&tree, path, text.as_bytes(), 0o644).unwrap();
        }
        tree
    }

    fn sent(from: &Store, to: &Store, below: [&Tree; 2], tree: &Tree) -> Result<Tree, StoreError> {
        let delta = from.delta(below[0], tree).unwrap().unwrap();
        let files: HashMap<BlobDigest, PathBuf> =
            delta.files().map(|(digest, _, source)| (digest, source.to_path_buf())).collect();
        to.adopt_delta(below[1], delta.scan, tree.digest, &mut |digest, _, to| {
            let mut file = from.open_delta_file(&files[&digest])?;
            io::copy(&mut file, to).map(drop).map_err(|error| StoreError::io("read", "x", error))
        })
    }

    #[test]
    fn a_result_is_put_together_over_what_the_other_store_has() {
        let (one, two) = (TestStore::new(), TestStore::new());
        let files = [("/a/x", "1"), ("/a/y", "2"), ("/b", "3")];
        let below = [&tree(&one, &files), &tree(&two, &files)];
        let changed = one.with_file(below[0], "/a/y", b"two", 0o755).unwrap();
        let changed = one.with_file(&changed, "/c/d/e", b"", 0o600).unwrap();
        for change in
            [changed.clone(), one.with_removed(&changed, "/a").unwrap(), below[0].clone(), one.empty_tree()]
        {
            let adopted = sent(&one, &two, below, &change).unwrap();
            assert_eq!(adopted.digest, change.digest);
            assert_eq!(two.list(&adopted).unwrap(), one.list(&change).unwrap());
        }
        let file = two.subfile(&sent(&one, &two, below, &changed).unwrap(), "/a/y").unwrap();
        assert_eq!(two.read_file(&file).unwrap(), b"two");
        assert_eq!(two.verify(false).unwrap().damage, []);
    }

    #[test]
    fn what_is_not_what_it_says_is_refused() {
        let (one, two) = (TestStore::new(), TestStore::new());
        let changed = tree(&one, &[("/a", "1")]);
        let delta = one.delta(&one.empty_tree(), &changed).unwrap().unwrap();
        let adopt = |scan: LayerScan, digest: TreeDigest, content: &'static [u8]| {
            let adopted = two.adopt_delta(&two.empty_tree(), scan, digest, &mut |_, _, to| {
                to.write_all(content).map_err(|error| StoreError::io("write", "x", error))
            });
            adopted.map_err(|error| error.to_string())
        };
        assert!(adopt(delta.scan.clone(), changed.digest, b"2").unwrap_err().contains("another content"));
        assert!(adopt(delta.scan.clone(), changed.digest, b"11").unwrap_err().contains("another content"));
        let other = TreeDigest(Digest::of(b"other"));
        assert!(adopt(delta.scan.clone(), other, b"1").unwrap_err().contains("another tree"));
        let mut odd = delta.scan.clone();
        odd.dirs[0].meta.mode = 0o170_755;
        assert!(adopt(odd, changed.digest, b"1").unwrap_err().contains("no step leaves"));
        let mut odd = delta.scan.clone();
        odd.dirs[0].meta.xattrs = vec![(b"trusted.overlay.opaque".to_vec(), b"y".to_vec())];
        assert!(adopt(odd, changed.digest, b"1").unwrap_err().contains("no step leaves"));
        let mut odd = delta.scan.clone();
        odd.dirs[0].entries[0].0 = b"../x".to_vec();
        assert!(adopt(odd, changed.digest, b"1").is_err());
        assert!(adopt(delta.scan.clone(), changed.digest, b"1").is_ok());
    }
}
