//! Submodules: files of other repositories, which lie in the working files of the one that the package stands in.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use pipe_store::{LayerDraft, Store, Tree};

use crate::open::{check_own, common_folder, git_folder};
use crate::tree::{Link, fill};
use crate::{GitError, Repository};

impl Repository {
    /// As [`Repository::tree`], with the files of submodules in the stead of empty folders, each as it was committed in the commit that `HEAD` has of it.
    ///
    /// # Errors
    /// Before the first commit, when something cannot be read, or when a submodule is not there.
    pub fn tree_with_submodules(&self, store: &Store) -> Result<Tree, GitError> {
        let Some(root) = self.subtree(self.head()?)? else { return Ok(store.empty_tree()) };
        let mut draft = LayerDraft::begin(store)?;
        let mut pending = fill(&self.git, root, Vec::new(), &mut draft)?;
        while let Some(Link { at, commit }) = pending.pop() {
            let git = self.submodule(&at)?;
            let tree = git.find_commit(commit).ok().and_then(|commit| commit.tree_id().ok());
            let tree = tree.ok_or_else(|| lacking(&at, "does not have the commit that is wanted of it"))?;
            pending.extend(fill(&git, tree.detach(), at, &mut draft)?);
        }
        Ok(store.stack(&[draft.finish()?])?)
    }

    /// Opens the repository of a submodule at a path of the package's folder. It lies there, or in the folder of the repository that has it.
    fn submodule(&self, at: &[u8]) -> Result<gix::Repository, GitError> {
        let folder = self.package().join(OsStr::from_bytes(at));
        let is_itself = folder.canonicalize().is_ok_and(|real| real == folder);
        if !is_itself || folder.join(".git").symlink_metadata().is_err() {
            return Err(lacking(at, "is not there"));
        }
        let data = git_folder(&folder)?;
        let own = self.git.common_dir().canonicalize().map_err(GitError::read)?;
        let real = data.canonicalize().map_err(GitError::read)?;
        if real != folder.join(".git") && !real.starts_with(&own) {
            return Err(lacking(at, "has its data outside the repository"));
        }
        check_own(&common_folder(&data)?)?;
        gix::open_opts(&data, gix::open::Options::isolated().open_path_as_is(true)).map_err(GitError::read)
    }

    /// The package's folder.
    fn package(&self) -> PathBuf {
        self.prefix
            .iter()
            .fold(self.root.clone(), |folder, name| folder.join(Path::new(OsStr::from_bytes(name))))
    }
}

fn lacking(at: &[u8], reason: &'static str) -> GitError {
    GitError::Submodule { path: String::from_utf8_lossy(at).into_owned(), reason }
}
