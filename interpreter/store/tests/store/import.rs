//! Taking folders of the host in.

use std::fs;
use std::io::{Seek, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use pipe_store::{Filter, ImportError, ImportOptions, StoreError, Tree};
use proptest::prelude::*;

use crate::Fixture;
use crate::model::{Model, model};

fn import(store: &Fixture, path: &Path) -> Tree {
    store.import_dir(path, &Filter::default(), &ImportOptions::default()).unwrap().tree
}

fn filter(include: &[&str], exclude: &[&str]) -> Filter {
    let owned = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
    Filter::new(&owned(include), &owned(exclude)).unwrap()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// What is remembered of earlier times never shows in the result.
    #[test]
    fn the_cache_is_not_seen(models in prop::collection::vec(model(), 2..6), include in prop::option::of("[abc]")) {
        let store = Fixture::new();
        let filter = filter(&include.as_deref().into_iter().collect::<Vec<_>>(), &["b/b"]);
        let host = store.path("host");
        for model in models {
            if host.exists() {
                fs::remove_dir_all(&host).unwrap();
            }
            model.write(&host);
            let tree = store.import_dir(&host, &filter, &ImportOptions::default()).unwrap().tree;
            let fresh = Fixture::new();
            let expected = fresh.import_dir(&host, &filter, &ImportOptions::default()).unwrap().tree;
            prop_assert_eq!(store.listing(&tree), fresh.listing(&expected));
            prop_assert_eq!(tree.digest, expected.digest);
            store.export_tree(&tree, &store.path("out"), 0).unwrap();
            fresh.export_tree(&expected, &fresh.path("out"), 0).unwrap();
            prop_assert_eq!(Model::read(&store.path("out")), Model::read(&fresh.path("out")));
        }
        prop_assert_eq!(store.verify(false).unwrap().damage, []);
    }
}

#[test]
fn owners_and_modes_are_made_equal() {
    let store = Fixture::new();
    let host = store.path("host");
    fs::create_dir_all(host.join("dir")).unwrap();
    for (name, mode) in [("plain", 0o600), ("program", 0o4775), ("group", 0o664)] {
        fs::write(host.join("dir").join(name), b"x").unwrap();
        set_mode(&host.join("dir").join(name), mode);
    }
    set_mode(&host.join("dir"), 0o700);
    symlink("/etc", host.join("link")).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(host.join("dir/socket")).unwrap();
    let taken = store.import_dir(&host, &Filter::default(), &ImportOptions::default()).unwrap();
    assert_eq!(taken.left_out, [Path::new("dir/socket")]);
    let taken = store.import_dir(&host, &filter(&["dir/plain"], &[]), &ImportOptions::default()).unwrap();
    assert_eq!(taken.left_out, [""; 0].map(Path::new));
    assert_eq!(
        store.listing(&import(&store, &host)),
        "0755 0:0 dir/\n0644 0:0 dir/group 1\n0644 0:0 dir/plain 1\n0755 0:0 dir/program 1\n0777 0:0 link -> /etc\n"
    );
}

#[test]
fn a_change_is_one_small_layer() {
    let store = Fixture::new();
    let host = store.path("host");
    fs::create_dir_all(host.join("a/b")).unwrap();
    for name in ["a/one", "a/b/two", "three"] {
        fs::write(host.join(name), name).unwrap();
    }
    let first = import(&store, &host);
    assert_eq!(import(&store, &host), first);
    fs::write(host.join("a/b/two"), "2").unwrap();
    fs::remove_file(host.join("three")).unwrap();
    let second = import(&store, &host);
    assert_eq!(second.layers.len(), 2);
    let layer = store.dir().join("layers").join(&second.layers[1].layer);
    assert!(layer.join("a/b/two").is_file() && !layer.join("a/one").exists());

    // Back again is the first tree again; an executable bit alone needs no reading.
    fs::write(host.join("a/b/two"), "a/b/two").unwrap();
    fs::write(host.join("three"), "three").unwrap();
    assert_eq!(import(&store, &host), first);
    set_mode(&host.join("a/one"), 0o755);
    let third = import(&store, &host);
    assert_ne!(third.digest, first.digest);
    assert_eq!(store.read_file(&store.subfile(&third, "a/one").unwrap()).unwrap(), b"a/one");
    assert_eq!(store.verify(false).unwrap().damage, []);
}

#[test]
fn many_changes_do_not_make_many_layers() {
    let store = Fixture::new();
    let host = store.path("host");
    fs::create_dir(&host).unwrap();
    for round in 0..40 {
        fs::write(host.join(format!("{}", round % 7)), format!("{round}")).unwrap();
        assert!(import(&store, &host).layers.len() <= 16);
    }
}

/// The same size and the same time of modification: the time of the last change tells, or the file is read again.
#[test]
fn a_rewritten_file_is_always_seen() {
    let store = Fixture::new();
    let host = store.path("host");
    fs::create_dir(&host).unwrap();
    let time = SystemTime::now() - Duration::from_secs(100);
    for round in 0..200 {
        let write = |content: &str| {
            fs::write(host.join("file"), content).unwrap();
            fs::File::options().write(true).open(host.join("file")).unwrap().set_modified(time).unwrap();
        };
        for content in [format!("{round:04}"), format!("{:04}", round + 5000)] {
            write(&content);
            let file = store.subfile(&import(&store, &host), "file").unwrap();
            assert_eq!(store.read_file(&file).unwrap(), content.as_bytes());
        }
    }
}

/// Once files have been left alone, they are no longer read, and nothing is written; a change is still seen.
#[test]
fn settled_files_cost_no_write() {
    let store = Fixture::new();
    let host = store.path("host");
    fs::create_dir(&host).unwrap();
    fs::write(host.join("file"), b"1").unwrap();
    let modified = fs::metadata(host.join("file")).unwrap().modified().unwrap();
    let tree = import(&store, &host);
    std::thread::sleep(Duration::from_millis(2100));
    assert_eq!(import(&store, &host), tree);
    let log = || fs::metadata(store.dir().join("db.sqlite-wal")).unwrap();
    let before = (log().len(), log().modified().unwrap());
    assert_eq!(import(&store, &host), tree);
    assert_eq!((log().len(), log().modified().unwrap()), before);

    // Content that nothing else tells is not looked at: that is what the cache is for.
    fs::write(host.join("file"), b"2").unwrap();
    fs::File::options().write(true).open(host.join("file")).unwrap().set_modified(modified).unwrap();
    let file = store.subfile(&import(&store, &host), "file").unwrap();
    assert_eq!(store.read_file(&file).unwrap(), b"2");
}

/// It is read again, and refused by name when that never ends.
#[test]
fn a_file_that_changes_while_it_is_read() {
    let store = Fixture::new();
    let host = store.path("host");
    fs::create_dir(&host).unwrap();
    let path = host.join("file");
    fs::write(&path, vec![0u8; 32 << 20]).unwrap();
    let stop = AtomicBool::new(false);
    let refused = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = fs::File::options().write(true).open(&path).unwrap();
            while !stop.load(Ordering::Relaxed) {
                file.write_all(b"x").unwrap();
                file.rewind().unwrap();
            }
        });
        let imported = store.import_dir(&host, &Filter::default(), &ImportOptions::default());
        stop.store(true, Ordering::Relaxed);
        imported
    });
    match refused {
        Err(StoreError::Import(ImportError::Changing { path: named })) => {
            assert_eq!(named.file_name(), path.file_name());
        }
        other => panic!("{other:?}"),
    }
    import(&store, &host);
}

