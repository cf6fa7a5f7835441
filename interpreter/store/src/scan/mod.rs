//! Digesting a layer.

mod find;
mod list;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::Path;

use rayon::prelude::*;

use self::find::{Found, FoundDir, FoundFile, FoundNode, find, read_error};
use crate::hash::hash_sized;
use crate::layer::DISK_BLOCK;
use crate::{IdMap, LayerScan, ScanError, ScannedDir, ScannedNode, StoreError};

pub use list::{FolderEntry, FolderEntryKind, list_folder};

/// Below these, digesting in parallel costs more than it saves.
const PARALLEL_FILES: usize = 32;
const PARALLEL_BYTES: u64 = 4 << 20;

/// Digests the layer in `dir`: a folder in overlayfs's form. Whiteouts are character devices 0:0 or empty files with the attribute
/// `user.overlay.whiteout`; `user.overlay.opaque` = `y` marks a folder that hides lower ones. Nothing may write to the folder
/// meanwhile. Sockets are left out, for they mean nothing without the process that listened; [`LayerScan::sockets`] names them.
pub fn scan_layer(dir: &Path, ids: IdMap) -> Result<LayerScan, StoreError> {
    let Found { dirs, files, sockets } = find(dir, ids)?;
    let digests = hash_files(dir, &files)?;
    Ok(LayerScan { sockets, ..assemble(dirs, files, digests) })
}

type Hashed = (pipe_ops::BlobDigest, u64);

fn hash_files(root: &Path, files: &[FoundFile]) -> Result<Vec<Hashed>, ScanError> {
    let hash = |file: &FoundFile| {
        File::open(root.join(&file.path))
            .and_then(|mut opened| hash_sized(&mut opened, file.size))
            .map_err(|error| read_error(&file.path, error))
    };
    let bytes: u64 = files.iter().map(|file| file.size).sum();
    if files.len() >= PARALLEL_FILES || bytes >= PARALLEL_BYTES && files.len() > 1 {
        files.par_iter().map(hash).collect()
    } else {
        files.iter().map(hash).collect()
    }
}

/// Turns the numbering around, so that children come before their parents, and fills the files in.
fn assemble(found: Vec<FoundDir>, files: Vec<FoundFile>, digests: Vec<Hashed>) -> LayerScan {
    let links = link_groups(&files);
    let mut counted = HashSet::new();
    let own = files.iter().filter(|file| file.inode.is_none_or(|inode| counted.insert(inode)));
    let disk = own.map(|file| file.disk).sum::<u64>() + found.len() as u64 * DISK_BLOCK;
    let mut files: Vec<Option<ScannedNode>> = files
        .into_iter()
        .zip(digests)
        .map(|(file, (digest, size))| {
            let link = file.inode.and_then(|inode| links.get(&inode).copied());
            Some(ScannedNode::File { digest, size, meta: file.meta, link })
        })
        .collect();
    let last = found.len().saturating_sub(1);
    let mut node = |node| match node {
        FoundNode::Dir(index) => Some(ScannedNode::Dir((last - index) as u32)),
        FoundNode::File(index) => files.get_mut(index).and_then(Option::take),
        FoundNode::Done(node) => Some(node),
    };
    let dirs = found.into_iter().rev().map(|dir| ScannedDir {
        meta: dir.meta,
        opaque: dir.opaque,
        entries: dir.entries.into_iter().filter_map(|(name, found)| Some((name, node(found)?))).collect(),
    });
    LayerScan { dirs: dirs.collect(), disk, sockets: Vec::new() }
}

/// Numbers the inodes that have at least two names in the layer. The numbers follow the order in which they were found; only
/// which files share one counts.
fn link_groups(files: &[FoundFile]) -> HashMap<(u64, u64), u32> {
    let mut names: HashMap<(u64, u64), u32> = HashMap::new();
    for inode in files.iter().filter_map(|file| file.inode) {
        *names.entry(inode).or_default() += 1;
    }
    let mut numbers = HashMap::new();
    for inode in files.iter().filter_map(|file| file.inode).filter(|inode| names.get(inode) > Some(&1)) {
        let next = numbers.len() as u32;
        numbers.entry(inode).or_insert(next);
    }
    numbers
}
