//! A store that is thrown away.

use std::io::Write;
use std::path::Path;

use pipe_archive::Limits;
use pipe_store::{FileRef, Store, StoreError, StoreOptions};

/// So that an archive that grows is refused at once.
pub(crate) const LIMITS: Limits =
    Limits { unpacked: 1 << 20, ratio: 200, ratio_from: 1 << 18, entries: 1_000, names: 1 << 18 };

/// Files that a store takes before another one takes its place.
const FILES: usize = 2_000;

pub(crate) struct Scratch {
    pub(crate) store: Store,
    files: usize,
    // Removed with it.
    _folder: tempfile::TempDir,
}

impl Scratch {
    /// In memory where there is a folder for that.
    fn new() -> Scratch {
        let memory = Path::new("/dev/shm");
        let folder = tempfile::tempdir_in(if memory.is_dir() { memory } else { Path::new("/tmp") });
        let folder = folder.expect("a folder");
        let options = StoreOptions { owner: None, boot_id: "one".to_owned() };
        let store = Store::open(&folder.path().join("store"), options).expect("a store");
        Scratch { store, files: 0, _folder: folder }
    }

    /// Bytes as a file of the store.
    pub(crate) fn file(&mut self, bytes: &[u8]) -> FileRef {
        self.files += 1;
        let write = |to: &mut dyn Write| to.write_all(bytes).expect("room");
        self.store
            .make_file(0o644, |to| {
                write(to);
                Ok::<(), StoreError>(())
            })
            .expect("a file")
    }
}

thread_local! {
    static SCRATCH: std::cell::RefCell<Option<Scratch>> = const { std::cell::RefCell::new(None) };
}

/// Uses this thread's store.
pub(crate) fn with_store<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(|kept| {
        let usable = kept.take().filter(|scratch| scratch.files < FILES);
        let mut scratch = usable.unwrap_or_else(Scratch::new);
        let result = work(&mut scratch);
        *kept = Some(scratch);
        result
    })
}
