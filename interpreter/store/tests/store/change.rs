//! Copy, write, remove, and finding things.

use std::fs;
use std::os::unix::fs::symlink;

use pipe_store::{CopyOptions, Entry, Filter, PathError, StoreError, Stored, Tree};

use crate::Fixture;

fn filter(include: &[&str], exclude: &[&str]) -> Filter {
    let owned = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
    Filter::new(&owned(include), &owned(exclude)).unwrap()
}

/// `/usr/bin/cc`, `/bin` → `usr/bin`, `/abs` → `/usr`, `/up` → `../../usr`, `/loop` → `loop`, `/out` → `/etc/passwd`.
fn root(store: &Fixture) -> Tree {
    let dir = store.path("root");
    fs::create_dir_all(dir.join("usr/bin")).unwrap();
    fs::write(dir.join("usr/bin/cc"), b"cc").unwrap();
    for (name, target) in
        [("bin", "usr/bin"), ("abs", "/usr"), ("up", "../../usr"), ("loop", "loop"), ("out", "/etc/passwd")]
    {
        symlink(target, dir.join(name)).unwrap();
    }
    store.record(&store.empty_tree(), &dir)
}

fn path_error<T: std::fmt::Debug>(result: Result<T, StoreError>) -> PathError {
    match result {
        Err(StoreError::Path(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn links_are_followed_inside_the_tree_only() {
    let store = Fixture::new();
    let tree = root(&store);
    for path in [
        "/usr/bin/cc",
        "bin/cc",
        "/bin/./cc",
        "abs/bin/cc",
        "up/bin/cc",
        "/../../bin/cc",
        "bin/../bin/cc",
        "//bin//cc",
    ] {
        let file = store.subfile(&tree, path).unwrap();
        assert_eq!(store.read_file(&file).unwrap(), b"cc", "{path}");
    }
    assert_eq!(store.subdir(&tree, "bin").unwrap(), store.subdir(&tree, "usr/bin").unwrap());
    assert_eq!(store.subdir(&tree, "/").unwrap(), tree);
    assert!(matches!(path_error(store.entry(&tree, "out")), PathError::Missing { .. }), "not the host's");
    assert!(matches!(path_error(store.entry(&tree, "loop/x")), PathError::Loop { .. }));
    assert!(matches!(path_error(store.entry(&tree, "loop")), PathError::Loop { .. }));
    assert!(matches!(path_error(store.entry(&tree, "a\0b")), PathError::Nul { .. }));
    assert!(matches!(path_error(store.subdir(&tree, "usr/bin/cc/x")), PathError::NotADirectory { .. }));
    assert!(matches!(path_error(store.subdir(&tree, "usr/bin/cc")), PathError::NotADirectory { .. }));
    assert!(matches!(path_error(store.subfile(&tree, "usr")), PathError::IsADirectory { .. }));
}

#[test]
fn a_missing_path_says_what_is_near() {
    let store = Fixture::new();
    let mut tree = store.empty_tree();
    for name in ["src/main.c", "src/mine.c", "src/other.h"] {
        tree = store.with_file(&tree, name, b"", 0o644).unwrap();
    }
    let error = path_error(store.subfile(&tree, "/src/mian.c"));
    assert_eq!(error.to_string(), "there is no `/src/mian.c`; near it: `main.c`, `mine.c`");
    let error = path_error(store.with_removed(&tree, "/scr/main.c"));
    assert_eq!(error.to_string(), "there is no `/scr/main.c`; near it: `src`");
    assert_eq!(path_error(store.entry(&tree, "/completely")).to_string(), "there is no `/completely`");
}

#[test]
fn files_are_written_through_links() {
    let store = Fixture::new();
    let tree = root(&store);
    let tree = store.with_file(&tree, "/bin/new", b"text", 0o755).unwrap();
    let tree = store.with_file(&tree, "/out", b"inside", 0o644).unwrap();
    assert_eq!(
        store.listing(&tree),
        "0777 0:0 abs -> /usr\n0777 0:0 bin -> usr/bin\n0755 0:0 etc/\n0644 0:0 etc/passwd 6\n0777 0:0 loop -> loop\n\
         0777 0:0 out -> /etc/passwd\n0777 0:0 up -> ../../usr\n0755 0:0 usr/\n0755 0:0 usr/bin/\n0644 0:0 usr/bin/cc 2\n\
         0755 0:0 usr/bin/new 4\n"
    );
    assert!(matches!(path_error(store.with_file(&tree, "/usr", b"", 0o644)), PathError::IsADirectory { .. }));
    assert!(matches!(path_error(store.with_file(&tree, "/", b"", 0o644)), PathError::IsADirectory { .. }));
    assert!(matches!(
        path_error(store.with_file(&tree, "/new/", b"", 0o644)),
        PathError::IsADirectory { .. }
    ));
    assert!(matches!(
        path_error(store.with_file(&tree, "/usr/bin/cc/x", b"", 0o644)),
        PathError::NotADirectory { .. }
    ));
}

#[test]
fn removing() {
    let store = Fixture::new();
    let tree = root(&store);
    // The link itself, not what it leads to.
    let less = store.with_removed(&tree, "/bin").unwrap();
    assert!(matches!(store.entry(&less, "/usr/bin/cc").unwrap(), Entry::File(_)));
    assert!(matches!(path_error(store.entry(&less, "/bin")), PathError::Missing { .. }));
    let less = store.with_removed(&less, "usr/bin").unwrap();
    assert_eq!(store.listing(&store.subdir(&less, "usr").unwrap()), "");
    // What comes back is new.
    let again = store.with_file(&less, "/usr/bin/other", b"", 0o644).unwrap();
    assert_eq!(store.listing(&store.subdir(&again, "/usr/bin").unwrap()), "0644 0:0 other 0\n");
    store.export_tree(&again, &store.path("out"), 0).unwrap();
    assert!(!store.path("out/usr/bin/cc").exists());
    assert!(matches!(path_error(store.with_removed(&tree, "/")), PathError::Root { .. }));
    assert!(matches!(path_error(store.with_removed(&store.empty_diff(), "/usr")), PathError::InBase { .. }));
}

fn source(store: &Fixture) -> Tree {
    let dir = store.path("source");
    fs::create_dir_all(dir.join("sub/empty")).unwrap();
    fs::write(dir.join("a.c"), b"a").unwrap();
    fs::write(dir.join("sub/b.c"), b"b").unwrap();
    fs::write(dir.join("sub/b.o"), b"o").unwrap();
    store.record(&store.empty_tree(), &dir)
}

#[test]
fn a_tree_is_merged() {
    let store = Fixture::new();
    let into = store.with_file(&store.empty_tree(), "/app/sub/kept", b"", 0o600).unwrap();
    let source = Stored::Tree(source(&store));
    let copied = store.with_copy(&into, "/app", &source, &CopyOptions::default()).unwrap();
    assert_eq!(
        store.listing(&copied),
        "0755 0:0 app/\n0644 0:0 app/a.c 1\n0755 0:0 app/sub/\n0644 0:0 app/sub/b.c 1\n0644 0:0 app/sub/b.o 1\n\
         0755 0:0 app/sub/empty/\n0600 0:0 app/sub/kept 0\n"
    );
    assert_eq!(store.with_copy(&copied, "/app", &source, &CopyOptions::default()).unwrap(), copied);
    let over = store.with_file(&store.empty_tree(), "/app/sub", b"", 0o644).unwrap();
    let error = path_error(store.with_copy(&over, "/app", &source, &CopyOptions::default()));
    assert_eq!(error, PathError::NotADirectory { path: "/app/sub".into() });
    let over = store.with_file(&store.empty_tree(), "/app/a.c/x", b"", 0o644).unwrap();
    let error = path_error(store.with_copy(&over, "/app", &source, &CopyOptions::default()));
    assert_eq!(error, PathError::IsADirectory { path: "/app/a.c".into() });
    let over = store.with_file(&store.empty_tree(), "/app", b"", 0o644).unwrap();
    let error = path_error(store.with_copy(&over, "/app", &source, &CopyOptions::default()));
    assert_eq!(error, PathError::NotADirectory { path: "/app".into() });
}

#[test]
fn what_is_copied_can_be_chosen() {
    let store = Fixture::new();
    let source = Stored::Tree(source(&store));
    let copy = |include: &[&str], exclude: &[&str]| {
        let options =
            CopyOptions { filter: filter(include, exclude), mode: Some(0o400), ..CopyOptions::default() };
        let copied = store.with_copy(&store.empty_tree(), "/", &source, &options).unwrap();
        store.listing(&copied)
    };
    assert_eq!(copy(&["**/*.c"], &[]), "0400 0:0 a.c 1\n0755 0:0 sub/\n0400 0:0 sub/b.c 1\n");
    assert_eq!(copy(&["sub"], &["**/*.o"]), "0755 0:0 sub/\n0400 0:0 sub/b.c 1\n0755 0:0 sub/empty/\n");
    assert_eq!(copy(&[], &["sub"]), "0400 0:0 a.c 1\n");
    assert_eq!(copy(&["nothing"], &[]), "");
}

#[test]
fn a_file_is_copied() {
    let store = Fixture::new();
    let file = Stored::File(store.subfile(&source(&store), "sub/b.c").unwrap());
    let tree = store.with_copy(&store.empty_tree(), "/x/y", &file, &CopyOptions::default()).unwrap();
    assert_eq!(store.listing(&tree), "0755 0:0 x/\n0644 0:0 x/y 1\n");
    let options = CopyOptions { mode: Some(0o4711), ..CopyOptions::default() };
    let tree = store.with_copy(&tree, "/x/y", &file, &options).unwrap();
    assert_eq!(store.listing(&tree), "0755 0:0 x/\n4711 0:0 x/y 1\n");
    let error = path_error(store.with_copy(&tree, "/x", &file, &CopyOptions::default()));
    assert_eq!(error, PathError::IsADirectory { path: "/x".into() });
    assert_eq!(store.verify(false).unwrap().damage, []);
}

/// Where there is nobody else to own a file, it is kept beside who should.
#[test]
fn other_owners_are_kept_beside() {
    let store = Fixture::new();
    let copied = |owner| {
        let options = CopyOptions { owner, ..CopyOptions::default() };
        store.with_copy(&store.empty_tree(), "/x", &Stored::Tree(source(&store)), &options).unwrap()
    };
    let tree = copied(Some((1000, 8)));
    let owners = |tree: &Tree| {
        let wanted = store.list(tree).unwrap().into_iter().map(|entry| entry.meta.wanted());
        wanted.map(|meta| (meta.uid, meta.gid)).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(owners(&tree), [(1000, 8)].into());
    assert!(store.listing(&tree).lines().all(|line| line.contains(" 0:0 ")), "{}", store.listing(&tree));
    // Another tree than one that is root's: who gets more ids later does not take one for the other.
    assert_ne!(tree.digest, copied(None).digest);
    // A copy of it is root's again.
    let again = store.with_copy(&store.empty_tree(), "/x", &Stored::Tree(tree), &CopyOptions::default());
    assert_eq!(owners(&again.unwrap()), [(0, 0)].into());
    assert_eq!(store.verify(false).unwrap().damage, []);
}

/// A folder on the way that the base has must not lose what everybody expects of it.
#[test]
fn customary_folders_keep_their_modes() {
    let store = Fixture::new();
    let tree = store.with_file(&store.empty_diff(), "/tmp/x", b"", 0o644).unwrap();
    assert_eq!(store.listing(&tree), "1777 0:0 tmp/\n0644 0:0 tmp/x 0\n");
}
