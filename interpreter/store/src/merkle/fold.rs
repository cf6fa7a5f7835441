//! Folding a layer into the tree below it: only folders that the layer touches are digested anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipe_ops::Digest;

use super::{Batch, Dir, DirRef, Node};
use crate::{LayerScan, ScannedNode, StoreError, TreeKind};

/// The tree that `scan` over `base` gives. `load` fetches folders of the base; new ones go to `batch`.
///
/// The rules are overlayfs's (`Documentation/filesystems/overlayfs.rst`): folders merge unless the upper is opaque or the lower is
/// none; whatever else is above hides what is below. In a [`TreeKind::Diff`] whiteouts and opaque marks stay where something
/// unknown may be below, and nowhere else, so equal differences are equal.
pub(crate) fn fold(
    base: Option<Digest>,
    scan: &LayerScan,
    kind: TreeKind,
    load: &dyn Fn(Digest) -> Result<Arc<Dir>, StoreError>,
    batch: &mut Batch,
) -> Result<DirRef, StoreError> {
    scan.check()?;
    let mut folders = match_bases(base, scan, kind, load)?;
    for (place, paths) in link_groups(scan, &folders) {
        if let Some(folder) = folders.get_mut(place) {
            folder.new_links.push(paths);
        }
    }
    let mut done: Vec<DirRef> = Vec::with_capacity(folders.len());
    for (index, folder) in folders.into_iter().enumerate() {
        let dir = merge(scan, index, folder, &done);
        done.push(batch.add(dir));
    }
    done.pop().ok_or_else(|| malformed("it has no folder"))
}

/// A folder of the scan, with what is below it.
#[derive(Clone, Default)]
struct Folder {
    /// The folder it merges with.
    base: Option<Arc<Dir>>,
    /// It hides what an unknown base may have.
    opaque: bool,
    /// Nothing unknown is below: the folder or one above it is opaque, or the whole tree is.
    closed: bool,
    /// Where it is in the scan; `None` for the root.
    parent: Option<(usize, Vec<u8>)>,
    new_links: Vec<Vec<Vec<u8>>>,
}

fn match_bases(
    base: Option<Digest>,
    scan: &LayerScan,
    kind: TreeKind,
    load: &dyn Fn(Digest) -> Result<Arc<Dir>, StoreError>,
) -> Result<Vec<Folder>, StoreError> {
    let mut folders = vec![Folder::default(); scan.dirs.len()];
    // Parents come after their children, so walking backwards sees each parent first.
    for (index, dir) in scan.dirs.iter().enumerate().rev() {
        let root = index + 1 == scan.dirs.len();
        if root {
            let base = base.filter(|_| !dir.opaque).map(load).transpose()?;
            let opaque =
                kind == TreeKind::Diff && (dir.opaque || base.as_ref().is_some_and(|base| base.opaque));
            let closed = kind == TreeKind::Whole || opaque;
            folders[index] = Folder { base, opaque, closed, ..Folder::default() };
        }
        let this = folders[index].clone();
        for (name, node) in &dir.entries {
            if let ScannedNode::Dir(child) = node {
                let child = *child as usize;
                folders[child] = below(&this, index, name, scan.dirs[child].opaque, load)?;
            }
        }
    }
    Ok(folders)
}

fn below(
    parent: &Folder,
    index: usize,
    name: &[u8],
    marked: bool,
    load: &dyn Fn(Digest) -> Result<Arc<Dir>, StoreError>,
) -> Result<Folder, StoreError> {
    let lower = parent.base.as_ref().and_then(|base| base.entries.get(name));
    let (base, hides) = match lower {
        _ if marked => (None, true),
        Some(Node::Dir(dir)) => {
            let base = load(dir.digest)?;
            let opaque = base.opaque;
            (Some(base), opaque)
        }
        Some(_) => (None, true),
        None => (None, false),
    };
    let opaque = hides && !parent.closed;
    let closed = parent.closed || opaque;
    Ok(Folder { base, opaque, closed, parent: Some((index, name.to_vec())), new_links: Vec::new() })
}

