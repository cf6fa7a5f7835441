//! Which files a step sees that earlier ones saw otherwise, or not at all. Merkle trees are compared: what is the same is not walked.

use std::collections::BTreeMap;
use std::path::Path;

use pipe_ops::Digest;

use super::record::{Dated, Record, Seen, View, layers_of};
use crate::locate::child_path;
use crate::merkle::{Batch, Node};
use crate::{Entry, LayerRef, Store, StoreError, Stored, Tree};

/// Files of one tree above which all of its layers are read at once, not once for each file.
const MANY: usize = 64;

/// A file that a step sees.
pub(super) struct SeenFile {
    /// Absolute, where the step sees it.
    pub(super) path: Vec<u8>,
    pub(super) digest: Digest,
    pub(super) place: LayerRef,
}

/// A file in a tree, by its path there.
type FileIn = (Vec<u8>, Digest);

/// The files that differ from any of the views of a record.
pub(super) fn changed(
    store: &Store,
    seen: &[(String, Stored)],
    record: &Record,
) -> Result<Vec<SeenFile>, StoreError> {
    let mut changed = BTreeMap::new();
    // A volume that no step has used yet holds nothing that could be old.
    let nothing = View(Vec::new());
    let views = record.views.iter().chain(record.lost.then_some(&nothing));
    for view in views {
        for (index, (path, stored)) in seen.iter().enumerate() {
            let before = find(store, view, path);
            let files = match stored {
                Stored::Tree(tree) => changed_files(store, tree, before)?,
                Stored::File(file) if before == Some(Seen::File(file.digest.0)) => continue,
                Stored::File(_) => file_at(stored).into_iter().collect(),
            };
            for (inside, digest, place) in files {
                let path = absolute(path, &inside);
                // What another mount hides is seen by nobody.
                if mount_of(seen, &path).is_some_and(|(mount, _)| mount == index) {
                    changed.insert(path, (digest, place));
                }
            }
        }
    }
    Ok(changed.into_iter().map(|(path, (digest, place))| SeenFile { path, digest, place }).collect())
}

/// Files with dates that hold the same content as when they were given them.
pub(super) fn unchanged(
    store: &Store,
    seen: &[(String, Stored)],
    dates: &BTreeMap<Vec<u8>, Dated>,
) -> Vec<Vec<u8>> {
    let same = |path: &[u8], dated: &Dated| {
        let (mount, inside) = mount_of(seen, path)?;
        let content = descend(store, Seen::of(&seen.get(mount)?.1), &inside)?;
        Some(content == Seen::File(dated.digest))
    };
    dates
        .iter()
        .filter(|(path, dated)| same(path, dated) == Some(true))
        .map(|(path, _)| path.clone())
        .collect()
}

/// Files with dates in trees and files whose layers are other ones than those that were given the dates.
pub(super) fn moved(
    store: &Store,
    seen: &[(String, Stored)],
    record: &Record,
) -> Result<Vec<SeenFile>, StoreError> {
    let mut by_mount: BTreeMap<usize, Vec<FileIn>> = BTreeMap::new();
    for (path, dated) in &record.dates {
        if let Some((mount, inside)) = mount_of(seen, path) {
            by_mount.entry(mount).or_default().push((inside, dated.digest));
        }
    }
    let mut moved = Vec::new();
    for (mount, files) in by_mount {
        let Some((at, stored)) = seen.get(mount) else { continue };
        if record.dated.contains(&(at.clone(), layers_of(stored))) {
            continue;
        }
        let found = match stored {
            Stored::Tree(tree) => places(store, tree, &files)?,
            Stored::File(_) => file_at(stored).into_iter().collect(),
        };
        moved.extend(found.into_iter().map(|(inside, digest, place)| SeenFile {
            path: absolute(at, &inside),
            digest,
            place,
        }));
    }
    Ok(moved)
}

/// The mount that shows a path, and the path in it.
fn mount_of(seen: &[(String, Stored)], path: &[u8]) -> Option<(usize, Vec<u8>)> {
    let below = |(index, (mount, _)): (usize, &(String, Stored))| {
        let rest = path.strip_prefix(mount.trim_end_matches('/').as_bytes())?;
        let inside = if rest.is_empty() { rest } else { rest.strip_prefix(b"/")? };
        Some((mount.len(), index, inside.to_vec()))
    };
    let (_, index, inside) = seen.iter().enumerate().filter_map(below).max_by_key(|(len, ..)| *len)?;
    Some((index, inside))
}

fn absolute(mount: &str, inside: &[u8]) -> Vec<u8> {
    match inside {
        b"" => mount.as_bytes().to_vec(),
        _ => [mount.trim_end_matches('/').as_bytes(), b"/", inside].concat(),
    }
}

/// What an earlier step saw at a path: in what was mounted there, or above.
fn find(store: &Store, view: &View, path: &str) -> Option<Seen> {
    if let Some((_, seen)) = view.0.iter().rev().find(|(mounted, _)| mounted == path) {
        return Some(*seen);
    }
    let above = |(mounted, seen): &(String, Seen)| {
        let rest = path.strip_prefix(mounted.trim_end_matches('/'))?.strip_prefix('/')?;
        Some((mounted.len(), rest.to_owned(), *seen))
    };
    let (_, rest, seen) = view.0.iter().filter_map(above).max_by_key(|(len, ..)| *len)?;
    descend(store, seen, rest.as_bytes())
}

