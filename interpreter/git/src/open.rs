//! Finding and opening a repository, and seeing to it that it is its own.

use std::fs;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use crate::GitError;

/// The repository that contains a package, seen as the package's folder.
pub struct Repository {
    pub(crate) git: gix::Repository,
    /// The folder of the working files.
    pub(crate) root: PathBuf,
    /// The package's folder, relative to `root`: names in order.
    pub(crate) prefix: Vec<Vec<u8>>,
    /// The commit of `HEAD` when the repository was opened; `None` before the first one.
    pub(crate) head: Option<ObjectId>,
}

impl Repository {
    /// Opens the nearest repository from the package's folder upwards.
    ///
    /// # Errors
    /// When there is none, it cannot be read, or it would be read from outside itself.
    pub fn open(package: &Path) -> Result<Repository, GitError> {
        let package = package.canonicalize().map_err(GitError::read)?;
        let found = package.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok());
        let root = found.ok_or_else(|| GitError::None { folder: package.clone() })?.to_path_buf();
        let folder = git_folder(&root)?;
        let common = common_folder(&folder)?;
        check_own(&common)?;
        let options = gix::open::Options::isolated().open_path_as_is(true);
        let git = gix::open_opts(&folder, options).map_err(|error| refused(&common, error))?;
        let head = git.head().map_err(GitError::read)?.id().map(gix::Id::detach);
        let prefix = package.strip_prefix(&root).unwrap_or(Path::new("")).iter();
        let prefix = prefix.map(|name| std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec()).collect();
        Ok(Repository { git, root, prefix, head })
    }

    /// The same repository, with `HEAD` where it was at an earlier look: what one run says of it belongs together.
    ///
    /// # Errors
    /// When that is no commit's name.
    pub fn at(self, head: Option<&str>) -> Result<Repository, GitError> {
        let head = head.map(|head| ObjectId::from_hex(head.as_bytes()).map_err(GitError::read));
        Ok(Repository { head: head.transpose()?, ..self })
    }

    /// The commit of `HEAD`.
    pub(crate) fn head(&self) -> Result<ObjectId, GitError> {
        self.head.ok_or(GitError::Unborn)
    }
}

/// The folder that `.git` is, or names. A file may name any folder, so that one has to name it back, as the repositories of linked
/// working trees and of submodules do.
pub(crate) fn git_folder(root: &Path) -> Result<PathBuf, GitError> {
    let dot = root.join(".git");
    let kind = dot.symlink_metadata().map_err(GitError::read)?.file_type();
    if kind.is_dir() {
        if dot.join("commondir").exists() {
            return Err(foreign(&dot, "is the folder of a linked working tree, which lies elsewhere"));
        }
        return Ok(dot);
    }
    if !kind.is_file() {
        return Err(foreign(&dot, "is a link; only what lies there itself is read"));
    }
    let text = fs::read_to_string(&dot).map_err(GitError::read)?;
    let named = text.strip_prefix("gitdir:").map(str::trim).unwrap_or_default();
    let folder = root.join(named).canonicalize().map_err(GitError::read)?;
    let back = fs::read_to_string(folder.join("gitdir")).ok();
    let back = back.map(|back| folder.join(back.trim()).canonicalize());
    let is_worktree =
        back.is_some_and(|back| back.is_ok_and(|back| dot.canonicalize().is_ok_and(|dot| dot == back)));
    if is_worktree || is_submodule_of(&folder, root) {
        return Ok(folder);
    }
    Err(foreign(&dot, "names a folder that does not name it back; only a package's own repository is read"))
}

/// Whether a submodule's repository says that its working files are here.
fn is_submodule_of(folder: &Path, root: &Path) -> bool {
    let options = gix::open::Options::isolated().open_path_as_is(true);
    let Ok(git) = gix::open_opts(folder, options) else { return false };
    let stated = git.config_snapshot().string("core.worktree");
    let stated = stated.and_then(|path| folder.join(path.to_string()).canonicalize().ok());
    stated.is_some_and(|stated| stated == root)
}

/// The folder with objects and references: of a linked working tree, the one that its own folder lies in.
pub(crate) fn common_folder(folder: &Path) -> Result<PathBuf, GitError> {
    let folder = folder.canonicalize().map_err(GitError::read)?;
    let Ok(common) = fs::read_to_string(folder.join("commondir")) else { return Ok(folder) };
    let common = folder.join(common.trim()).canonicalize().map_err(GitError::read)?;
    if folder.starts_with(&common) {
        return Ok(common);
    }
    Err(foreign(&folder, "shares a repository that it does not lie in"))
}

/// A repository could borrow objects from another one that the package has no business in.
pub(crate) fn check_own(common: &Path) -> Result<(), GitError> {
    let objects = common.join("objects");
    let alternates = objects.join("info/alternates");
    if fs::read(&alternates).is_ok_and(|text| !text.trim_ascii().is_empty()) {
        let reason = "borrows objects from another repository; `git repack -a -d` and removing the file gives it its own";
        return Err(foreign(&alternates, reason));
    }
    for folder in [common, &objects, &objects.join("pack")] {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
                return Err(foreign(&entry.path(), "is a link; only what lies there itself is read"));
            }
        }
    }
    Ok(())
}

fn foreign(path: &Path, reason: &'static str) -> GitError {
    GitError::Foreign { path: path.to_path_buf(), reason }
}

fn refused(common: &Path, error: impl std::fmt::Display) -> GitError {
    let config = fs::read_to_string(common.join("config")).unwrap_or_default().to_ascii_lowercase();
    let is_sha256 = config.lines().any(|line| {
        line.split_once('=')
            .is_some_and(|(key, value)| key.trim() == "objectformat" && value.trim() == "sha256")
    });
    if is_sha256 { GitError::Sha256 { path: common.to_path_buf() } } else { GitError::read(error) }
}
