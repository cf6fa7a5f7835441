//! `--cache-from` and `--cache-to`: two stores that share results through a folder.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::harness::{Outcome, World, finish};

const MODULE: &str = r#"
param src: Dir = workspace.dir("src")

fn step() -> Container {
  tools.mount("/src", src).run(sh"""
    echo printed
    mkdir -p /src/out /made
    cat /src/a > /src/out/copy
    rm /src/b
    ln -s copy /src/out/link
    chmod 750 /src/out/copy
    echo made > /made/file
  """)
}

pub fn built() -> Dir { step().dir("/src") }
pub fn made() -> String { step().file("/made/file").contents }
pub fn printed() -> String { step().stdout }
pub fn fails() -> Container { tools.run(sh"echo no; exit 3") }
"#;

fn world() -> World {
    let world = World::tools(MODULE);
    world.write("src/a", "content of a\n");
    world.write("src/b", "gone\n");
    world
}

/// Runs with one of two stores, and a cache between them.
fn run(world: &World, store: &str, flag: &str, target: &str) -> Outcome {
    let cache = format!("{flag}=type=dir,path={}", world.path("shared").display());
    let mut command = world.pipe();
    finish(command.env("PIPE_STORE", world.path(store)).args(["--progress=json", "run", &cache, target]))
}

fn blobs(world: &World) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(world.path("shared/pipe-cache-1/blobs")).unwrap();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

fn forget(world: &World, store: &str) {
    std::fs::rename(world.path(store), world.path(&format!("{store}-{}", used(world)))).unwrap();
}

fn used(world: &World) -> usize {
    std::fs::read_dir(world.path("")).unwrap().count()
}

#[test]
fn two_stores_share_results_through_a_folder() {
    let world = world();
    // Read only unless it is said: nothing is written, and nothing there is no error.
    assert_eq!(run(&world, "one", "--cache-from", "printed").success().steps("ran"), ["step"]);
    assert!(!world.path("shared").exists());
    forget(&world, "one");
    assert_eq!(run(&world, "one", "--cache-to", "printed").success().steps("ran"), ["step"]);
    let there = run(&world, "two", "--cache-from", "printed").success();
    assert_eq!(there.stdout, "printed\n");
    assert_eq!(there.steps("ran"), [""; 0]);
    assert_eq!(there.steps("cached"), ["step"]);
    assert_eq!(there.warnings(), [""; 0]);
    // All of it came, and what it was made of is told.
    assert_eq!(run(&world, "two", "--cache-from", "made").success().stdout, "made\n");
    finish(world.pipe().env("PIPE_STORE", world.path("two")).args(["run", "built", "-o", "out"])).success();
    assert_eq!(world.read("out/out/copy"), "content of a\n");
    assert!(!world.package().join("out/b").exists());
    assert_eq!(world.package().join("out/out/link").read_link().unwrap(), Path::new("copy"));
    let verified = finish(world.pipe().env("PIPE_STORE", world.path("two")).args(["cache", "verify"]));
    verified.success();
    // Another input is another result.
    world.write("src/a", "changed\n");
    assert_eq!(run(&world, "two", "--cache-from", "made").success().steps("ran"), ["step"]);
}

#[test]
fn a_failure_is_not_shared() {
    let world = world();
    run(&world, "one", "--cache-to", "fails").exits(1);
    assert!(!world.path("shared/pipe-cache-1/results").exists());
}

