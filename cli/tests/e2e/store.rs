//! The store, also where it cannot be written.

use std::path::Path;

use crate::harness::{World, finish, is_root, skip};

#[test]
fn results_are_listed() {
    let world = World::example("hello");
    world.run(["run", "build"]).success();
    let listed = world.prints(["cache", "ls", "--json"]);
    let entry: serde_json::Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    assert_eq!(entry["name"], "build");
    assert_eq!(entry["exit_code"], 0);
    assert!(world.prints(["cache", "ls"]).contains("build"));
}

#[test]
fn a_whole_store_verifies() {
    let world = World::example("hello");
    world.run(["cache", "verify"]).success();
    world.run(["run", "build", "unit"]).success();
    world.run(["cache", "verify"]).success();
}

#[test]
fn a_damaged_store_is_noticed_repaired_and_rebuilt() {
    let world = World::example("hello");
    world.run(["run", "build"]).success();
    let layers = world.store().join("layers");
    let program = find(&layers, "hello").expect("the program is in a layer");
    let damage = std::fs::write(&program, "damaged");
    if damage.is_err() {
        return skip("a_damaged_store_is_noticed_repaired_and_rebuilt", "layers belong to a subordinate id");
    }
    for _ in 0..2 {
        let report = world.run(["cache", "verify", "--dry-run"]).exits(1);
        assert!(report.stdout.contains("damaged"), "{}", report.stdout);
    }
    let report = world.run(["cache", "verify"]).exits(1);
    assert!(report.stdout.contains("put aside"), "{}", report.stdout);
    world.run(["cache", "verify"]).success();
    let out = world.path("hello");
    let again = world.events(["run", "-o", out.to_str().unwrap(), "build"]).success();
    assert_eq!(again.steps("ran"), ["build"]);
    assert_eq!(finish(world.command(out).arg("pipe")).success().stdout, "hello, pipe\n");
}

#[test]
fn a_store_that_cannot_be_made_is_an_error() {
    let world = World::example("hello");
    let file = world.path("file");
    std::fs::write(&file, "").unwrap();
    let store = file.join("store");
    finish(world.pipe().env("PIPE_STORE", &store).args(["run", "build"]))
        .exits(3)
        .says(store.to_str().unwrap());
}

#[test]
fn a_store_that_cannot_be_written_is_an_error() {
    let world = World::example("hello");
    with_mount(&world, "a_store_that_cannot_be_written_is_an_error", "ro", |store| {
        finish(world.pipe().env("PIPE_STORE", store).args(["run", "build"]))
            .exits(3)
            .says(store.to_str().unwrap());
    });
}

#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let world = World::tools(
        "fn small() -> File { tools.run(sh\"echo small > /f\").file(\"/f\") }\n\
         pub fn text() -> String { small().contents }\n\
         pub fn big() -> File { tools.mount(\"/f\", small()).run(sh\"head -c 64M /dev/zero > /big\").file(\"/big\") }\n",
    );
    with_mount(&world, "a_full_disk_is_an_error_and_loses_nothing", "size=16m", |store| {
        let run = |args: &[&str]| finish(world.pipe().env("PIPE_STORE", store).args(args));
        let full = run(&["run", "big"]);
        assert!(matches!(full.code, Some(1 | 3)), "{full:?}");
        assert!(full.stderr.contains("No space left") || full.stderr.contains("full"), "{}", full.stderr);
        let again = run(&["--progress=json", "run", "text"]).success();
        assert_eq!((again.stdout.as_str(), again.steps("ran").len()), ("small\n", 0), "{}", again.stderr);
        run(&["cache", "verify"]).success();
    });
}

/// Runs a test over a tmpfs of its own, which takes root.
fn with_mount(world: &World, name: &str, options: &str, test: impl FnOnce(&Path)) {
    if !is_root() {
        return skip(name, "mounting needs root");
    }
    let store = world.path("mounted");
    std::fs::create_dir(&store).unwrap();
    finish(world.command("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(&store)).success();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&store)));
    finish(world.command("umount").arg("-l").arg(&store)).success();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

fn find(folder: &Path, name: &str) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder).ok()? {
        let path = entry.ok()?.path();
        if path.is_dir() {
            if let Some(found) = find(&path, name) {
                return Some(found);
            }
        } else if path.file_name().is_some_and(|n| n == name) {
            return Some(path);
        }
    }
    None
}
