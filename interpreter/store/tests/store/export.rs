//! Writing results to the host.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use pipe_store::{ExportError, StoreError};

use crate::Fixture;

fn export_error<T: std::fmt::Debug>(result: Result<T, StoreError>) -> ExportError {
    match result {
        Err(StoreError::Export(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn names(path: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file() {
    let store = Fixture::new();
    let tree = store.with_file(&store.empty_tree(), "app", b"program", 0o4755).unwrap();
    let file = store.subfile(&tree, "app").unwrap();
    let out = store.path("new/folder/app");
    store.export_file(&file, &out, 315_532_800).unwrap();
    let metadata = fs::metadata(&out).unwrap();
    assert_eq!(fs::read(&out).unwrap(), b"program");
    assert_eq!((metadata.permissions().mode() & 0o7777, metadata.mtime()), (0o755, 315_532_800));
    assert_eq!(names(out.parent().unwrap()), ["app"]);

    // A link is replaced, not written through.
    fs::write(store.path("precious"), b"kept").unwrap();
    symlink("precious", store.path("link")).unwrap();
    store.export_file(&file, &store.path("link"), 0).unwrap();
    assert_eq!(fs::read(store.path("precious")).unwrap(), b"kept");
    assert!(fs::symlink_metadata(store.path("link")).unwrap().is_file());
    let error = export_error(store.export_file(&file, &store.path("new"), 0));
    assert!(matches!(error, ExportError::IsADirectory { .. }));
    let error = export_error(store.export_file(&file, &store.path("other/"), 0));
    assert!(matches!(error, ExportError::IsADirectory { .. }));
    let error = export_error(store.export_file(&file, &store.path("precious/x"), 0));
    assert!(error.to_string().contains("precious"), "{error}");
}

#[test]
fn what_is_no_file_is_left_alone() {
    let store = Fixture::new();
    let tree = store.with_file(&store.empty_tree(), "app", b"program", 0o755).unwrap();
    let file = store.subfile(&tree, "app").unwrap();
    let socket = store.path("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    symlink("/dev/null", store.path("null")).unwrap();
    symlink("/proc/self/fd/1", store.path("stdout")).unwrap();
    for name in ["socket", "null", "stdout"] {
        let before = fs::symlink_metadata(store.path(name)).unwrap().ino();
        let error = export_error(store.export_file(&file, &store.path(name), 0));
        assert!(matches!(error, ExportError::NotAFile { .. }), "{name}: {error}");
        assert_eq!(fs::symlink_metadata(store.path(name)).unwrap().ino(), before, "{name}");
    }
}

#[test]
fn a_folder_is_replaced_as_a_whole() {
    let store = Fixture::new();
    let one = store.with_file(&store.empty_tree(), "dir/one", b"1", 0o644).unwrap();
    let two = store.with_file(&store.empty_tree(), "two", b"2", 0o444).unwrap();
    let out = store.path("results/out");
    store.export_tree(&one, &out, 7).unwrap();
    assert_eq!(fs::metadata(out.join("dir")).unwrap().mtime(), 7);
    assert_eq!(fs::metadata(&out).unwrap().mtime(), 7);
    store.export_tree(&two, &out, 7).unwrap();
    assert_eq!(
        (names(&out), names(&store.path("results"))),
        (vec!["two".to_owned()], vec!["out".to_owned()])
    );
}

#[test]
fn what_somebody_would_miss_stays() {
    let store = Fixture::new();
    let tree = store.with_file(&store.empty_tree(), "x", b"", 0o644).unwrap();
    let precious = |path: &std::path::Path, reason: &str| {
        let error = export_error(store.export_tree(&tree, path, 0));
        assert!(matches!(&error, ExportError::Precious { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    };
    for (name, reason) in [(".git", "Git"), ("pipe.toml", "package")] {
        let dir = store.path("dir").join(name);
        fs::create_dir_all(&dir).unwrap();
        precious(&store.path("dir"), reason);
        fs::remove_dir(dir).unwrap();
    }
    precious(store.folder.path(), "the store");
    precious(&std::env::current_dir().unwrap(), "current folder");
    precious(std::path::Path::new("/"), "of its own right");
    precious(std::path::Path::new("."), "of its own right");
    precious(std::path::Path::new(".."), "of its own right");
    assert!(store.path("dir").exists());

    // A link to a folder is no folder to be replaced, nor is a file.
    fs::create_dir(store.path("target")).unwrap();
    symlink("target", store.path("link")).unwrap();
    fs::write(store.path("file"), b"kept").unwrap();
    for name in ["link", "file"] {
        let error = export_error(store.export_tree(&tree, &store.path(name), 0));
        assert!(matches!(error, ExportError::NotADirectory { .. }));
    }
    assert_eq!(names(&store.path("target")), [""; 0]);
    assert_eq!(fs::read(store.path("file")).unwrap(), b"kept");
}

#[test]
fn only_an_earlier_result_is_replaced() {
    let store = Fixture::new();
    let tree = store.with_file(&store.empty_tree(), "below/x", b"", 0o644).unwrap();
    let out = store.path("out");
    let foreign = |path: &std::path::Path| match export_error(store.export_tree(&tree, path, 7)) {
        ExportError::Foreign { entry, .. } => entry.display().to_string(),
        other => panic!("{other}"),
    };
    // Somebody's folder, whatever it holds; an empty one is nobody's loss.
    for (name, entry) in [("notes", "notes"), ("a/b/notes", "a/b/notes")] {
        let folder = store.path("somebodys");
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), b"kept").unwrap();
        assert_eq!(foreign(&folder), entry);
        assert_eq!(fs::read(folder.join(name)).unwrap(), b"kept");
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir_all(out.join("empty")).unwrap();
    store.export_tree(&tree, &out, 7).unwrap();
    // A result is replaced, also by one with another time, and not once something was put into it.
    store.export_tree(&tree, &out, 8).unwrap();
    store.export_tree(&tree, &out, 7).unwrap();
    fs::write(out.join("below/notes"), b"kept").unwrap();
    assert_eq!(foreign(&out), "below/notes");
    symlink("anywhere", store.path("out/below/link")).unwrap();
    fs::remove_file(out.join("below/notes")).unwrap();
    assert_eq!(foreign(&out), "below/link");
    fs::remove_file(out.join("below/link")).unwrap();
    store.export_tree(&tree, &out, 7).unwrap();
    assert_eq!(names(&out), ["below"]);
}

/// A result that cannot be written whole leaves what was there.
#[test]
fn damage_is_not_exported() {
    let store = Fixture::new();
    let tree = store.with_file(&store.empty_tree(), "x", b"good", 0o644).unwrap();
    let file = store.subfile(&tree, "x").unwrap();
    let layer = store.dir().join("layers").join(&file.layer);
    fs::write(layer.join("x"), b"evil").unwrap();
    let old = store.with_file(&store.empty_tree(), "old", b"", 0o644).unwrap();
    store.export_tree(&old, &store.path("out"), 0).unwrap();
    assert!(matches!(store.export_tree(&tree, &store.path("out"), 0), Err(StoreError::Damaged { .. })));
    assert_eq!(names(&store.path("out")), ["old"]);
    assert_eq!(names(store.folder.path()), ["out", "store"]);
    assert!(!layer.exists(), "it was put aside");
    assert!(store.export_file(&file, &store.path("file"), 0).is_err());
    assert_eq!(names(store.folder.path()), ["out", "store"]);
}