#[test]
fn what_does_not_count_is_not_read() {
    let store = Fixture::new();
    let host = store.path("host");
    fs::create_dir_all(host.join(".git/objects")).unwrap();
    fs::create_dir_all(host.join("src/gen")).unwrap();
    for name in [".git/objects/x", "src/main.c", "src/gen/out.c", "README.md"] {
        fs::write(host.join(name), name).unwrap();
    }
    let with = |include: &[&str], exclude: &[&str]| {
        let tree =
            store.import_dir(&host, &filter(include, exclude), &ImportOptions::default()).unwrap().tree;
        store.listing(&tree)
    };
    assert_eq!(
        with(&[], &[".git", "**/gen"]),
        "0644 0:0 README.md 9\n0755 0:0 src/\n0644 0:0 src/main.c 10\n"
    );
    assert_eq!(with(&["**/*.c"], &["src/gen"]), "0755 0:0 src/\n0644 0:0 src/main.c 10\n");
    assert_eq!(with(&["docs"], &[]), "");
}

/// A store inside the folder is not part of it.
#[test]
fn the_store_itself_does_not_count() {
    let store = Fixture::new();
    fs::write(store.path("file"), b"").unwrap();
    let tree = import(&store, store.folder.path());
    assert_eq!(store.listing(&tree), "0644 0:0 file 0\n");
    assert_eq!(import(&store, store.folder.path()), tree);
}