#[test]
fn whatever_is_wrong_with_it_a_cache_fails_no_run() {
    let world = world();
    run(&world, "one", "--cache-to", "made").success();
    let results = world.path("shared/pipe-cache-1/results");
    let result = std::fs::read_dir(std::fs::read_dir(&results).unwrap().next().unwrap().unwrap().path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let good = std::fs::read(&result).unwrap();
    let runs_anyway = |why: &str| {
        let ran = run(&world, "two", "--cache-from", "made").success();
        assert_eq!((ran.stdout.as_str(), ran.steps("ran")), ("made\n", vec!["step".to_owned()]), "{why}");
        assert_eq!(ran.warnings().len(), 1, "{why}: {:?}", ran.warnings());
        finish(world.pipe().env("PIPE_STORE", world.path("two")).args(["cache", "verify"])).success();
        forget(&world, "two");
    };
    // What it claims is cut off, is nonsense, is of another kind.
    for bytes in [&good[..good.len() / 2], &b"nonsense"[..], &[0xff; 64]] {
        std::fs::write(&result, bytes).unwrap();
        runs_anyway("a result that cannot be read");
    }
    std::fs::remove_file(&result).unwrap();
    symlink("/etc/passwd", &result).unwrap();
    runs_anyway("a link");
    std::fs::remove_file(&result).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &result, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    runs_anyway("a pipe");
    std::fs::remove_file(&result).unwrap();
    std::fs::write(&result, &good).unwrap();
    // Content that is another one, larger, or not there.
    for blob in blobs(&world) {
        let content = std::fs::read(&blob).unwrap();
        if content.is_empty() {
            continue;
        }
        std::fs::write(&blob, vec![b'x'; content.len()]).unwrap();
        runs_anyway("altered content");
        std::fs::write(&blob, [content.as_slice(), b"more"].concat()).unwrap();
        runs_anyway("larger content");
        std::fs::remove_file(&blob).unwrap();
        runs_anyway("no content");
        std::fs::write(&blob, content).unwrap();
        break;
    }
    let good = run(&world, "two", "--cache-from", "made").success();
    assert_eq!(good.steps("ran"), [""; 0]);
    // One that is no folder, and one that cannot be written.
    std::fs::write(world.path("file"), "").unwrap();
    let cache = format!("--cache-to=type=dir,path={}", world.path("file").display());
    world.write("src/a", "other\n");
    world.run(["run", &cache, "made"]).success().says("is not in the cache");
    world.run(["run", "--cache-from=type=s3,bucket=x", "made"]).exits(2).says("there is no `type=s3`");
}

#[test]
fn what_a_cache_gave_can_be_taken_away() {
    let world = world();
    run(&world, "one", "--cache-to", "made").success();
    assert_eq!(run(&world, "two", "--cache-from", "made").success().steps("cached"), ["step"]);
    run(&world, "two", "--cache-from", "fails").exits(1);
    let cache =
        |args: &[&str]| finish(world.pipe().env("PIPE_STORE", world.path("two")).arg("cache").args(args));
    let origin = format!("dir:{}", world.path("shared").display());
    assert!(cache(&["ls"]).success().stdout.contains(&format!("step  from {origin}\n")));
    let json = cache(&["ls", "--json"]).success().stdout;
    assert!(json.contains(&format!("\"origin\":\"{origin}\"")) && json.contains("\"origin\":null"), "{json}");

    cache(&["prune", "--origin", "dir:/elsewhere"])
        .success()
        .says(&format!("nothing was taken from dir:/elsewhere; results were taken from: {origin}"));
    cache(&["prune", "--origin", "type=ftp,path=x"]).exits(2).says("type=ftp");
    let address = format!("type=dir,path={}", world.path("shared").display());
    let said = cache(&["prune", "--dry-run", "--origin", &address]).success().stdout;
    assert!(
        said.contains("step step: it was taken from that cache") && !said.contains("step fails"),
        "{said}"
    );
    let done = cache(&["prune", "--origin", &origin]).success().stdout;
    assert!(done.contains("removed"), "{done}");
    // Made here, it is the store's own.
    let again =
        finish(world.pipe().env("PIPE_STORE", world.path("two")).args(["--progress=json", "run", "made"]));
    assert_eq!(again.success().steps("ran"), ["step"]);
    assert!(!cache(&["ls"]).success().stdout.contains("from dir:"));
    cache(&["verify"]).success();
}
