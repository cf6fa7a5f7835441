//! What changed between two trees, told by their digests alone.

use std::collections::BTreeSet;

use pipe_ops::TreeDigest;

use crate::merkle::{Batch, Node};
use crate::{Store, StoreError};

/// The first path in which two trees differ, in the order of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathChange {
    /// The path from the trees' root, without a leading slash, as bytes: names need not be UTF-8. Empty for the root itself.
    pub path: Vec<u8>,
    /// What became of it.
    pub kind: PathChangeKind,
}

/// What became of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its content is another, or it is another kind of thing.
    Content,
    /// Its content is the same; its mode, owner or extended attributes are others.
    Attributes,
}

impl Store {
    /// The first path in which two trees differ; `None` when they are equal, or when one of them is no longer in the store.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn first_change(
        &self,
        before: TreeDigest,
        after: TreeDigest,
    ) -> Result<Option<PathChange>, StoreError> {
        // Only folders that differ are looked into, so this costs as much as there are folders on the way.
        let mut pending = vec![(Vec::new(), before.0, after.0)];
        while let Some((path, before, after)) = pending.pop() {
            if before == after {
                continue;
            }
            let load = |digest| match self.load_dir(digest, &Batch::default()) {
                Ok(dir) => Ok(Some(dir)),
                Err(StoreError::Malformed { .. }) => Ok(None),
                Err(error) => Err(error),
            };
            let (Some(before), Some(after)) = (load(before)?, load(after)?) else { return Ok(None) };
            let names: BTreeSet<&Vec<u8>> = before.entries.keys().chain(after.entries.keys()).collect();
            let mut below = Vec::new();
            for name in names {
                let here = crate::locate::child_path(&path, name);
                let kind = match (before.entries.get(name), after.entries.get(name)) {
                    (Some(old), Some(new)) if old == new => continue,
                    (Some(Node::Dir(old)), Some(Node::Dir(new))) => {
                        below.push((here, old.digest, new.digest));
                        continue;
                    }
                    (None, _) => PathChangeKind::Added,
                    (_, None) => PathChangeKind::Removed,
                    (Some(old), Some(new)) if same_content(old, new) => PathChangeKind::Attributes,
                    _ => PathChangeKind::Content,
                };
                return Ok(Some(PathChange { path: here, kind }));
            }
            if below.is_empty() {
                return Ok(Some(PathChange { path, kind: PathChangeKind::Attributes }));
            }
            pending.extend(below.into_iter().rev());
        }
        Ok(None)
    }
}

fn same_content(old: &Node, new: &Node) -> bool {
    match (old, new) {
        (Node::File { digest: old, .. }, Node::File { digest: new, .. }) => old == new,
        (Node::Symlink { target: old, .. }, Node::Symlink { target: new, .. }) => old == new,
        (Node::Fifo(_), Node::Fifo(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::TestStore;

    fn changed(
        before: &[(&str, &str, u32)],
        after: &[(&str, &str, u32)],
    ) -> Option<(String, PathChangeKind)> {
        let store = TestStore::new();
        let tree = |files: &[(&str, &str, u32)]| {
            files.iter().fold(store.empty_tree(), |tree, (path, text, mode)| {
                store.with_file(&tree, path, text.as_bytes(), *mode).unwrap()
            })
        };
        let change = store.first_change(tree(before).digest, tree(after).digest).unwrap();
        change.map(|change| (String::from_utf8(change.path).unwrap(), change.kind))
    }

    #[test]
    fn the_first_path_that_differs_is_named() {
        let files = [("/a/b/c", "1", 0o644), ("/a/z", "1", 0o644), ("/b", "1", 0o644)];
        assert_eq!(changed(&files, &files), None);
        let with = |index: usize, text: &'static str, mode: u32| {
            let mut files = files;
            files[index].1 = text;
            files[index].2 = mode;
            files
        };
        let told = |path: &str, kind| Some((path.to_owned(), kind));
        assert_eq!(changed(&files, &with(0, "2", 0o644)), told("a/b/c", PathChangeKind::Content));
        assert_eq!(changed(&files, &with(1, "1", 0o755)), told("a/z", PathChangeKind::Attributes));
        assert_eq!(changed(&files, &files[..2]), told("b", PathChangeKind::Removed));
        assert_eq!(changed(&files[1..], &files), told("a/b", PathChangeKind::Added));
    }

    #[test]
    fn a_tree_that_is_gone_tells_nothing() {
        let store = TestStore::new();
        let gone = TreeDigest(pipe_ops::Digest::of(b"never kept"));
        assert_eq!(store.first_change(gone, store.empty_tree().digest).unwrap(), None);
    }
}
