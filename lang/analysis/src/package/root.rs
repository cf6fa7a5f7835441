//! Finding the package that a folder or a file belongs to.

use std::path::{Component, Path, PathBuf};

use crate::system::{FileKind, System};

/// The name of the manifest.
pub(crate) const MANIFEST: &str = "pipe.toml";
/// The entry module of a package whose manifest names none.
pub(crate) const DEFAULT_ENTRY: &str = "main.pipe";

/// Where a package is. Its manifest is read when it is checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PackageRoot {
    /// Its folder, absolute.
    pub dir: PathBuf,
    /// The manifest, if there is one.
    pub manifest: Option<PathBuf>,
    /// The entry module, when no manifest decides it.
    pub entry: PathBuf,
}

impl PackageRoot {
    /// The package that a folder belongs to: the nearest folder upwards with a `pipe.toml`, else the nearest one with a
    /// `main.pipe`. `None` when there is neither.
    pub fn discover(system: &dyn System, dir: &Path) -> Option<PackageRoot> {
        let start = absolute(system, dir);
        let folders: Vec<&Path> = start.ancestors().collect();
        let with =
            |name: &str| folders.iter().find(|dir| system.kind(&dir.join(name)) == Some(FileKind::File));
        if let Some(dir) = with(MANIFEST) {
            return Some(PackageRoot {
                dir: dir.to_path_buf(),
                manifest: Some(dir.join(MANIFEST)),
                entry: dir.join(DEFAULT_ENTRY),
            });
        }
        with(DEFAULT_ENTRY).map(|dir| PackageRoot {
            dir: dir.to_path_buf(),
            manifest: None,
            entry: dir.join(DEFAULT_ENTRY),
        })
    }

    /// The package that a file belongs to. A file without a package around it is one of its own, and its own entry.
    pub fn of_file(system: &dyn System, file: &Path) -> PackageRoot {
        let file = absolute(system, file);
        let dir = file.parent().unwrap_or(&file).to_path_buf();
        PackageRoot::discover(system, &dir).unwrap_or(PackageRoot { dir, manifest: None, entry: file })
    }
}

/// The path made absolute and free of `.`; links and `..` stay, so that it is shown as it was given.
pub(crate) fn absolute(system: &dyn System, path: &Path) -> PathBuf {
    system.current_dir().join(path).components().collect()
}

/// The path as it is shown to people: relative to the current folder when it lies below it, with `/` between its parts.
pub(crate) fn shown(system: &dyn System, path: &Path) -> String {
    let current = system.current_dir();
    let path = path.strip_prefix(&current).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

/// Whether a file of a package is a link that leads out of it: such a file is none of the package's, and is not read.
pub(super) fn leads_out(system: &dyn System, dir: &Path, file: &Path) -> bool {
    match (system.canonical(dir), system.canonical(file)) {
        (Ok(root), Ok(target)) => !target.starts_with(root),
        _ => false,
    }
}

/// The path without `.` and `..`, as far as it can be told from its text.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
