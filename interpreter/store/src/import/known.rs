//! What a folder or a file of the host is, if it was taken in before: nothing is taken in, and little is read.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use pipe_ops::TreeDigest;
use rustix::fs::OFlags;

use super::read::Wanted;
use super::snapshot::{EntrySnapshot, Snapshot};
use super::{Previous, read_error};
use crate::beneath::{open_beneath, open_folder};
use crate::hash::hash_reader;
use crate::locate::child_path;
use crate::merkle::{Batch, Dir, DirRef, Node};
use crate::{FileRef, Filter, HostPath, ImportOptions, Meta, Stop, Store, StoreError, Tree, TreeKind};

/// Bytes of files that may have changed that are read at most, and how many such files.
const READ: u64 = 4 << 20;
const MANY: usize = 500;

/// What is known of something of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// The store has it.
    Taken(T),
    /// Nothing of its content was ever taken in, or it is gone.
    New,
    /// Much would have to be read to know.
    Unread,
}

impl<T> Known<T> {
    /// The same of something else.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Known::Taken(value) => Known::Taken(of(value)),
            Known::New => Known::New,
            Known::Unread => Known::Unread,
        }
    }
}

impl Store {
    /// What a folder of the host is, as [`Store::import_dir`] takes it. Takes nothing in.
    ///
    /// # Errors
    /// As [`Store::import_dir`].
    pub fn known_dir<'a>(
        &self,
        path: impl Into<HostPath<'a>>,
        filter: &Filter,
        options: &ImportOptions,
    ) -> Result<Known<Tree>, StoreError> {
        let (root, found, _, previous) = self.look_at_dir(path.into(), filter, options)?;
        self.known(&root, found, previous, &options.stop)
    }

    /// What a file of the host is, as [`Store::import_file`] takes it. Takes nothing in.
    ///
    /// # Errors
    /// As [`Store::import_file`].
    pub fn known_file<'a>(&self, path: impl Into<HostPath<'a>>) -> Result<Known<FileRef>, StoreError> {
        let host = path.into();
        let file = host.real().map_err(|error| read_error(host.shown(), error))?;
        let (folder, name, found, previous) = self.look_at_file(host.shown(), &file)?;
        Ok(match self.known(folder, found, previous, &Stop::default())? {
            Known::Taken(tree) => self.only_file(&tree, name)?.map_or(Known::New, Known::Taken),
            Known::New => Known::New,
            Known::Unread => Known::Unread,
        })
    }

    fn known(
        &self,
        root: &Path,
        mut found: Snapshot,
        previous: Option<Previous>,
        stop: &Stop,
    ) -> Result<Known<Tree>, StoreError> {
        let wanted = Wanted::of(&mut found, previous.as_ref().map(|previous| &previous.snapshot), false);
        let size: u64 = wanted.iter().map(|wanted| wanted.size(&found)).sum();
        if size > READ || wanted.len() > MANY {
            return Ok(Known::Unread);
        }
        if !wanted.is_empty() {
            let folder = File::from(open_folder(root).map_err(|error| read_error(root, error))?);
            for wanted in &wanted {
                stop.check(root)?;
                let file = open_beneath(&folder, wanted.path(), OFlags::empty()).map(File::from);
                // What goes away meanwhile, or cannot be read, is not known.
                match file.and_then(|mut file| hash_reader(&mut file)) {
                    Ok((digest, size)) => wanted.fill(&mut found, digest, size),
                    Err(_) => return Ok(Known::Unread),
                }
            }
        }
        let digest = digest(&found, || stop.check(root))?;
        let empty = self.empty_tree();
        let tree =
            if digest == empty.digest { Some(empty) } else { self.find_tree(digest, TreeKind::Whole)? };
        Ok(tree.map_or(Known::New, Known::Taken))
    }
}