/// What is at a path, which may be empty.
fn descend(store: &Store, from: Seen, path: &[u8]) -> Option<Seen> {
    let mut names = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
    names.try_fold(from, |seen, name| {
        let Seen::Tree(digest) = seen else { return None };
        // A tree that the store has forgotten is as good as one that was never seen.
        let dir = store.load_dir(digest, &Batch::default()).ok()?;
        match dir.entries.get(name)? {
            Node::Dir(dir) => Some(Seen::Tree(dir.digest)),
            Node::File { digest, .. } => Some(Seen::File(digest.0)),
            _ => None,
        }
    })
}

type FoundFile = (Vec<u8>, Digest, LayerRef);

fn file_at(stored: &Stored) -> Option<FoundFile> {
    match stored {
        Stored::File(file) => {
            let place = LayerRef { layer: file.layer.clone(), path: file.path.clone() };
            Some((Vec::new(), file.digest.0, place))
        }
        Stored::Tree(_) => None,
    }
}

/// Files of a tree that another one does not have, or has with another content.
fn changed_files(store: &Store, tree: &Tree, before: Option<Seen>) -> Result<Vec<FoundFile>, StoreError> {
    let before = before.and_then(|seen| if let Seen::Tree(digest) = seen { Some(digest) } else { None });
    let Changes { files, links } = Changes::between(store, tree.digest.0, before)?;
    let mut found = places(store, tree, &files)?;
    for link in links {
        found.extend(behind(store, tree, &link)?);
    }
    Ok(found)
}

/// Paths in a tree.
#[derive(Default)]
struct Changes {
    files: Vec<FileIn>,
    /// Symbolic links: what they lead to is seen at their path.
    links: Vec<Vec<u8>>,
}

impl Changes {
    fn between(store: &Store, now: Digest, before: Option<Digest>) -> Result<Changes, StoreError> {
        let batch = Batch::default();
        let mut changes = Changes::default();
        let mut pending = vec![(Vec::new(), now, before)];
        while let Some((path, now, before)) = pending.pop() {
            if before == Some(now) {
                continue;
            }
            let dir = store.load_dir(now, &batch)?;
            let before = before.and_then(|digest| store.load_dir(digest, &batch).ok());
            for (name, node) in &dir.entries {
                let was = before.as_ref().and_then(|before| before.entries.get(name));
                let path = || child_path(&path, name);
                match (node, was) {
                    (Node::Dir(now), Some(Node::Dir(before))) => {
                        pending.push((path(), now.digest, Some(before.digest)));
                    }
                    (Node::Dir(now), _) => pending.push((path(), now.digest, None)),
                    (Node::File { digest: now, .. }, Some(Node::File { digest: before, .. }))
                        if now == before => {}
                    (Node::File { digest, .. }, _) => changes.files.push((path(), digest.0)),
                    (Node::Symlink { target: now, .. }, Some(Node::Symlink { target: before, .. }))
                        if now == before => {}
                    (Node::Symlink { .. }, _) => changes.links.push(path()),
                    (Node::Fifo(_) | Node::Whiteout, _) => {}
                }
            }
        }
        Ok(changes)
    }
}

fn places(store: &Store, tree: &Tree, files: &[FileIn]) -> Result<Vec<FoundFile>, StoreError> {
    let mut places = Vec::with_capacity(files.len());
    if files.len() > MANY {
        let sources = store.sources(&tree.layers)?;
        let place = |(path, digest): &FileIn| Some((path.clone(), *digest, layer_path(sources.get(path)?)?));
        places.extend(files.iter().filter_map(place));
        return Ok(places);
    }
    for (path, digest) in files {
        let names: Vec<Vec<u8>> = path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
        let place = store.locate(&tree.layers, &names)?;
        places.extend(place.map(|place| (path.clone(), *digest, place)));
    }
    Ok(places)
}

/// From `layers/<id>/<path>`.
fn layer_path(path: &Path) -> Option<LayerRef> {
    let mut parts = path.iter().skip(1);
    let layer = parts.next()?.to_str()?.to_owned();
    Some(LayerRef { layer, path: parts.collect() })
}

/// The files that a link leads to inside its tree.
fn behind(store: &Store, tree: &Tree, link: &[u8]) -> Result<Vec<FoundFile>, StoreError> {
    let Ok(name) = std::str::from_utf8(link) else { return Ok(Vec::new()) };
    match store.entry(tree, name) {
        Ok(Entry::File(file)) => {
            let place = LayerRef { layer: file.layer, path: file.path };
            Ok(vec![(link.to_vec(), file.digest.0, place)])
        }
        Ok(Entry::Dir(folder)) => {
            let files = Changes::between(store, folder.digest.0, None)?.files;
            let found = places(store, &folder, &files)?;
            Ok(found
                .into_iter()
                .map(|(path, digest, place)| (child_path(link, &path), digest, place))
                .collect())
        }
        // It leads nowhere, or out of the tree.
        Ok(Entry::Other | Entry::InBase) | Err(StoreError::Path(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