#[test]
fn a_single_file() {
    let store = Fixture::new();
    fs::write(store.path("real"), b"text").unwrap();
    set_mode(&store.path("real"), 0o700);
    symlink("real", store.path("link")).unwrap();
    let file = store.import_file(&store.path("link")).unwrap();
    assert_eq!((store.read_file(&file).unwrap(), file.mode, file.size), (b"text".to_vec(), 0o755, 4));
    assert_eq!(store.import_file(&store.path("real")).unwrap(), file);
    fs::write(store.path("real"), b"TEXT").unwrap();
    assert_eq!(store.read_file(&store.import_file(&store.path("link")).unwrap()).unwrap(), b"TEXT");

    let refused = |path: &Path| match store.import_file(path) {
        Err(StoreError::Import(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(refused(&store.path("none")).contains("none"));
    assert!(refused(store.folder.path()).contains("not a regular file"));
    let error =
        store.import_dir(&store.path("real"), &Filter::default(), &ImportOptions::default()).unwrap_err();
    assert!(error.to_string().contains("not a folder"), "{error}");
}

/// A layer that is gone is made again.
#[test]
fn a_lost_layer_is_taken_in_again() {
    let store = Fixture::new();
    let host = store.path("host");
    fs::create_dir(&host).unwrap();
    fs::write(host.join("file"), b"1").unwrap();
    let tree = import(&store, &host);
    fs::remove_dir_all(store.dir().join("layers").join(&tree.layers[0].layer)).unwrap();
    let again = store.again();
    let tree = again.import_dir(&host, &Filter::default(), &ImportOptions::default()).unwrap().tree;
    assert_eq!(again.read_file(&again.subfile(&tree, "file").unwrap()).unwrap(), b"1");
}

fn with_ignore_files(store: &Fixture, from: &Path, folder: &Path) -> String {
    let options = ImportOptions { ignore_files_from: Some(from.to_path_buf()), ..ImportOptions::default() };
    let taken = store.import_dir(folder, &Filter::default(), &options).unwrap();
    let names = store.list(&taken.tree).unwrap();
    names.iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect::<Vec<_>>().join(" ")
}

#[test]
fn files_of_rules_say_what_does_not_count() {
    let store = Fixture::new();
    let host = store.path("host").canonicalize().unwrap_or_else(|_| store.path("host"));
    let write = |name: &str, text: &str| {
        fs::create_dir_all(host.join(name).parent().unwrap()).unwrap();
        fs::write(host.join(name), text).unwrap();
    };
    write(".gitignore", "*.o\n/target/\nsecret\n");
    write(".pipeignore", "docs\n!kept.o\n");
    write("target/a", "");
    write("sub/target/a", "");
    write("sub/.gitignore", "!own.o\nlocal\n");
    for name in ["a.o", "kept.o", "sub/own.o", "sub/a.o", "sub/local", "local", "docs/x", "secret/key"] {
        write(name, "");
    }
    let shown = with_ignore_files(&store, &host, &host);
    assert_eq!(
        shown,
        ".gitignore .pipeignore kept.o local sub sub/.gitignore sub/own.o sub/target sub/target/a"
    );
    // Rules above the folder count, too; not for a folder that they would not let in: whoever names it wants it.
    assert_eq!(with_ignore_files(&store, &host, &host.join("sub")), ".gitignore own.o target target/a");
    assert_eq!(with_ignore_files(&store, &host, &host.join("secret")), "key");
    write("secret/.gitignore", "key");
    assert_eq!(with_ignore_files(&store, &host, &host.join("secret")), ".gitignore");
    let ignored = |path: &str| pipe_store::is_ignored(&host, &host, Path::new(path), false);
    assert!(ignored("target/a") && ignored("x/a.o") && !ignored("kept.o") && !ignored("sub/own.o"));
    // A link is no file of rules, and a pipe holds nobody up.
    fs::remove_file(host.join(".gitignore")).unwrap();
    symlink("sub/.gitignore", host.join(".gitignore")).unwrap();
    assert!(with_ignore_files(&store, &host, &host).contains(" a.o "));
    fs::remove_file(host.join(".gitignore")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        host.join(".gitignore"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert!(with_ignore_files(&store, &host, &host).contains("a.o "));
}

proptest! {
    /// What globs include is found whatever folders are not listed for it.
    #[test]
    fn folders_that_are_not_listed_hold_nothing_that_counts(
        globs in prop::collection::vec("[ab*?]{1,2}(/([ab*]|\\*\\*|\\{a,b\\})){0,3}", 1..3),
        path in "[ab](/[ab]){0,4}",
    ) {
        let filter = Filter::new(&globs, &[]).unwrap();
        let matches = |at: &str| {
            globs.iter().any(|glob| {
                let glob = globset::GlobBuilder::new(glob).literal_separator(true).build().unwrap();
                glob.compile_matcher().is_match(at)
            })
        };
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let counts = ends.into_iter().any(|end| matches(&path[..end]));
        prop_assert_eq!(filter.may_count(Path::new(&path), true), counts);
    }
}

/// What the user writes in place later must not change what was taken in.
#[test]
fn nothing_of_the_users_own_is_shared_with_the_store() {
    use std::os::unix::fs::MetadataExt;
    let store = Fixture::new();
    let host = store.path("host");
    fs::create_dir(&host).unwrap();
    for size in [0, 1, 5000, 300_000] {
        fs::write(host.join(format!("{size}")), vec![7; size]).unwrap();
    }
    fs::hard_link(host.join("5000"), host.join("same")).unwrap();
    let tree = import(&store, &host);
    store.import_file(&host.join("5000")).unwrap();
    let inode = |path: &Path| {
        let meta = fs::symlink_metadata(path).unwrap();
        (meta.dev(), meta.ino())
    };
    let own: Vec<_> = fs::read_dir(&host).unwrap().map(|entry| inode(&entry.unwrap().path())).collect();
    let mut pending = vec![store.dir().join("layers")];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            assert!(!own.contains(&inode(&path)), "{}", path.display());
            if path.is_dir() {
                pending.push(path);
            }
        }
    }
    // Written in place, as an editor may.
    let mut file = fs::OpenOptions::new().write(true).open(host.join("5000")).unwrap();
    file.write_all(b"other").unwrap();
    assert_eq!(store.read_file(&store.subfile(&tree, "same").unwrap()).unwrap(), vec![7; 5000]);
}