/// The digest of the tree that a folder becomes.
fn digest(found: &Snapshot, go_on: impl Fn() -> Result<(), StoreError>) -> Result<TreeDigest, StoreError> {
    let mut dirs: HashMap<Vec<u8>, DirRef> = HashMap::new();
    let mut batch = Batch::default();
    // Folders stand behind those that they are in.
    for dir in found.dirs.iter().rev() {
        go_on()?;
        let mut folder = Dir::empty(Meta::plain(0o755));
        for (name, entry) in &dir.entries {
            let node = match entry {
                EntrySnapshot::Dir => dirs.get(&child_path(&dir.path, name)).copied().map(Node::Dir),
                EntrySnapshot::File { executable, content, .. } => Some(Node::File {
                    digest: content.digest,
                    size: content.size,
                    meta: Meta::plain(if *executable { 0o755 } else { 0o644 }),
                }),
                EntrySnapshot::Symlink { target } => {
                    Some(Node::Symlink { target: target.clone(), meta: Meta::plain(0o777) })
                }
            };
            folder.entries.extend(node.map(|node| (name.clone(), node)));
        }
        dirs.insert(dir.path.clone(), batch.add(folder));
    }
    let root = dirs.get(&[][..]).copied().unwrap_or_else(|| batch.add(Dir::empty(Meta::plain(0o755))));
    Ok(TreeDigest(root.digest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::ImportError;
    use crate::testing::TestStore;

    #[test]
    fn what_did_not_change_is_known() {
        let store = TestStore::new();
        let host = tempfile::tempdir().unwrap();
        let dir = host.path().canonicalize().unwrap();
        let file = dir.join("a");
        std::fs::write(&file, "one").unwrap();
        std::fs::create_dir(dir.join("sub")).unwrap();
        std::fs::write(dir.join("sub/b"), "two").unwrap();
        let (filter, options) = (Filter::new(&[], &[]).unwrap(), ImportOptions::default());
        let known = || store.again("one").known_dir(&*dir, &filter, &options).unwrap();
        assert_eq!(known(), Known::New, "it was never taken in");
        let taken = store.import_dir(&*dir, &filter, &options).unwrap().tree;
        assert_eq!(known(), Known::Taken(taken.clone()), "also what was written just now");
        // The same written again is the same.
        std::fs::write(&file, "one").unwrap();
        assert_eq!(known(), Known::Taken(taken.clone()));
        std::fs::write(&file, "two").unwrap();
        assert_eq!(known(), Known::New);
        // What was there earlier is known, too.
        store.import_dir(&*dir, &filter, &options).unwrap();
        std::fs::write(&file, "one").unwrap();
        assert_eq!(known(), Known::Taken(taken.clone()));
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(known(), Known::New);
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
        std::fs::write(dir.join("sub/c"), "").unwrap();
        assert_eq!(known(), Known::New);
        std::fs::remove_file(dir.join("sub/c")).unwrap();
        assert_eq!(known(), Known::Taken(taken.clone()));
        // Much that may have changed is not read.
        std::fs::File::create(dir.join("sub/b")).unwrap().set_len(READ + 1).unwrap();
        assert_eq!(known(), Known::Unread);
    }

    #[test]
    fn a_look_is_given_up_wherever_it_is() {
        let store = TestStore::new();
        let host = tempfile::tempdir().unwrap();
        let dir = host.path().canonicalize().unwrap();
        std::fs::create_dir(dir.join("sub")).unwrap();
        for name in ["a", "b", "sub/c"] {
            std::fs::write(dir.join(name), name).unwrap();
        }
        let filter = Filter::new(&[], &[]).unwrap();
        let taken = store.import_dir(&*dir, &filter, &ImportOptions::default()).unwrap().tree;
        // What was written just now is read again.
        let store = store.again("one");
        let look = |after: usize| {
            let asked = Arc::new(AtomicUsize::new(0));
            let counted = asked.clone();
            let stop = Stop::when(move || counted.fetch_add(1, Ordering::SeqCst) >= after);
            let found = store.known_dir(&*dir, &filter, &ImportOptions { stop, ..ImportOptions::default() });
            (found, asked.load(Ordering::SeqCst))
        };
        let (found, times) = look(usize::MAX);
        assert_eq!(found.unwrap(), Known::Taken(taken));
        // Two folders and what is in them, three files that are read, two folders that are digested.
        assert_eq!(times, 2 + 4 + 3 + 2);
        for after in 0..times {
            let (found, asked) = look(after);
            let Err(StoreError::Import(ImportError::Stopped { path })) = found else { panic!("{found:?}") };
            assert_eq!(path, dir);
            assert!(asked <= after + 2, "it goes on after it was stopped: {asked}, not {after}");
        }
    }

    #[test]
    fn a_file_is_known_by_itself() {
        let store = TestStore::new();
        let host = tempfile::tempdir().unwrap();
        let file = host.path().canonicalize().unwrap().join("a");
        std::fs::write(&file, "one").unwrap();
        assert_eq!(store.known_file(&*file).unwrap(), Known::New);
        let taken = store.import_file(&*file).unwrap();
        assert_eq!(store.again("one").known_file(&*file).unwrap(), Known::Taken(taken));
        std::fs::write(&file, "two").unwrap();
        assert_eq!(store.known_file(&*file).unwrap(), Known::New);
        std::fs::remove_file(&file).unwrap();
        assert!(store.known_file(&*file).is_err());
    }
}
