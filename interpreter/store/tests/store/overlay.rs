//! The kernel's overlayfs as the oracle: what it shows is what folding its layers gives.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use pipe_store::{CopyOptions, IdMap, LayerRef, Store, StoreOptions, Stored};
use proptest::prelude::*;

use crate::{Fixture, listing};

/// Something a step may do. Most fail on most trees, which is fine.
#[derive(Clone, Debug)]
enum Act {
    Write(String, String),
    Make(String),
    Remove(String),
    Rename(String, String),
    Link(String, String),
    Symlink(String, String),
    Mode(String, u32),
}

impl Act {
    fn run(&self, root: &Path) -> std::io::Result<()> {
        match self {
            Act::Write(path, text) => fs::write(root.join(path), text),
            Act::Make(path) => fs::create_dir_all(root.join(path)),
            Act::Remove(path) => {
                let path = root.join(path);
                if fs::symlink_metadata(&path)?.is_dir() {
                    fs::remove_dir_all(path)
                } else {
                    fs::remove_file(path)
                }
            }
            // Overlayfs refuses to rename a lower folder, and a program then copies: that is for the program.
            Act::Rename(from, to) => fs::rename(root.join(from), root.join(to)),
            Act::Link(from, to) => fs::hard_link(root.join(from), root.join(to)),
            Act::Symlink(target, path) => symlink(target, root.join(path)),
            Act::Mode(path, mode) => {
                if fs::symlink_metadata(root.join(path))?.is_symlink() {
                    return Ok(());
                }
                fs::set_permissions(root.join(path), fs::Permissions::from_mode(*mode))
            }
        }
    }
}

fn act() -> impl Strategy<Value = Act> {
    let path = || "[ab](/[ab]){0,2}";
    prop_oneof![
        4 => (path(), "[xy]{0,3}").prop_map(|(path, text)| Act::Write(path, text)),
        3 => path().prop_map(Act::Make),
        3 => path().prop_map(Act::Remove),
        2 => (path(), path()).prop_map(|(from, to)| Act::Rename(from, to)),
        1 => (path(), path()).prop_map(|(from, to)| Act::Link(from, to)),
        1 => (path(), path()).prop_map(|(from, to)| Act::Symlink(from, to)),
        1 => (path(), prop_oneof![Just(0o700u32), Just(0o755), Just(0o4711)]).prop_map(|(path, mode)| Act::Mode(path, mode)),
    ]
}

/// A mounted overlay; unmounted when dropped.
struct Overlay {
    merged: PathBuf,
}

impl Overlay {
    /// `None` where the kernel refuses: not root, or a file system that cannot be a layer.
    fn mount(folder: &Path, lower: &[PathBuf]) -> Option<Overlay> {
        let [upper, work, merged] = ["upper", "work", "merged"].map(|name| folder.join(name));
        for path in [&upper, &work, &merged] {
            fs::create_dir_all(path).unwrap();
        }
        let empty = folder.join("empty");
        fs::create_dir_all(&empty).unwrap();
        // The kernel names the topmost layer first.
        let mut lower: Vec<String> = lower.iter().rev().map(|path| path.display().to_string()).collect();
        lower.push(empty.display().to_string());
        let options = format!(
            "userxattr,lowerdir={},upperdir={},workdir={}",
            lower.join(":"),
            upper.display(),
            work.display()
        );
        let mounted =
            Command::new("mount").args(["-t", "overlay", "overlay", "-o", &options]).arg(&merged).output();
        mounted.ok()?.status.success().then(|| Overlay { merged })
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.merged).status();
    }
}

fn layer_path(store: &Store, layer: &LayerRef) -> PathBuf {
    store.dir().join("layers").join(&layer.layer).join(&layer.path)
}

