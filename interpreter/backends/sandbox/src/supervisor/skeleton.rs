//! Folders that the sandbox itself puts under a step's layers: what a root begins with, and mount points. They are layers of the
//! mount only, never of a result.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::attributes::copy_attributes;
use super::layers::{Entry, LayerIndex, Stack};
use super::texts::told;
use crate::toolchain::{self, Toolchain};

/// Something to be made in a skeleton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stub {
    Dir,
    File,
    Symlink(PathBuf),
}

/// What the roots of all steps of this supervisor begin with; made when first needed.
pub(super) struct Bases {
    folder: PathBuf,
    empty: OnceLock<Result<PathBuf, String>>,
    scratch: OnceLock<Result<PathBuf, String>>,
    toolchain: OnceLock<Result<(PathBuf, Toolchain), String>>,
}

impl Bases {
    /// In a folder of its own.
    pub(super) fn new(folder: &Path) -> Bases {
        Bases {
            folder: folder.to_path_buf(),
            empty: OnceLock::new(),
            scratch: OnceLock::new(),
            toolchain: OnceLock::new(),
        }
    }

    /// An empty folder: what is below a mount of nothing.
    pub(super) fn empty(&self) -> Result<&Path, String> {
        let make = || {
            let path = self.folder.join("empty");
            make_folders(&path, &[]).map_err(|error| format!("cannot make {}", told(&path, &error)))?;
            Ok(path)
        };
        self.empty.get_or_init(make).as_deref().map_err(Clone::clone)
    }

    /// Folders for `/proc`, `/sys` and `/dev`, and nothing else.
    pub(super) fn scratch(&self) -> Result<&Path, String> {
        let make = || {
            let path = self.folder.join("scratch");
            make_folders(&path, &SCRATCH).map_err(|error| format!("cannot make {}", told(&path, &error)))?;
            Ok(path)
        };
        self.scratch.get_or_init(make).as_deref().map_err(Clone::clone)
    }

    /// The folders that programs expect, the host's top-level links, and the files of `/etc` that are made.
    pub(super) fn toolchain(&self) -> Result<(&Path, &Toolchain), String> {
        let make = || {
            let path = self.folder.join("toolchain");
            let toolchain = Toolchain::of_host();
            make_toolchain(&path, &toolchain)
                .map_err(|error| format!("cannot make {}", told(&path, &error)))?;
            Ok((path, toolchain))
        };
        let made = self.toolchain.get_or_init(make).as_ref().map_err(Clone::clone)?;
        Ok((&made.0, &made.1))
    }
}

/// Path and mode.
type Folder = (&'static str, u32);
const SCRATCH: [Folder; 3] = [("proc", 0o555), ("sys", 0o555), ("dev", 0o755)];
const TOOLCHAIN: [Folder; 12] = [
    ("proc", 0o555),
    ("sys", 0o555),
    ("dev", 0o755),
    ("etc", 0o755),
    ("home", 0o755),
    ("mnt", 0o755),
    ("opt", 0o755),
    ("root", 0o700),
    ("run", 0o755),
    ("tmp", 0o1777),
    ("var", 0o755),
    ("var/tmp", 0o1777),
];

fn make_folders(base: &Path, folders: &[Folder]) -> io::Result<()> {
    std::fs::create_dir(base)?;
    std::fs::set_permissions(base, PermissionsExt::from_mode(0o755))?;
    for (name, mode) in folders {
        let path = base.join(name);
        std::fs::create_dir(&path)?;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(*mode))?;
    }
    Ok(())
}

fn make_toolchain(base: &Path, toolchain: &Toolchain) -> io::Result<()> {
    make_folders(base, &TOOLCHAIN)?;
    for (name, text) in toolchain::MADE_FILES {
        std::fs::write(base.join(name), text)?;
    }
    for (name, target) in &toolchain.links {
        make(&base.join(name), &Stub::Symlink(target.clone()))?;
    }
    for part in &toolchain.parts {
        let path = base.join(&part.name);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        make(&path, if part.is_dir { &Stub::Dir } else { &Stub::File })?;
    }
    Ok(())
}

/// Makes a skeleton for the top of a stack. Folders on the way that the stack has keep the stack's attributes, for in a merged
/// folder the highest layer's count.
pub(super) fn make_over(
    folder: &Path,
    stubs: &BTreeMap<PathBuf, Stub>,
    stack: &Stack,
    index: &LayerIndex,
) -> io::Result<()> {
    std::fs::create_dir(folder)?;
    for (path, stub) in stubs {
        let ancestors: Vec<&Path> = path.ancestors().skip(1).collect();
        for ancestor in ancestors.into_iter().rev().filter(|path| !path.as_os_str().is_empty()) {
            let made = folder.join(ancestor);
            if std::fs::symlink_metadata(&made).is_ok() {
                continue;
            }
            make(&made, &Stub::Dir)?;
            if let Entry::Dir(original) = stack.entry(ancestor, index) {
                copy_attributes(&original, &made)?;
            }
        }
        let made = folder.join(path);
        if std::fs::symlink_metadata(&made).is_err() {
            make(&made, stub)?;
        }
    }
    Ok(())
}

fn make(path: &Path, stub: &Stub) -> io::Result<()> {
    match stub {
        Stub::Dir => std::fs::create_dir(path),
        Stub::File => std::fs::File::create(path).map(drop),
        Stub::Symlink(target) => symlink(target, path),
    }
}
