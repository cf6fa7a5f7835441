//! At every point at which the store writes: the process stops, and the power goes with it, so that what was not synced is dropped or
//! cut. The store is sound afterwards, and the next run is right.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use pipe_ops::{Preimage, StepKey};
use pipe_store::{
    DraftError, Filter, Floor, Held, ImportOptions, LayerDraft, Limits, Meta, StepRecord, Store, StoreError,
    StoreOptions, Stored, Tree, VolumeId, VolumeOwner, WriteObserver, WritePoint,
};

/// Lets the process go on to a point and no further: nothing that it does afterwards reaches the disk.
#[derive(Default)]
struct Stop {
    at: usize,
    passed: AtomicUsize,
    stopped: AtomicBool,
    /// What it was about to do.
    point: Mutex<String>,
}

impl WriteObserver for Stop {
    fn before(&self, point: WritePoint<'_>) -> io::Result<()> {
        if self.stopped.load(Ordering::SeqCst) || self.passed.fetch_add(1, Ordering::SeqCst) == self.at {
            if !self.stopped.swap(true, Ordering::SeqCst) {
                *self.point.lock().unwrap() = format!("{point:?}");
            }
            return Err(io::Error::other("stopped"));
        }
        Ok(())
    }
}

fn open(dir: &Path, boot: &str, stop: Option<Arc<Stop>>) -> Result<Store, StoreError> {
    let options = StoreOptions { owner: None, boot_id: boot.to_owned() };
    Store::open_observed(dir, options, stop.map(|stop| stop as Arc<dyn WriteObserver>))
}

/// What a run works on, and what it must come to.
struct Work {
    host: PathBuf,
    /// Distinguishes what runs make of it.
    version: usize,
    limits: Limits,
}

const ROOM: Limits = Limits { size: u64::MAX, free: Floor::Bytes(0) };

impl Work {
    fn text(&self, step: usize) -> String {
        // Above what stands in the database, every other time.
        format!("version {} step {step}\n", self.version).repeat(if step.is_multiple_of(2) {
            2000
        } else {
            1
        })
    }

    fn preimage(&self, step: usize) -> Preimage {
        Preimage::new("exec").text("argv[0]", self.text(step))
    }

    fn key(&self, step: usize) -> StepKey {
        self.preimage(step).key()
    }

    /// Takes a folder in, an image's layer, and runs three steps, each over the one before, as far as they are not cached.
    fn run(&self, store: &Store) -> Result<(), StoreError> {
        let run = store.begin_run()?;
        let source = store.import_dir(&self.host, &Filter::default(), &ImportOptions::default())?.tree;
        let app = store.subfile(&source, "src/app.c")?;
        assert_eq!(store.read_file(&app)?, fs::read(self.host.join("src/app.c")).unwrap());
        let mut tree = self.image(store)?;
        for step in 0..3 {
            let record = match store.lookup_step(self.key(step))? {
                Some(record) => record,
                None => self.execute(store, &tree, &source, step)?,
            };
            let text = self.text(step);
            // As the engine does it: without its log a step would not be taken for cached.
            assert_eq!(store.get_blob(record.log)?.as_deref(), Some(text.as_bytes()));
            tree = record.root.unwrap();
            let file = store.subfile(&tree, &format!("out{step}"))?;
            assert_eq!(String::from_utf8(store.read_file(&file)?).unwrap(), text);
        }
        drop(run);
        store.settle(&self.limits)?;
        Ok(())
    }

    fn image(&self, store: &Store) -> Result<Tree, StoreError> {
        let key = Preimage::new("image").text("layer", "base").key();
        if let Some((layer, _)) = store.fact::<pipe_store::DiffLayer>(key.0)?
            && store.has_layer(&layer)?
        {
            return store.stack(&[layer]);
        }
        let mut draft = LayerDraft::begin(store)?;
        let failed = |error: DraftError| match error {
            DraftError::Store(error) => error,
            other => panic!("{other}"),
        };
        let mut content: &[u8] = b"#!/bin/sh\n";
        draft.file(b"bin/sh", Meta::plain(0o755), None, &mut content).map_err(failed)?;
        draft.symlink(b"sbin", b"bin", Meta::plain(0o777)).map_err(failed)?;
        let layer = draft.finish()?;
        store.put_fact(key.0, &layer, &[Held::Tree(layer.tree.clone())])?;
        store.stack(&[layer])
    }

