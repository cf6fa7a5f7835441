//! What turns one tree into another, with its content: the entries of a layer that stands on the first.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::content::TreeContent;
use crate::merkle::Batch;
use crate::{EntryKind, ListEntry, Meta, Store, StoreError, Tree};

impl Store {
    /// What has to be laid over `from` for it to become `to`: what is new or different, whole, [`EntryKind::Whiteout`] for what is gone,
    /// and every folder on the way. An entry with an empty path is the trees' own folder, when that differs. Both trees are whole.
    pub fn layer_content(&self, from: &Tree, to: &Tree) -> Result<TreeContent, StoreError> {
        let batch = Batch::default();
        let (old, new) = (self.list(from)?, self.list(to)?);
        let (old_links, new_links) = (self.links_of(from, &batch)?, self.links_of(to, &batch)?);
        let before: HashMap<&[u8], &ListEntry> =
            old.iter().map(|entry| (entry.path.as_slice(), entry)).collect();
        let after: HashMap<&[u8], &ListEntry> =
            new.iter().map(|entry| (entry.path.as_slice(), entry)).collect();

        let (old_names, new_names) = (names_of_files(&old_links), names_of_files(&new_links));
        let same_names = |path: &[u8]| {
            let of = |links: &HashMap<Vec<u8>, u32>, names: &Names| {
                links.get(path).and_then(|group| names.get(group)).cloned().unwrap_or_default()
            };
            of(&old_links, &old_names) == of(&new_links, &new_names)
        };
        let differs = |entry: &ListEntry| {
            before.get(entry.path.as_slice()).is_none_or(|known| *known != entry) || !same_names(&entry.path)
        };
        let mut kept: BTreeSet<&[u8]> =
            new.iter().filter(|entry| differs(entry)).map(|entry| entry.path.as_slice()).collect();
        // A layer cannot link to a file that it does not hold.
        for group in new_names.values() {
            if group.iter().any(|name| kept.contains(name.as_slice())) {
                kept.extend(
                    group.iter().filter_map(|name| after.get_key_value(name.as_slice())).map(|(n, _)| *n),
                );
            }
        }
        let gone = old.iter().filter(|entry| {
            let is_kept_folder = |path: &[u8]| {
                path.is_empty() || after.get(path).is_some_and(|entry| entry.kind == EntryKind::Dir)
            };
            !after.contains_key(entry.path.as_slice()) && is_kept_folder(parent(&entry.path))
        });

        let mut entries: BTreeMap<Vec<u8>, ListEntry> = BTreeMap::new();
        let mut add = |entry: ListEntry| {
            let mut path = entry.path.as_slice();
            while !parent(path).is_empty() {
                path = parent(path);
                if let Some(folder) = after.get(path) {
                    entries.entry(order(path)).or_insert_with(|| (*folder).clone());
                }
            }
            entries.insert(order(&entry.path), entry);
        };
        for path in kept {
            after.get(path).into_iter().for_each(|entry| add((*entry).clone()));
        }
        for entry in gone {
            add(ListEntry { path: entry.path.clone(), kind: EntryKind::Whiteout, meta: Meta::plain(0) });
        }
        let root = self.root_meta(to)?;
        if root != self.root_meta(from)? {
            entries.insert(Vec::new(), ListEntry { path: Vec::new(), kind: EntryKind::Dir, meta: root });
        }
        self.content_of(to, entries.into_values().collect(), &new_links)
    }

    fn links_of(&self, tree: &Tree, batch: &Batch) -> Result<HashMap<Vec<u8>, u32>, StoreError> {
        Ok(self.expand(tree.digest.0, batch)?.links())
    }
}

/// All names of each file that has several.
type Names = BTreeMap<u32, BTreeSet<Vec<u8>>>;

fn names_of_files(links: &HashMap<Vec<u8>, u32>) -> Names {
    // Sets are ordered, whatever the order in which they are filled.
    links.iter().fold(Names::new(), |mut names, (path, group)| {
        names.entry(*group).or_default().insert(path.clone());
        names
    })
}

/// The folder of a path; empty for what is directly in the root.
fn parent(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    path.get(..slash.unwrap_or(0)).unwrap_or_default()
}

/// What paths are sorted by: a folder stands directly before what is in it. No name has a NUL byte.
fn order(path: &[u8]) -> Vec<u8> {
    path.iter().map(|byte| if *byte == b'/' { 0 } else { *byte }).collect()
}
