//! Everything in a tree with its content, for whoever writes it down in another form.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use crate::hash::copy_hashed;
use crate::merkle::Batch;
use crate::{EntryKind, ListEntry, Store, StoreError, Tree};

/// Everything in a tree, folders before what is in them, sorted, and where the content of its files is.
pub struct TreeContent {
    store: Store,
    entries: Vec<ListEntry>,
    sources: HashMap<Vec<u8>, PathBuf>,
    /// By path of a file with several names: the first of them in the order of the entries.
    firsts: HashMap<Vec<u8>, Vec<u8>>,
}

impl Store {
    /// What a tree holds. Of a [`TreeKind::Diff`](crate::TreeKind::Diff), what it adds to its base.
    pub fn content(&self, tree: &Tree) -> Result<TreeContent, StoreError> {
        let batch = Batch::default();
        let links = self.expand(tree.digest.0, &batch)?.links();
        self.content_of(tree, self.list(tree)?, &links)
    }

    /// Entries of a tree, with the content of its files. `links` are all of the tree.
    pub(crate) fn content_of(
        &self,
        tree: &Tree,
        entries: Vec<ListEntry>,
        links: &HashMap<Vec<u8>, u32>,
    ) -> Result<TreeContent, StoreError> {
        Ok(TreeContent {
            store: self.clone(),
            firsts: firsts(&entries, links),
            entries,
            sources: self.sources(&tree.layers)?,
        })
    }
}

/// For each further name of a file, the first one.
fn firsts(entries: &[ListEntry], links: &HashMap<Vec<u8>, u32>) -> HashMap<Vec<u8>, Vec<u8>> {
    let mut first: HashMap<u32, &[u8]> = HashMap::new();
    let mut firsts = HashMap::new();
    for entry in entries {
        let Some(group) = links.get(&entry.path) else { continue };
        match first.get(group) {
            Some(known) => drop(firsts.insert(entry.path.clone(), known.to_vec())),
            None => drop(first.insert(*group, &entry.path)),
        }
    }
    firsts
}

impl TreeContent {
    /// All entries, folders before what is in them, sorted by the bytes of the names.
    pub fn entries(&self) -> &[ListEntry] {
        &self.entries
    }

    /// The path that stands earlier in the entries and is a name of the same file.
    pub fn first_name(&self, path: &[u8]) -> Option<&[u8]> {
        self.firsts.get(path).map(Vec::as_slice)
    }

    /// Writes the content of a file of the tree, as it is read. What was written is not to be used when this fails: it is known only
    /// then that the content is damaged.
    pub fn copy_file(&self, entry: &ListEntry, to: &mut dyn Write) -> Result<(), StoreError> {
        let EntryKind::File { digest, size } = entry.kind else { return Ok(()) };
        let source = self.sources.get(&entry.path).ok_or_else(|| StoreError::Malformed {
            what: format!("a tree with `{}`", String::from_utf8_lossy(&entry.path)),
            reason: "no layer has the file".to_owned(),
        })?;
        let failed = |error: io::Error| StoreError::io("read", self.store.dir().join(source), error);
        // A file that grew would run over what was announced of it.
        let mut file = self.store.open_stored(source)?.take(size);
        let (found, _) = copy_hashed(&mut file, &mut &mut *to).map_err(failed)?;
        if found == digest {
            return Ok(());
        }
        let layer = source.iter().nth(1).unwrap_or_default().to_string_lossy();
        Err(self.store.damaged(&layer)?)
    }
}