    fn execute(
        &self,
        store: &Store,
        tree: &Tree,
        source: &Tree,
        step: usize,
    ) -> Result<StepRecord, StoreError> {
        let _lock = store.lock_step(self.key(step), &|| false)?;
        let text = self.text(step);
        let root = store.with_file(tree, &format!("out{step}"), text.as_bytes(), 0o644)?;
        store.record_op(self.preimage(step).text("copy", "").key(), &Stored::Tree(root.clone()))?;
        let log = store.put_blob(text.as_bytes())?;
        let record = StepRecord {
            name: format!("step{step}"),
            exit_code: 0,
            root: Some(root),
            mounts: vec![Some(Stored::Tree(source.clone()))],
            stdout: log,
            stderr: log,
            log,
            duration: Duration::ZERO,
            created: SystemTime::now(),
        };
        store.record_step(self.key(step), &record, &self.preimage(step))?;
        Ok(record)
    }
}

/// What the power takes of what was not synced: nothing, since only the process was killed; or files and names, or parts of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    Nothing,
    Names,
    Parts,
    /// Everything that was not synced, and nearly all of the log.
    All,
}

/// A number that looks like any other.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What is on the disk after the power came back.
fn lose(store: &Path, loss: Loss, dice: &mut Dice) {
    if loss == Loss::Nothing {
        return;
    }
    for name in ["layers", "blobs"] {
        for path in files(&store.join(name)) {
            match loss {
                Loss::All => fs::remove_file(&path).unwrap(),
                Loss::Names if dice.roll(2) == 0 => fs::remove_file(&path).unwrap(),
                Loss::Parts if dice.roll(2) == 0 && !path.is_symlink() => {
                    let length = path.metadata().unwrap().len();
                    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length / 2).unwrap();
                }
                _ => {}
            }
        }
    }
    for layer in fs::read_dir(store.join("layers")).unwrap().map(|entry| entry.unwrap().path()) {
        if loss == Loss::All || loss == Loss::Names && dice.roll(4) == 0 {
            fs::remove_dir_all(layer).unwrap();
        }
    }
    // SQLite syncs the log before it takes anything of it over, so what is left of it is its beginning.
    let log = store.join("db.sqlite-wal");
    if let Ok(metadata) = log.metadata() {
        let kept = match loss {
            Loss::All => 40,
            _ => dice.roll(metadata.len() + 1),
        };
        fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(kept).unwrap();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => pending.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found.sort();
    found
}

/// The disk as it is at this moment, with the process still there.
fn image(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        match entry.symlink_metadata().unwrap().file_type() {
            kind if kind.is_dir() => image(&entry, &to),
            kind if kind.is_symlink() => {
                std::os::unix::fs::symlink(fs::read_link(&entry).unwrap(), &to).unwrap()
            }
            _ => drop(fs::copy(&entry, &to).unwrap()),
        }
    }
}