fn merge(scan: &LayerScan, index: usize, folder: Folder, done: &[DirRef]) -> Dir {
    let scanned = &scan.dirs[index];
    let mut dir = Dir::empty(scanned.meta.clone());
    dir.opaque = folder.opaque;
    if let Some(base) = &folder.base {
        dir.entries = base.entries.clone();
        dir.links = surviving_links(scan, index, base);
    }
    for (name, node) in &scanned.entries {
        let node = match node {
            ScannedNode::Dir(child) => Node::Dir(done[*child as usize]),
            ScannedNode::File { digest, size, meta, .. } => {
                Node::File { digest: *digest, size: *size, meta: meta.clone() }
            }
            ScannedNode::Symlink { target, meta } => {
                Node::Symlink { target: target.clone(), meta: meta.clone() }
            }
            ScannedNode::Fifo(meta) => Node::Fifo(meta.clone()),
            ScannedNode::Whiteout if folder.closed => {
                dir.entries.remove(name);
                continue;
            }
            ScannedNode::Whiteout => Node::Whiteout,
        };
        dir.entries.insert(name.clone(), node);
    }
    dir.links.extend(folder.new_links);
    dir.links.sort();
    dir
}

/// Groups of the base without the members that the layer replaces or hides: copying a file up parts it from its other names.
fn surviving_links(scan: &LayerScan, index: usize, base: &Dir) -> Vec<Vec<Vec<u8>>> {
    let groups = base.links.iter().map(|group| {
        group.iter().filter(|path| survives(scan, index, path)).cloned().collect::<Vec<Vec<u8>>>()
    });
    groups.filter(|group| branches(group)).collect()
}

/// The members are not all in one folder of this one: that folder would have the group.
fn branches(group: &[Vec<u8>]) -> bool {
    let mut names = group.iter().map(|path| path.split(|byte| *byte == b'/').next());
    let first = names.next();
    names.any(|name| Some(name) != first)
}

fn survives(scan: &LayerScan, index: usize, path: &[u8]) -> bool {
    let mut dir = &scan.dirs[index];
    let mut names = path.split(|byte| *byte == b'/').peekable();
    while let Some(name) = names.next() {
        match dir.find(name) {
            None => return true,
            Some(ScannedNode::Dir(child)) if names.peek().is_some() => {
                dir = &scan.dirs[*child as usize];
                if dir.opaque {
                    return false;
                }
            }
            Some(_) => return false,
        }
    }
    false
}

/// The groups of the layer: for each folder in which one branches, its paths from there.
fn link_groups(scan: &LayerScan, folders: &[Folder]) -> Vec<(usize, Vec<Vec<u8>>)> {
    let mut groups: BTreeMap<(u32, usize), Vec<Vec<u8>>> = BTreeMap::new();
    for (index, dir) in scan.dirs.iter().enumerate() {
        for (name, node) in &dir.entries {
            let ScannedNode::File { link: Some(link), .. } = node else { continue };
            let mut at = index;
            let mut path = name.clone();
            groups.entry((*link, at)).or_default().push(path.clone());
            while let Some((parent, name)) = &folders[at].parent {
                path = [name, &b"/"[..], &path].concat();
                at = *parent;
                groups.entry((*link, at)).or_default().push(path.clone());
            }
        }
    }
    let groups = groups.into_iter().filter(|(_, paths)| branches(paths));
    groups
        .map(|((_, place), mut paths)| {
            paths.sort();
            (place, paths)
        })
        .collect()
}

fn malformed(reason: &str) -> StoreError {
    StoreError::Malformed { what: "the description of a layer".to_owned(), reason: reason.to_owned() }
}

impl crate::ScannedDir {
    /// The entry of a name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&ScannedNode> {
        let index = self.entries.binary_search_by(|(entry, _)| entry.as_slice().cmp(name)).ok()?;
        self.entries.get(index).map(|(_, node)| node)
    }
}

impl LayerScan {
    /// It is what its documentation says: it may have come through a socket. Everything in this module relies on it.
    fn check(&self) -> Result<(), StoreError> {
        let mut seen = vec![false; self.dirs.len()];
        for (index, dir) in self.dirs.iter().enumerate() {
            let mut previous: &[u8] = b"";
            for (name, node) in &dir.entries {
                if name.as_slice() <= previous || !is_name(name) {
                    return Err(malformed("names are not sorted, or one cannot be a name"));
                }
                previous = name;
                if let ScannedNode::Dir(child) = node {
                    let child = *child as usize;
                    if child >= index || std::mem::replace(&mut seen[child], true) {
                        return Err(malformed("a folder does not come before its parent"));
                    }
                }
            }
        }
        match seen.split_last() {
            Some((false, others)) if others.iter().all(|seen| *seen) => Ok(()),
            _ => Err(malformed("a folder is not in another")),
        }
    }
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name != b"." && name != b".." && !name.iter().any(|byte| matches!(byte, 0 | b'/'))
}
