//! The tree of a commit, as it was committed.

use std::path::Path;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;
use pipe_store::{LayerDraft, Meta, Store, Tree};

use crate::{GitError, Repository};

impl Repository {
    /// The name of the tree that the package's folder is in `HEAD`; `None` when `HEAD` does not have the folder. Equal names are equal
    /// content.
    ///
    /// # Errors
    /// Before the first commit.
    pub fn tree_id(&self) -> Result<Option<String>, GitError> {
        Ok(self.subtree(self.head()?)?.map(|id| id.to_string()))
    }

    /// The package's folder in `HEAD`, as it was committed: nothing is filtered or converted. Submodules are empty folders.
    ///
    /// # Errors
    /// Before the first commit, or when something cannot be read.
    pub fn tree(&self, store: &Store) -> Result<Tree, GitError> {
        let Some(root) = self.subtree(self.head()?)? else { return Ok(store.empty_tree()) };
        let mut draft = LayerDraft::begin(store)?;
        fill(&self.git, root, Vec::new(), &mut draft)?;
        Ok(store.stack(&[draft.finish()?])?)
    }

    /// The package's folder in a commit.
    pub(crate) fn subtree(&self, commit: ObjectId) -> Result<Option<ObjectId>, GitError> {
        let commit = self.git.find_commit(commit).map_err(GitError::read)?;
        let mut id = commit.tree_id().map_err(GitError::read)?.detach();
        for name in &self.prefix {
            let tree = self.git.find_tree(id).map_err(GitError::read)?;
            let mut next = None;
            for entry in tree.iter() {
                let entry = entry.map_err(GitError::read)?;
                if entry.filename().as_bytes() == name.as_slice() && entry.mode().is_tree() {
                    next = Some(entry.object_id());
                }
            }
            match next {
                Some(next) => id = next,
                None => return Ok(None),
            }
        }
        Ok(Some(id))
    }
}

/// Puts all that is in a commit at a place of a layer, as it was committed. `folder` is a repository of our own, without working files.
///
/// # Errors
/// When the commit is not there, or something of it cannot be read.
pub fn fill_commit(folder: &Path, commit: &str, at: &[u8], draft: &mut LayerDraft) -> Result<(), GitError> {
    let options = gix::open::Options::isolated().open_path_as_is(true);
    let git = gix::open_opts(folder, options).map_err(GitError::read)?;
    let id = ObjectId::from_hex(commit.as_bytes()).map_err(GitError::read)?;
    let tree = git.find_commit(id).map_err(GitError::read)?.tree_id().map_err(GitError::read)?;
    fill(&git, tree.detach(), at.to_vec(), draft).map(drop)
}

/// A place in a tree where a commit of another repository belongs.
pub(crate) struct Link {
    pub(crate) at: Vec<u8>,
    pub(crate) commit: ObjectId,
}

/// Puts a tree at a place of a layer. Submodules become empty folders; where they are.
pub(crate) fn fill(
    git: &gix::Repository,
    root: ObjectId,
    at: Vec<u8>,
    draft: &mut LayerDraft,
) -> Result<Vec<Link>, GitError> {
    let mut links = Vec::new();
    let mut pending = vec![(at, root)];
    while let Some((folder, id)) = pending.pop() {
        let tree = git.find_tree(id).map_err(GitError::read)?;
        for entry in tree.iter() {
            let entry = entry.map_err(GitError::read)?;
            let path = child(&folder, entry.filename().as_bytes());
            let id = entry.object_id();
            match entry.mode().kind() {
                EntryKind::Tree => {
                    draft.dir(&path, Meta::plain(0o755))?;
                    pending.push((path, id));
                }
                EntryKind::Commit => {
                    draft.dir(&path, Meta::plain(0o755))?;
                    links.push(Link { at: path, commit: id });
                }
                EntryKind::Link => {
                    let target = git.find_blob(id).map_err(GitError::read)?;
                    draft.symlink(&path, &target.data, Meta::plain(0o777))?;
                }
                kind @ (EntryKind::Blob | EntryKind::BlobExecutable) => {
                    let blob = git.find_blob(id).map_err(GitError::read)?;
                    let mode = if kind == EntryKind::Blob { 0o644 } else { 0o755 };
                    draft.file(&path, Meta::plain(mode), None, &mut blob.data.as_slice())?;
                }
            }
        }
    }
    Ok(links)
}

pub(crate) fn child(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}
