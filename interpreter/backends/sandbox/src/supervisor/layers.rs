//! Looking things up in stacks of layers, as overlayfs would show them.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Missing,
    /// A folder; the highest layer's, whose attributes count.
    Dir(PathBuf),
    Symlink(PathBuf),
    /// A file, or something like a file.
    File(PathBuf),
}

/// Folders over one another.
#[derive(Clone, Debug, Default)]
pub(super) struct Stack {
    /// Lowest first; relative to the store.
    pub(super) folders: Vec<PathBuf>,
}

/// What was found out about folders of layers: they never change.
#[derive(Default)]
pub(super) struct LayerIndex {
    folders: Mutex<HashMap<PathBuf, Arc<LayerFacts>>>,
}

/// About one folder that stands in a stack.
pub(super) struct LayerFacts {
    /// It is a folder, and no link leads to it.
    pub(super) sound: bool,
    /// It hides what is below it.
    pub(super) opaque: bool,
    /// The names in it: most layers say nothing about most paths.
    pub(super) names: BTreeSet<OsString>,
}

impl LayerIndex {
    /// Looks once.
    pub(super) fn facts(&self, folder: &Path) -> Arc<LayerFacts> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(facts) = folders.get(folder) {
            return facts.clone();
        }
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let facts = Arc::new(LayerFacts {
            sound: is_plain_folder(folder),
            opaque: is_opaque(folder),
            names: entries.map(|entry| entry.file_name()).collect(),
        });
        folders.insert(folder.to_path_buf(), facts.clone());
        facts
    }

    /// Forgets everything: a folder is about to be removed, and another may get its name.
    pub(super) fn clear(&self) {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The kernel follows links in the path of a lower folder; a step may have left one on the way.
fn is_plain_folder(folder: &Path) -> bool {
    let mut walked = PathBuf::new();
    folder.components().all(|component| {
        walked.push(component);
        std::fs::symlink_metadata(&walked).is_ok_and(|meta| meta.is_dir())
    })
}

impl Stack {
    /// What overlayfs would show at a path without links in it, relative to the stack's top.
    pub(super) fn entry(&self, path: &Path, index: &LayerIndex) -> Entry {
        let mut names = path.components().filter_map(|component| match component {
            Component::Normal(name) => Some(name),
            _ => None,
        });
        let mut merged: Vec<PathBuf> = self.folders.iter().rev().cloned().collect();
        if let Some(first) = names.next() {
            merged.retain(|folder| index.facts(folder).names.contains(first));
            match descend(&merged, first) {
                Step::Into(folders) => merged = folders,
                Step::End(entry) => return if names.next().is_none() { entry } else { Entry::Missing },
            }
        }
        while let Some(name) = names.next() {
            match descend(&merged, name) {
                Step::Into(folders) => merged = folders,
                Step::End(entry) => return if names.next().is_none() { entry } else { Entry::Missing },
            }
        }
        // An empty stack is an empty folder.
        Entry::Dir(merged.into_iter().next().unwrap_or_default())
    }
}

enum Step {
    Into(Vec<PathBuf>),
    End(Entry),
}

fn descend(folders: &[PathBuf], name: &OsStr) -> Step {
    let mut merged = Vec::new();
    for folder in folders {
        let path = folder.join(name);
        let Ok(meta) = std::fs::symlink_metadata(&path) else { continue };
        if is_whiteout(&path, &meta) {
            break;
        }
        if !meta.is_dir() {
            if merged.is_empty() {
                return Step::End(leaf(path, &meta));
            }
            break;
        }
        let opaque = is_opaque(&path);
        merged.push(path);
        if opaque {
            break;
        }
    }
    if merged.is_empty() { Step::End(Entry::Missing) } else { Step::Into(merged) }
}

fn leaf(path: PathBuf, meta: &Metadata) -> Entry {
    if !meta.is_symlink() {
        return Entry::File(path);
    }
    std::fs::read_link(&path).map_or(Entry::Missing, Entry::Symlink)
}

/// A whiteout is a character device 0:0 (what the kernel writes), or an empty file with an attribute.
fn is_whiteout(path: &Path, meta: &Metadata) -> bool {
    let file_type = meta.file_type();
    file_type.is_char_device() && meta.rdev() == 0
        || file_type.is_file() && meta.len() == 0 && attribute(path, c"user.overlay.whiteout").is_some()
}

/// Whether a folder hides what lower layers have at its path.
pub(super) fn is_opaque(folder: &Path) -> bool {
    attribute(folder, c"user.overlay.opaque") == Some(b'y')
}

fn attribute(path: &Path, name: &std::ffi::CStr) -> Option<u8> {
    let mut value = [0; 1];
    match rustix::fs::lgetxattr(path, name, &mut value) {
        Ok(1) => Some(value[0]),
        Ok(_) => Some(0),
        // Longer than one byte: there, with a value that means nothing here.
        Err(rustix::io::Errno::RANGE) => Some(0),
        Err(_) => None,
    }
}
