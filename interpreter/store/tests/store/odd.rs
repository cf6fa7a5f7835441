//! What ordinary trees do not have.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use pipe_store::{CopyOptions, Stored};
use rustix::fs::{CWD, FileType, Mode, XattrFlags, lgetxattr, lsetxattr, mknodat};

use crate::Fixture;

const NAMES: [&[u8]; 4] = [b"\xff\xfe", b"a\nb", b"-n", b" "];

fn odd(path: &Path, name: &[u8]) -> PathBuf {
    path.join(OsStr::from_bytes(name))
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A folder with one of each.
fn write(path: &Path) {
    fs::create_dir_all(path.join("empty")).unwrap();
    fs::create_dir_all(path.join("sticky/deep")).unwrap();
    for name in NAMES {
        fs::write(odd(path, name), name).unwrap();
        symlink(OsStr::from_bytes(name), path.join("sticky").join(OsStr::from_bytes(name))).unwrap();
    }
    symlink("/nowhere/at/all", path.join("dangling")).unwrap();
    mknodat(CWD, path.join("fifo"), FileType::Fifo, Mode::from_raw_mode(0o640), 0).unwrap();
    fs::write(path.join("setuid"), b"program").unwrap();
    set_mode(&path.join("setuid"), 0o4755);
    lsetxattr(path.join("setuid"), "user.note", b"\0value", XattrFlags::empty()).unwrap();
    lsetxattr(path.join("empty"), "user.note", b"folder", XattrFlags::empty()).unwrap();
    fs::hard_link(path.join("setuid"), path.join("sticky/deep/same")).unwrap();
    fs::hard_link(path.join("setuid"), path.join("sticky/same")).unwrap();
    fs::write(path.join("locked"), b"").unwrap();
    set_mode(&path.join("locked"), 0o400);
    set_mode(&path.join("sticky"), 0o1777);
}

fn check(path: &Path, setuid: u32) {
    for name in NAMES {
        assert_eq!(fs::read(odd(path, name)).unwrap(), name);
        assert_eq!(fs::read_link(odd(&path.join("sticky"), name)).unwrap().as_os_str().as_bytes(), name);
    }
    let mode = |name: &str| fs::symlink_metadata(path.join(name)).unwrap().permissions().mode() & 0o7777;
    let inode = |name: &str| fs::symlink_metadata(path.join(name)).unwrap().ino();
    assert_eq!(fs::read_dir(path.join("empty")).unwrap().count(), 0);
    assert_eq!(fs::read_link(path.join("dangling")).unwrap(), Path::new("/nowhere/at/all"));
    assert_eq!(
        [mode("setuid"), mode("sticky"), mode("fifo"), mode("locked")],
        [setuid, 0o1777, 0o640, 0o400]
    );
    assert_eq!(inode("setuid"), inode("sticky/deep/same"));
    assert_eq!(inode("setuid"), inode("sticky/same"));
    let note = |name: &str| {
        let mut value = [0; 64];
        let size = lgetxattr(path.join(name), "user.note", &mut value[..]).unwrap();
        value[..size].to_vec()
    };
    assert_eq!((note("setuid"), note("empty")), (b"\0value".to_vec(), b"folder".to_vec()));
}

#[test]
fn everything_is_kept() {
    let store = Fixture::new();
    write(&store.path("odd"));
    let tree = store.record(&store.empty_tree(), &store.path("odd"));
    check(&store.dir().join("layers").join(&tree.layers[0].layer), 0o4755);

    // Through another layer, one layer made of both, and a copy.
    let more = store.with_file(&tree, "more", b"", 0o644).unwrap();
    let flat = store.flatten(&more).unwrap();
    check(&store.dir().join("layers").join(&flat.layers[0].layer), 0o4755);
    let copied = store
        .with_copy(&store.empty_tree(), "/", &Stored::Tree(tree.clone()), &CopyOptions::default())
        .unwrap();
    assert_eq!(copied.digest, tree.digest);
    assert_eq!(store.verify(false).unwrap().damage, []);

    store.export_tree(&flat, &store.path("out"), 0).unwrap();
    check(&store.path("out"), 0o4755);
}

#[test]
fn each_counts() {
    let store = Fixture::new();
    write(&store.path("odd"));
    let before = store.record(&store.empty_tree(), &store.path("odd")).digest;
    let changes: [fn(&Path); 9] = [
        |path| fs::remove_dir(path.join("empty")).unwrap(),
        |path| fs::rename(odd(path, b"\xff\xfe"), odd(path, b"\xff\xff")).unwrap(),
        |path| fs::remove_file(path.join("fifo")).unwrap(),
        |path| set_mode(&path.join("setuid"), 0o755),
        |path| set_mode(&path.join("sticky"), 0o777),
        |path| lsetxattr(path.join("setuid"), "user.note", b"other", XattrFlags::empty()).unwrap(),
        |path| lsetxattr(path.join("empty"), "user.note", b"other", XattrFlags::empty()).unwrap(),
        |path| {
            fs::remove_file(path.join("dangling")).unwrap();
            symlink("/nowhere", path.join("dangling")).unwrap();
        },
        |path| {
            // The same content, no longer one file.
            fs::copy(path.join("setuid"), path.join("copy")).unwrap();
            lsetxattr(path.join("copy"), "user.note", b"\0value", XattrFlags::empty()).unwrap();
            set_mode(&path.join("copy"), 0o4755);
            fs::rename(path.join("copy"), path.join("sticky/same")).unwrap();
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let path = store.path(&number.to_string());
        write(&path);
        change(&path);
        assert_ne!(store.record(&store.empty_tree(), &path).digest, before, "change {number}");
    }
}

/// Files of one inode part when one of them is written through a layer, and a folder takes those inside it along.
#[test]
fn hard_links_follow_the_layers() {
    let store = Fixture::new();
    let base = store.path("base");
    fs::create_dir_all(base.join("dir")).unwrap();
    fs::write(base.join("dir/a"), b"x").unwrap();
    for name in ["dir/b", "dir/c", "d"] {
        fs::hard_link(base.join("dir/a"), base.join(name)).unwrap();
    }
    let tree = store.record(&store.empty_tree(), &base);
    let parted = store.with_file(&tree, "dir/b", b"x", 0o644).unwrap();
    assert_ne!(parted.digest, tree.digest);
    store.export_tree(&parted, &store.path("out"), 0).unwrap();
    let links = |name: &str| fs::metadata(store.path("out").join(name)).unwrap().nlink();
    assert_eq!([links("dir/a"), links("dir/b"), links("dir/c"), links("d")], [3, 1, 3, 3]);

    let dir = store.subdir(&parted, "dir").unwrap();
    store.export_tree(&dir, &store.path("out"), 0).unwrap();
    let links = |name: &str| fs::metadata(store.path("out").join(name)).unwrap().nlink();
    assert_eq!([links("a"), links("b"), links("c")], [2, 1, 2]);

    // Where the folder is does not count.
    let other = store.path("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("b"), b"x").unwrap();
    fs::write(other.join("a"), b"x").unwrap();
    fs::hard_link(other.join("a"), other.join("c")).unwrap();
    assert_eq!(store.record(&store.empty_tree(), &other).digest, dir.digest);

    let removed = store.with_removed(&store.with_removed(&parted, "d").unwrap(), "dir/c").unwrap();
    store.export_tree(&removed, &store.path("out"), 0).unwrap();
    assert_eq!(fs::metadata(store.path("out").join("dir/a")).unwrap().nlink(), 1);
    assert_eq!(store.verify(false).unwrap().damage, []);
}

/// One file copied to two places is two files.
#[test]
fn copies_are_not_links() {
    let store = Fixture::new();
    let tree = store.with_file(&store.empty_tree(), "a", b"x", 0o644).unwrap();
    let file = Stored::File(store.subfile(&tree, "a").unwrap());
    let tree = store.with_copy(&tree, "b", &file, &CopyOptions::default()).unwrap();
    let flat = store.flatten(&tree).unwrap();
    let layer = store.dir().join("layers").join(&flat.layers[0].layer);
    assert_ne!(fs::metadata(layer.join("a")).unwrap().ino(), fs::metadata(layer.join("b")).unwrap().ino());
    assert_eq!(store.verify(false).unwrap().damage, []);
}

#[test]
fn sockets_are_left_out() {
    let store = Fixture::new();
    let dir = store.path("dir");
    fs::create_dir(&dir).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(dir.join("socket")).unwrap();
    fs::write(dir.join("file"), b"").unwrap();
    assert_eq!(store.scan(&dir).sockets, [b"socket"]);
    let tree = store.record(&store.empty_tree(), &dir);
    assert_eq!(store.listing(&tree), "0644 0:0 file 0\n");
    assert_eq!(store.verify(false).unwrap().damage, []);
}
