//! Which files a step sees that earlier ones saw otherwise, or not at all. Merkle trees are compared: what is the same is not walked.

use std::collections::BTreeSet;
use std::path::Path;

use pipe_ops::Digest;

use super::record::{Record, Seen, View};
use crate::locate::child_path;
use crate::merkle::{Batch, Node};
use crate::{Entry, LayerRef, Store, StoreError, Stored, Tree};

/// Files of one tree above which all of its layers are read at once, not once for each file.
const MANY: usize = 64;

/// Where the files are that differ from any of the views of a record.
pub(super) fn touched(
    store: &Store,
    seen: &[(String, Stored)],
    record: &Record,
) -> Result<Vec<LayerRef>, StoreError> {
    let mut touched = BTreeSet::new();
    // A volume that no step has used yet holds nothing that could be old.
    let nothing = View(Vec::new());
    let views = record.views.iter().chain(record.lost.then_some(&nothing));
    for view in views {
        for (path, stored) in seen {
            let before = find(store, view, path);
            match stored {
                Stored::Tree(tree) => {
                    let before = before
                        .and_then(|seen| if let Seen::Tree(digest) = seen { Some(digest) } else { None });
                    touched.extend(changed_files(store, tree, before)?);
                }
                Stored::File(file) if before == Some(Seen::File(file.digest.0)) => {}
                Stored::File(file) => {
                    touched.insert(LayerRef { layer: file.layer.clone(), path: file.path.clone() });
                }
            }
        }
    }
    Ok(touched.into_iter().collect())
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
    rest.split('/').try_fold(seen, |seen, name| {
        let Seen::Tree(digest) = seen else { return None };
        // A tree that the store has forgotten is as good as one that was never seen.
        let dir = store.load_dir(digest, &Batch::default()).ok()?;
        match dir.entries.get(name.as_bytes())? {
            Node::Dir(dir) => Some(Seen::Tree(dir.digest)),
            Node::File { digest, .. } => Some(Seen::File(digest.0)),
            _ => None,
        }
    })
}

/// Files of a tree that another one does not have, or has with another content.
fn changed_files(store: &Store, tree: &Tree, before: Option<Digest>) -> Result<Vec<LayerRef>, StoreError> {
    let Changes { files, links } = Changes::between(store, tree.digest.0, before)?;
    let mut touched = places(store, tree, &files)?;
    for link in links {
        touched.extend(behind(store, tree, &link)?);
    }
    Ok(touched)
}

/// Paths in a tree.
#[derive(Default)]
struct Changes {
    files: Vec<Vec<u8>>,
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
                    (Node::File { .. }, _) => changes.files.push(path()),
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

fn places(store: &Store, tree: &Tree, files: &[Vec<u8>]) -> Result<Vec<LayerRef>, StoreError> {
    if files.len() > MANY {
        let sources = store.sources(&tree.layers)?;
        return Ok(files.iter().filter_map(|path| layer_path(sources.get(path)?)).collect());
    }
    let mut places = Vec::new();
    for path in files {
        let names: Vec<Vec<u8>> = path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
        places.extend(store.locate(&tree.layers, &names)?);
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
fn behind(store: &Store, tree: &Tree, link: &[u8]) -> Result<Vec<LayerRef>, StoreError> {
    let Ok(link) = std::str::from_utf8(link) else { return Ok(Vec::new()) };
    match store.entry(tree, link) {
        Ok(Entry::File(file)) => Ok(vec![LayerRef { layer: file.layer, path: file.path }]),
        Ok(Entry::Dir(folder)) => {
            let files = Changes::between(store, folder.digest.0, None)?.files;
            places(store, &folder, &files)
        }
        // It leads nowhere, or out of the tree.
        Ok(Entry::Other | Entry::InBase) | Err(StoreError::Path(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
