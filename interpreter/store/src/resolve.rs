//! Following a path through a tree, and the symbolic links on it, without ever leaving the tree.

use pipe_ops::Digest;
use std::collections::VecDeque;

use crate::merkle::{Batch, Node};
use crate::{PathError, Store, StoreError, Tree, TreeKind};

/// Symbolic links that may be followed for one path: the kernel's own limit.
const LINKS: usize = 40;

/// Names offered for a missing one.
const NEAR: usize = 3;

/// Where a path leads.
pub(crate) struct Resolved {
    /// The names from the root on; none of those that exist is a symbolic link.
    pub(crate) names: Vec<Vec<u8>>,
    /// What is there.
    pub(crate) found: Found,
}

/// What is at the end of a path.
pub(crate) enum Found {
    /// A folder of the Merkle tree; for an empty path its root.
    Dir(Digest),
    /// Something else.
    Node(Node),
    /// Nothing. The folder in which the first missing name was looked for, and that name's place in the path.
    Missing(Digest, usize),
    /// The base decides.
    InBase,
}

/// A path being followed: folders from the root to where it is.
struct Walk {
    dirs: Vec<Digest>,
    /// For each folder, that it or one above hides the base.
    closed: Vec<bool>,
    names: Vec<Vec<u8>>,
}

impl Store {
    /// Follows a path from the tree's root. A symbolic link at the end is followed when `follow` says so. `..` at the root stays there,
    /// and an absolute link begins at the root, as for a process that was given the tree as its root.
    pub(crate) fn resolve(&self, tree: &Tree, path: &str, follow: bool) -> Result<Resolved, StoreError> {
        if path.contains('\0') {
            return Err(PathError::Nul { path: path.replace('\0', "\u{fffd}") }.into());
        }
        let batch = Batch::default();
        let root = self.load_dir(tree.digest.0, &batch)?;
        let closed = tree.kind == TreeKind::Whole || root.opaque;
        let mut walk = Walk { dirs: vec![tree.digest.0], closed: vec![closed], names: Vec::new() };
        let mut ahead = parts(path.as_bytes());
        let mut links = 0;
        while let Some(name) = ahead.pop_front() {
            if name == b".." {
                walk.up();
                continue;
            }
            let (at, closed) = walk.here();
            let dir = self.load_dir(at, &batch)?;
            let last = ahead.is_empty();
            match dir.entries.get(&name) {
                Some(Node::Dir(child)) => {
                    let opaque = self.load_dir(child.digest, &batch)?.opaque;
                    walk.down(name, child.digest, closed || opaque);
                }
                Some(Node::Symlink { target, .. }) if follow || !last => {
                    links += 1;
                    if links > LINKS {
                        return Err(PathError::Loop { path: path.to_owned() }.into());
                    }
                    if target.first() == Some(&b'/') {
                        walk.back_to_root();
                    }
                    let mut target = parts(target);
                    target.append(&mut ahead);
                    ahead = target;
                }
                None if !closed => return Ok(walk.ends(name, ahead, |_| Found::InBase)),
                None | Some(Node::Whiteout) => {
                    return Ok(walk.ends(name, ahead, |place| Found::Missing(at, place)));
                }
                Some(_) if !last => {
                    return Err(PathError::NotADirectory { path: walk.shown(Some(&name)) }.into());
                }
                Some(other) => {
                    let other = other.clone();
                    return Ok(walk.ends(name, ahead, |_| Found::Node(other)));
                }
            }
        }
        let found = Found::Dir(walk.here().0);
        Ok(Resolved { names: walk.names, found })
    }

    /// The error for a path that leads nowhere, with the names that look like the missing one.
    pub(crate) fn missing(&self, path: &str, dir: Digest, name: &[u8]) -> Result<StoreError, StoreError> {
        let dir = self.load_dir(dir, &Batch::default())?;
        let name = String::from_utf8_lossy(name);
        let limit = 2.max(name.chars().count() / 3);
        let mut near: Vec<(usize, String)> = dir
            .entries
            .iter()
            .filter(|(_, node)| **node != Node::Whiteout)
            .map(|(entry, _)| String::from_utf8_lossy(entry).into_owned())
            .map(|entry| (distance(&name, &entry), entry))
            .filter(|(distance, _)| *distance <= limit)
            .collect();
        near.sort();
        let near = near.into_iter().take(NEAR).map(|(_, entry)| entry).collect();
        Ok(PathError::Missing { path: path.to_owned(), near }.into())
    }
}

impl Walk {
    fn here(&self) -> (Digest, bool) {
        // The root is never taken away.
        let dir = self.dirs.last().copied().unwrap_or(Digest([0; 32]));
        (dir, self.closed.last().copied().unwrap_or(true))
    }

    fn down(&mut self, name: Vec<u8>, dir: Digest, closed: bool) {
        self.names.push(name);
        self.dirs.push(dir);
        self.closed.push(closed);
    }

    fn up(&mut self) {
        if self.names.pop().is_some() {
            self.dirs.pop();
            self.closed.pop();
        }
    }

    fn back_to_root(&mut self) {
        self.names.clear();
        self.dirs.truncate(1);
        self.closed.truncate(1);
    }

    fn shown(&self, name: Option<&[u8]>) -> String {
        let names = self.names.iter().map(Vec::as_slice).chain(name);
        names.map(|name| format!("/{}", String::from_utf8_lossy(name))).collect()
    }

    /// The path ends here; what is left of it is taken as it is written.
    fn ends(self, name: Vec<u8>, ahead: VecDeque<Vec<u8>>, found: impl FnOnce(usize) -> Found) -> Resolved {
        let place = self.names.len();
        let mut names = self.names;
        for name in std::iter::once(name).chain(ahead) {
            if name == b".." {
                names.pop();
            } else {
                names.push(name);
            }
        }
        Resolved { names, found: found(place) }
    }
}

fn parts(path: &[u8]) -> VecDeque<Vec<u8>> {
    let names = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".");
    names.map(<[u8]>::to_vec).collect()
}

/// Levenshtein's distance: how many characters to put in, take out or change.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, from) in a.chars().enumerate() {
        let mut left = line + 1;
        let mut diagonal = std::mem::replace(&mut row[0], left);
        for (column, to) in b.iter().enumerate() {
            let above = row[column + 1];
            left = (diagonal + usize::from(from != *to)).min(left + 1).min(above + 1);
            diagonal = std::mem::replace(&mut row[column + 1], left);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("main.c", "main.c"), 0);
        assert_eq!(distance("mian.c", "main.c"), 2);
    }
}
