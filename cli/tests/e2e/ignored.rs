//! `.gitignore`, `.pipeignore`, and what is not even listed, through the binary.

use crate::harness::{World, finish, pipe_binary};

const MODULE: &str = "
param src: Dir = workspace.dir()
param some: Dir = workspace.dir(include: [\"a/**\"])
param named: Dir = workspace.dir(\"target\")

pub fn all() -> List[Path] { src.glob(\"**/*.txt\") }
pub fn part() -> List[Path] { some.glob(\"**/*.txt\") }
pub fn built() -> List[Path] { named.glob(\"**/*.txt\") }
";

fn world() -> World {
    let world = World::module(MODULE);
    for (name, text) in [
        (".gitignore", "target/\n*.tmp.txt\n"),
        (".pipeignore", "docs\n!kept.tmp.txt\n"),
        ("a/one.txt", "1"),
        ("a/.gitignore", "local.txt\n"),
        ("a/local.txt", ""),
        ("a/kept.tmp.txt", ""),
        ("b/two.txt", "2"),
        ("b/local.txt", ""),
        ("b/x.tmp.txt", ""),
        ("docs/three.txt", "3"),
        ("target/four.txt", "4"),
    ] {
        world.write(name, text);
    }
    world
}

#[test]
fn what_is_ignored_does_not_count() {
    let world = world();
    let all = world.prints(["run", "all", "--json"]);
    assert_eq!(all.trim(), r#"["a/kept.tmp.txt","a/one.txt","b/local.txt","b/two.txt"]"#);
    // Who names a folder wants it.
    assert_eq!(world.prints(["run", "built", "--json"]).trim(), r#"["four.txt"]"#);
    let inputs = world.prints(["inputs", "all"]);
    assert!(inputs.contains("a/one.txt\n") && inputs.contains(".gitignore\n"), "{inputs}");
    assert!(!inputs.contains("target") && !inputs.contains("docs"), "{inputs}");
    // A rule that changes is seen.
    world.write(".pipeignore", "b\n");
    assert_eq!(world.prints(["run", "all", "--json"]).trim(), r#"["a/one.txt","docs/three.txt"]"#);
}

#[test]
fn rules_of_the_repository_count_above_the_package() {
    let world = world();
    let package = world.package();
    std::fs::create_dir(world.path(".git")).unwrap();
    std::fs::write(world.path(".gitignore"), "two.txt\n/package/b/local.txt\n").unwrap();
    assert_eq!(world.prints(["run", "all", "--json"]).trim(), r#"["a/kept.tmp.txt","a/one.txt"]"#);
    // The package's own rules outrank those above it.
    std::fs::write(package.join("b/.gitignore"), "!two.txt\n").unwrap();
    assert_eq!(
        world.prints(["run", "all", "--json"]).trim(),
        r#"["a/kept.tmp.txt","a/one.txt","b/two.txt"]"#
    );
}

/// A folder in which nothing can count is not even listed, however large it is.
#[test]
fn only_folders_that_may_hold_something_are_listed() {
    let world = world();
    for folder in 0..40 {
        for file in 0..25 {
            world.write(&format!("many/{folder}/{file}.txt"), "");
        }
        world.write(&format!("target/{folder}/x.txt"), "");
    }
    let log = world.path("trace");
    let mut command = world.command("strace");
    command.args(["-f", "-qq", "-y", "-e", "trace=getdents64", "-o"]).arg(&log);
    let outcome = finish(command.arg(pipe_binary()).args(["run", "part", "--json"])).success();
    assert_eq!(outcome.stdout.trim(), r#"["a/kept.tmp.txt","a/one.txt"]"#);
    let package = world.package().canonicalize().unwrap().display().to_string();
    let calls = std::fs::read_to_string(&log).unwrap();
    let listed = |below: &str| calls.contains(&format!("<{package}{below}>"));
    assert!(listed("") && listed("/a"), "{calls}");
    for below in ["/b", "/many", "/many/0", "/docs", "/target"] {
        assert!(!listed(below), "{below}: {calls}");
    }
}