/// Runs the steps, each over what the ones before left; whether overlays can be mounted here.
fn run(steps: &[Vec<Act>]) -> Result<bool, TestCaseError> {
    let store = Fixture::new();
    let mut tree = store.empty_tree();
    let mut diff = store.empty_diff();
    for (number, acts) in steps.iter().enumerate() {
        let folder = store.path(&number.to_string());
        let lower: Vec<PathBuf> = tree.layers.iter().map(|layer| layer_path(&store, layer)).collect();
        let Some(overlay) = Overlay::mount(&folder, &lower) else { return Ok(false) };
        for act in acts {
            let _ = act.run(&overlay.merged);
        }
        let shown = folder.join("shown");
        let copied = Command::new("cp").arg("-a").arg(&overlay.merged).arg(&shown).status().unwrap();
        prop_assert!(copied.success());
        drop(overlay);

        let copy = folder.join("copy");
        let copied = Command::new("cp").arg("-a").arg(folder.join("upper")).arg(&copy).status().unwrap();
        prop_assert!(copied.success());
        tree = store.record(&tree, &folder.join("upper"));
        diff = store.record(&diff, &copy);
        let other = Fixture::new();
        let expected = other.record(&other.empty_tree(), &shown);
        prop_assert_eq!(store.listing(&tree), other.listing(&expected));
        prop_assert_eq!(tree.digest, expected.digest);
        // Nothing is below the differences here, so they are the same tree.
        prop_assert_eq!(store.close_base(&diff).unwrap().digest, expected.digest);
    }
    prop_assert_eq!(store.verify(false).unwrap().damage, []);
    Ok(true)
}

#[test]
fn folding_is_what_overlayfs_shows() {
    if !run(&[vec![Act::Make("a".to_owned())]]).unwrap() {
        eprintln!("SKIP folding_is_what_overlayfs_shows: overlays cannot be mounted");
        return;
    }
    let steps = prop::collection::vec(prop::collection::vec(act(), 1..12), 1..4);
    let mut runner = prop::test_runner::TestRunner::new(ProptestConfig {
        cases: 24,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner.run(&steps, |steps| run(&steps).map(drop)).unwrap();
}

/// As root the steps' ids are others on the disk, also in file capabilities; in trees they are the steps' own.
#[test]
fn root_keeps_the_steps_ids_apart() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIP root_keeps_the_steps_ids_apart: only root can give files away");
        return;
    }
    use std::os::unix::fs::MetadataExt;
    let fixture = Fixture::new();
    let options = StoreOptions { owner: Some((100_000, 200_000)), boot_id: "boot".to_owned() };
    let store = Store::open(&fixture.path("owned"), options).unwrap();
    let owner = |path: &Path| {
        let metadata = fs::symlink_metadata(path).unwrap();
        (metadata.uid(), metadata.gid())
    };
    assert_eq!(owner(&store.dir().join("layers")), (100_000, 200_000));
    assert_eq!(owner(store.begin_run().unwrap().path()), (100_000, 200_000));

    let tree = store.with_file(&store.empty_tree(), "dir/file", b"x", 0o4755).unwrap();
    let copy = CopyOptions { owner: Some((7, 8)), ..CopyOptions::default() };
    let tree = store.with_copy(&tree, "copy", &Stored::Tree(tree.clone()), &copy).unwrap();
    assert_eq!(
        listing(&store, &tree),
        "0755 7:8 copy/\n0755 7:8 copy/dir/\n4755 7:8 copy/dir/file 1\n0755 0:0 dir/\n4755 0:0 dir/file 1\n"
    );
    let [below, above] = [0, 1].map(|index| layer_path(&store, &tree.layers[index]));
    assert_eq!(owner(&below.join("dir/file")), (100_000, 200_000));
    assert_eq!(owner(&above.join("copy/dir/file")), (100_007, 200_008));
    let scanned = pipe_store::scan_layer(&above, IdMap::Offset { uid: 100_000, gid: 200_000 });
    assert!(scanned.is_ok());
    assert!(pipe_store::scan_layer(&above, IdMap::Own { uid: 0, gid: 0 }).is_err());
    let flat = store.flatten(&tree).unwrap();
    assert_eq!(owner(&layer_path(&store, &flat.layers[0]).join("copy/dir/file")), (100_007, 200_008));
    assert_eq!(store.verify(false).unwrap().damage, []);
    store.export_tree(&tree, &fixture.path("out"), 0).unwrap();
    assert_eq!(owner(&fixture.path("out/copy/dir/file")), (7, 8));
}
