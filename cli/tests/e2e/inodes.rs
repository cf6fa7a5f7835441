//! The store and the user's files are apart: neither is changed by who writes to the other.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::harness::World;

/// The regular files below a folder, as far as this user may look.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut pending) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                pending.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found
}

fn inodes(folder: &Path) -> HashSet<(u64, u64)> {
    let inode = |path: PathBuf| fs::symlink_metadata(path).map(|file| (file.dev(), file.ino())).ok();
    files(folder).into_iter().filter_map(inode).collect()
}

#[test]
fn no_file_of_the_user_s_is_one_of_the_store_s() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         pub fn same() -> Dir { src }\n\
         pub fn one() -> File { src.file(\"a\") }\n\
         pub fn made() -> Dir { tools.copy(\"/d\", src).run(sh\"cat /d/a > /d/c\").dir(\"/d\") }\n\
         pub fn text() -> String { tools.mount(\"/s\", src).run(sh\"cat /s/a /s/deep/b\").stdout }\n",
    );
    let large = "large\n".repeat(1_000_000);
    for (name, text) in [("a", "a\n"), ("deep/b", "b\n"), ("large", &*large)] {
        world.write(&format!("src/{name}"), text);
    }
    for (target, out) in [("same", "same"), ("one", "one"), ("made", "made")] {
        world.run(["run", target, "-o", out]).success();
    }
    assert_eq!(world.prints(["run", "text"]), "a\nb\n");
    let (ours, theirs) = (inodes(&world.store()), inodes(&world.package()));
    assert!(ours.len() > 5 && theirs.len() > 8, "{} {}", ours.len(), theirs.len());
    assert_eq!(ours.intersection(&theirs).count(), 0);
    for file in files(&world.package()) {
        assert_eq!(fs::metadata(&file).unwrap().nlink(), 1, "{}", file.display());
    }

    // Written through, in place: what was exported, and then what was taken in.
    for file in ["same/a", "same/large", "one", "made/c", "made/deep/b"] {
        fs::write(world.package().join(file), "mine now").unwrap();
    }
    world.run(["cache", "verify"]).success();
    for target in ["same", "made"] {
        let out = format!("again-{target}");
        let outcome = world.events(["run", target, "-o", &out]).success();
        assert_eq!(outcome.steps("ran"), [""; 0]);
        assert_eq!(world.read(&format!("{out}/a")), "a\n");
        assert_eq!(world.read(&format!("{out}/large")), large);
    }
    world.write("src/a", "A\n");
    assert_eq!(world.prints(["run", "text"]), "A\nb\n");
    world.run(["cache", "verify"]).success();
}
