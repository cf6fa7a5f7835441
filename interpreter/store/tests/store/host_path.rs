//! Paths of the host whose links were followed before, while somebody puts links there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use pipe_store::{Filter, HostPath, ImportOptions, StoreError};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::Fixture;

/// A folder of the host that is one thing for whoever is asked, and leads to another one's secrets the next moment.
struct Trap {
    store: Fixture,
    /// The host's folder with the place in it.
    host: PathBuf,
    /// Where no path of the package may lead.
    outside: PathBuf,
}

impl Trap {
    fn new() -> Trap {
        let store = Fixture::new();
        let root = store.folder.path().canonicalize().unwrap();
        let (host, outside) = (root.join("host"), root.join("outside"));
        for folder in [&host.join("place"), &outside] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(host.join("place/file"), b"honest").unwrap();
        fs::write(outside.join("file"), b"secret").unwrap();
        symlink(&outside, host.join("link")).unwrap();
        Trap { store, host, outside }
    }

    fn place(&self) -> PathBuf {
        self.host.join("place")
    }

    /// The place is a link now, or the folder again.
    fn swap(&self) {
        renameat_with(CWD, self.host.join("link"), CWD, self.place(), RenameFlags::EXCHANGE).unwrap();
    }

    /// Works while the place is swapped all the time.
    fn while_swapped(&self, mut work: impl FnMut()) {
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    self.swap();
                }
            });
            (0..300).for_each(|_| work());
            ended.store(true, Ordering::Relaxed);
        });
    }

    /// As it is decided that a path may be used: all its links are followed, and lead to nothing outside.
    fn resolved(&self, path: &Path) -> Option<PathBuf> {
        let parent = fs::canonicalize(path.parent()?).ok()?;
        let real = parent.join(path.file_name()?);
        real.starts_with(&self.host).then_some(real)
    }

    fn import(&self, path: &Path) -> Result<Vec<u8>, StoreError> {
        let path = HostPath::resolved(path);
        let tree = self.store.import_dir(path, &Filter::default(), &ImportOptions::default())?.tree;
        self.store.read_file(&self.store.subfile(&tree, "file")?)
    }
}

#[test]
fn a_link_that_came_later_is_not_followed() {
    let trap = Trap::new();
    let (place, file) = (trap.place(), trap.place().join("file"));
    assert_eq!(trap.import(&place).unwrap(), b"honest");
    let taken = trap.store.import_file(HostPath::resolved(&file)).unwrap();
    trap.swap();
    let refused = trap.import(&place).unwrap_err().to_string();
    assert!(refused.contains("a symbolic link has come into its place"), "{refused}");
    assert!(trap.store.import_file(HostPath::resolved(&file)).is_err());

    let written = trap.store.export_file(&taken, HostPath::resolved(&place.join("new")), 0);
    let refused = written.unwrap_err().to_string();
    assert!(refused.contains("place"), "{refused}");
    let tree = trap.store.empty_tree();
    assert!(trap.store.export_tree(&tree, HostPath::resolved(&place.join("deep/new")), 0).is_err());
    assert_eq!(fs::read_dir(&trap.outside).unwrap().count(), 1);

    // Who gives a path of their own means where it leads.
    trap.store.export_file(&taken, &place.join("new"), 0).unwrap();
    assert_eq!(fs::read(trap.outside.join("new")).unwrap(), b"honest");
}

#[test]
fn nothing_outside_is_read_while_links_come_and_go() {
    let trap = Trap::new();
    let file = trap.place().join("file");
    trap.while_swapped(|| {
        if let Some(place) = trap.resolved(&trap.place())
            && let Ok(content) = trap.import(&place)
        {
            assert_eq!(content, b"honest");
        }
        if let Some(real) = trap.resolved(&file)
            && let Ok(taken) = trap.store.import_file(HostPath::resolved(&real))
        {
            assert_eq!(trap.store.read_file(&taken).unwrap(), b"honest");
        }
    });
}

#[test]
fn nothing_outside_is_written_while_links_come_and_go() {
    let trap = Trap::new();
    let tree = trap.store.with_file(&trap.store.empty_tree(), "app", b"program", 0o755).unwrap();
    let file = trap.store.subfile(&tree, "app").unwrap();
    let places = [trap.place().join("new"), trap.place().join("tree")];
    trap.while_swapped(|| {
        let [to_file, to_tree] = places.each_ref().map(|place| trap.resolved(place));
        if let Some(to) = to_file {
            let _ = trap.store.export_file(&file, HostPath::resolved(&to), 0);
        }
        if let Some(to) = to_tree {
            let _ = trap.store.export_tree(&tree, HostPath::resolved(&to), 0);
        }
    });
    let outside: Vec<_> =
        fs::read_dir(&trap.outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(outside, ["file"]);
}
