//! Paths that differ between two commits.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::tree::EntryMode;

use crate::tree::child;
use crate::{GitError, Repository};

/// What a folder holds, by name.
type Entries = BTreeMap<Vec<u8>, (EntryMode, ObjectId)>;

impl Repository {
    /// The paths of files in the package's folder that one commit has otherwise than the other, relative to it, sorted.
    ///
    /// # Errors
    /// When a commit is not there, or something cannot be read.
    pub fn diff(&self, from: &str, to: &str) -> Result<Vec<Vec<u8>>, GitError> {
        let from = self.subtree(self.resolve(from)?)?;
        let to = self.subtree(self.resolve(to)?)?;
        let mut paths = Vec::new();
        let mut pending = vec![(Vec::new(), from, to)];
        while let Some((folder, from, to)) = pending.pop() {
            if from == to {
                continue;
            }
            let (from, mut to) = (self.entries(from)?, self.entries(to)?);
            let gone = from.into_iter().map(|(name, old)| {
                let new = to.remove(&name);
                (name, Some(old), new)
            });
            let gone: Vec<_> = gone.collect();
            let added = to.into_iter().map(|(name, new)| (name, None, Some(new)));
            for (name, old, new) in gone.into_iter().chain(added) {
                if old == new {
                    continue;
                }
                let path = child(&folder, &name);
                let tree = |side: Option<(EntryMode, ObjectId)>| {
                    side.filter(|(mode, _)| mode.is_tree()).map(|(_, id)| id)
                };
                let is_file =
                    |side: Option<(EntryMode, ObjectId)>| side.is_some_and(|(mode, _)| !mode.is_tree());
                if is_file(old) || is_file(new) {
                    paths.push(path.clone());
                }
                if tree(old).is_some() || tree(new).is_some() {
                    pending.push((path, tree(old), tree(new)));
                }
            }
        }
        paths.sort();
        Ok(paths)
    }

    fn entries(&self, tree: Option<ObjectId>) -> Result<Entries, GitError> {
        let Some(id) = tree else { return Ok(Entries::new()) };
        let tree = self.git.find_tree(id).map_err(GitError::read)?;
        let entry = |entry: gix::Result<gix::object::tree::EntryRef<'_, '_>>| {
            let entry = entry.map_err(GitError::read)?;
            Ok((entry.filename().as_bytes().to_vec(), (entry.mode(), entry.object_id())))
        };
        tree.iter().map(entry).collect()
    }
}