/// Runs a first version in peace, and a second one up to every point: with and without room for both.
#[test]
fn whatever_a_stop_leaves_is_sound() {
    // Nothing waits for a disk here: what that would lose is thrown away by the test itself.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let host = folder.path().join("host");
    fs::create_dir_all(host.join("src")).unwrap();
    let store = folder.path().join("store");
    let write = |version: usize| {
        fs::write(host.join("src/app.c"), format!("int version = {version};").repeat(3000)).unwrap();
    };
    write(1);
    let first = Work { host: host.clone(), version: 1, limits: ROOM };
    first.run(&open(&store, "boot", None).unwrap()).unwrap();
    write(2);
    let mut dice = Dice(1);
    for limits in [ROOM, Limits { size: 1, free: Floor::Bytes(0) }] {
        let second = Work { host: host.clone(), version: 2, limits };
        for at in 0.. {
            let stop = Arc::new(Stop { at, ..Stop::default() });
            let [work, disk] = ["work", "disk"].map(|name| folder.path().join(name));
            image(&store, &work);
            let ended = open(&work, "boot", Some(stop.clone())).and_then(|opened| {
                let ended = second.run(&opened);
                image(&work, &disk);
                ended
            });
            let stopped = stop.stopped.load(Ordering::SeqCst);
            let point = stop.point.lock().unwrap().clone();
            // The last thing of all, removing its working folder, a process does not wait for.
            assert!(stopped || ended.is_ok(), "{at} {point}: {ended:?}");
            for loss in [Loss::Nothing, Loss::Names, Loss::Parts, Loss::All] {
                let after = folder.path().join("after");
                image(&disk, &after);
                lose(&after, loss, &mut dice);
                check(&after, &first, &second, &format!("{at} {point} {loss:?}"), loss);
                fs::remove_dir_all(&after).unwrap();
            }
            fs::remove_dir_all(&work).unwrap();
            fs::remove_dir_all(&disk).unwrap();
            if !stopped {
                assert!(at > 50, "only {at} points are watched");
                break;
            }
        }
    }
}

fn check(store: &Path, first: &Work, second: &Work, what: &str, loss: Loss) {
    let boot = if loss == Loss::Nothing { "boot" } else { "next boot" };
    let open = || open(store, boot, None).unwrap();
    let order = what.len().is_multiple_of(2);
    // Verified before or after it is used.
    if order {
        assert_eq!(open().verify(true).unwrap().damage, [], "{what}");
    }
    second.run(&open()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let report = open().verify(true).unwrap();
    assert_eq!(report.damage, [], "{what}");
    let again = open().verify(false).unwrap();
    assert_eq!((again.damage, again.lost), (vec![], 0), "{what}");
    // The folder is that of the second version now, which makes no difference to its steps.
    let first = Work { host: first.host.clone(), version: first.version, limits: ROOM };
    first.run(&open()).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(open().verify(false).unwrap().damage, [], "{what}");
    assert_eq!(fs::read_dir(store.join("work")).unwrap().count(), 0, "{what}: nothing is left behind");
}

/// The database takes nothing any more once the content of a volume is in its place, and nothing can be removed.
#[derive(Default)]
struct FullAfterPlacing(AtomicBool);

impl WriteObserver for FullAfterPlacing {
    fn before(&self, point: WritePoint<'_>) -> io::Result<()> {
        match point {
            WritePoint::Rename(_, to) if to.ends_with("data") => self.0.store(true, Ordering::SeqCst),
            WritePoint::Commit if self.0.load(Ordering::SeqCst) => return Err(io::Error::other("no room")),
            WritePoint::RemoveDir(_) if self.0.load(Ordering::SeqCst) => {
                return Err(io::Error::other("nothing to remove"));
            }
            _ => {}
        }
        Ok(())
    }
}

#[test]
fn a_volume_that_cannot_be_placed_says_what_failed_first() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions { owner: None, boot_id: "boot".to_owned() };
    let observer = Arc::new(FullAfterPlacing::default());
    let store = Store::open_observed(&dir.path().join("store"), options, Some(observer)).unwrap();
    let _run = store.begin_run().unwrap();
    let draft = LayerDraft::begin(&store).unwrap();
    let id = VolumeId {
        owner: VolumeOwner::Group("group".to_owned()),
        name: "volume".to_owned(),
        platform: "linux/amd64".to_owned(),
        user: "0".to_owned(),
    };
    let error = store.place_volume(&id, draft, None, false).unwrap_err();
    assert!(error.to_string().contains("no room"), "{error}");
}
