//! Tests of the store through its public interface.
#![allow(clippy::unwrap_used)]

mod change;
mod difference;
mod disk;
mod draft;
mod export;
mod faults;
mod host_path;
mod import;
mod kill;
mod layers;
mod lock;
mod loose;
mod model;
mod odd;
mod overlay;
mod prune;
mod rows;
mod scale;
mod usage;
mod verify;

use std::ops::Deref;
use std::path::{Path, PathBuf};

use pipe_store::{LayerScan, Meta, Store, StoreOptions, Tree};
use tempfile::TempDir;

/// A store in a temporary folder, with room for other things beside it.
struct Fixture {
    store: Store,
    folder: TempDir,
}

impl Fixture {
    fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("store"));
        Fixture { store, folder }
    }

    /// A path beside the store.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same store as another process would see it.
    fn again(&self) -> Store {
        open(self.store.dir())
    }

    /// Adopts a folder as a layer.
    fn record(&self, parent: &Tree, folder: &Path) -> Tree {
        let scan = self.scan(folder);
        self.store.record_layer(parent, folder, &scan).unwrap()
    }

    fn scan(&self, folder: &Path) -> LayerScan {
        let uid = rustix::process::geteuid().as_raw();
        let gid = rustix::process::getegid().as_raw();
        pipe_store::scan_layer(folder, pipe_store::IdMap::Own { uid, gid }).unwrap()
    }

    /// A tree as text: one line for each entry.
    fn listing(&self, tree: &Tree) -> String {
        listing(&self.store, tree)
    }
}

/// A tree as text: one line for each entry.
fn listing(store: &Store, tree: &Tree) -> String {
    let entries = store.list(tree).unwrap();
    let lines = entries.iter().map(|entry| {
        let kind = match &entry.kind {
            pipe_store::EntryKind::Dir => "/".to_owned(),
            pipe_store::EntryKind::File { size, .. } => format!(" {size}"),
            pipe_store::EntryKind::Symlink { target } => {
                format!(" -> {}", String::from_utf8_lossy(target))
            }
            pipe_store::EntryKind::Fifo => "|".to_owned(),
            pipe_store::EntryKind::Whiteout => " gone".to_owned(),
        };
        let Meta { mode, uid, gid, .. } = entry.meta;
        format!("{mode:04o} {uid}:{gid} {}{kind}\n", String::from_utf8_lossy(&entry.path))
    });
    lines.collect()
}

fn open(dir: &Path) -> Store {
    Store::open(dir, StoreOptions { owner: None, boot_id: "boot".to_owned() }).unwrap()
}

impl Deref for Fixture {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
