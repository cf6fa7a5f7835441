//! The store, also where it cannot be written.

use std::path::{Path, PathBuf};

use crate::harness::{World, finish, skip};
use crate::namespaces;

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
         pub fn big() -> String { tools.mount(\"/f\", small()).run(sh\"head -c 16M /dev/zero > /big; wc -c < /big\").stdout }\n",
    );
    with_mount(&world, "a_full_disk_is_an_error_and_loses_nothing", "size=64m", |store| {
        let ballast = store.join("ballast");
        std::fs::write(&ballast, vec![0; 56 << 20]).unwrap();
        let run = |args: &[&str]| finish(world.pipe().env("PIPE_STORE", store).args(args));
        run(&["run", "big"]).exits(3).says("No space left").says("PIPE_STORE");
        let again = run(&["--progress=json", "run", "text"]).success();
        assert_eq!((again.stdout.as_str(), again.steps("ran").len()), ("small\n", 0), "{}", again.stderr);
        run(&["cache", "verify"]).success();
        std::fs::remove_file(&ballast).unwrap();
        let again = run(&["--progress=json", "run", "big"]).success();
        assert_eq!((again.stdout.as_str(), again.steps("ran").len()), ("16777216\n", 1), "{}", again.stderr);
        run(&["cache", "verify"]).success();
    });
}

/// Whatever the disk has no room for: the database itself, its log, the folders of a run, a folder that is taken in, what a step leaves.
#[test]
fn a_disk_may_be_full_at_any_moment() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         fn step(c: Container, n: Int) -> Container { c.env(\"N\", \"${n}\").run(sh\"head -c 200K /dev/urandom > /f$N; echo $N >> /all\") }\n\
         pub fn steps() -> String { [1, 2, 3].fold(tools, step).run(sh\"cat /all\").stdout }\n\
         pub fn taken() -> String { tools.mount(\"/s\", src).run(sh\"cat /s/* | wc -c\").stdout }\n",
    );
    for name in ["a", "b", "c", "d"] {
        world.write(&format!("src/{name}"), &name.repeat(100 << 10));
    }
    with_mount(&world, "a_disk_may_be_full_at_any_moment", "size=8m", |store| {
        let run = |args: &[&str]| finish(world.pipe().env("PIPE_STORE", store).args(args));
        let ballast = store.join("ballast");
        for left in [0, 16, 40, 100, 140, 180, 260, 400, 600, 800] {
            std::fs::write(&ballast, vec![0; (8192 - left) << 10]).unwrap();
            let full = run(&["run", "steps", "taken"]).exits(3);
            let said = full.stderr.to_lowercase();
            assert!(said.contains("no space left") && said.contains("pipe_store"), "{left}: {}", full.stderr);
            std::fs::remove_file(&ballast).unwrap();
            // Nothing is damaged, and what was not done is done when there is room.
            run(&["cache", "verify"]).success();
            let quarantine = std::fs::read_dir(store.join("quarantine")).into_iter().flatten().count();
            assert_eq!(quarantine, 0, "{left}");
            assert_eq!(run(&["run", "steps"]).success().stdout, "1\n2\n3\n", "{left}");
            assert_eq!(run(&["run", "taken"]).success().stdout, "409600\n", "{left}");
            run(&["cache", "verify"]).success();
            for entry in std::fs::read_dir(store).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    std::fs::remove_dir_all(path).unwrap()
                } else {
                    std::fs::remove_file(path).unwrap()
                }
            }
        }
    });
}

/// Runs a test over a tmpfs of its own.
fn with_mount(world: &World, name: &str, options: &str, test: impl FnOnce(&Path)) {
    if !namespaces::inside(&format!("store::{name}"), "m", "true") {
        return;
    }
    let store = Mounted(world.path("mounted"));
    std::fs::create_dir(&store.0).unwrap();
    finish(world.command("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(&store.0)).success();
    test(&store.0);
}

/// A mount, until this is dropped: its folder could not be removed.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
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
