//! Operations on directories and files, through the binary.

use crate::harness::World;

const MODULE: &str = r#"
param src: Dir = workspace.dir("src")

fn tree() -> Dir { src.write("docs/b.md", "b\n").write("a.txt", "one\ntwo\n", mode: "755") }

pub fn entries() -> List[Path] { tree().entries }
pub fn found() -> List[Path] { tree().glob("**/*.md") }
pub fn parents() -> List[Path] { [for p in tree().glob("*/*.md") => p.parent] }
pub fn size() -> Size { tree().file("a.txt").size }
pub fn lines() -> List[String] { tree().file("a.txt").lines }
pub fn digests() -> List[Bool] {
  let other = tree().remove("a.txt").write("a.txt", "one\ntwo\n", mode: "755")
  let changed = tree().write("a.txt", "one")
  [
    tree().digest == other.digest,
    tree().digest == changed.digest,
    tree().file("a.txt").digest == other.file("a.txt").digest,
  ]
}
pub fn changes() -> Dir { tree().diff(tree().write("a.txt", "new").write("x/y", "z").remove("docs")) }
pub fn sums() -> File { tree().checksums() }
pub fn tarball() -> File { tree().tar() }
pub fn zipped() -> File { tree().zip() }
pub fn joined() -> Dir { merge([dir(["a": tree()]), dir(["b/c": tree().file("a.txt")])]) }
pub fn odd() -> List[Path] { src.entries }
"#;

fn world() -> World {
    let world = World::module(MODULE);
    world.write("src/docs/a.md", "a\n");
    world
}

#[test]
fn trees_are_looked_into() {
    let world = world();
    assert_eq!(world.prints(["run", "entries", "--json"]).trim(), r#"["a.txt","docs"]"#);
    assert_eq!(world.prints(["run", "found", "--json"]).trim(), r#"["docs/a.md","docs/b.md"]"#);
    assert_eq!(world.prints(["run", "parents", "--json"]).trim(), r#"["docs","docs"]"#);
    assert_eq!(world.prints(["run", "lines", "--json"]).trim(), r#"["one","two"]"#);
    assert_eq!(world.prints(["run", "digests", "--json"]).trim(), "[true,false,true]");
    assert_eq!(world.prints(["run", "size"]).trim(), "8B");
}

#[test]
fn trees_are_made_of_trees() {
    let world = world();
    world.run(["run", "changes", "-o", "changes"]).success();
    assert_eq!(world.read("changes/a.txt"), "new");
    assert_eq!(world.read("changes/x/y"), "z");
    assert!(!world.package().join("changes/docs").exists(), "what is gone is not told");
    world.run(["run", "joined", "-o", "joined"]).success();
    assert_eq!(world.read("joined/a/docs/a.md"), "a\n");
    assert_eq!(world.read("joined/b/c"), "one\ntwo\n");
}

/// The tools of the host read what is written, and the same content gives the same bytes in another store.
#[test]
fn archives_are_read_by_others_and_always_the_same() {
    let (world, other) = (world(), world());
    for world in [&world, &other] {
        world.run(["run", "tarball", "-o", "tree.tar"]).success();
        world.run(["run", "zipped", "-o", "tree.zip"]).success();
        world.run(["run", "sums", "-o", "SUMS"]).success();
    }
    for name in ["tree.tar", "tree.zip", "SUMS"] {
        let bytes = |world: &World| std::fs::read(world.package().join(name)).unwrap();
        assert_eq!(bytes(&world), bytes(&other), "{name}");
    }
    std::fs::create_dir(world.package().join("out")).unwrap();
    let ok = world.command("tar").args(["-xf", "tree.tar", "-C", "out"]).status().unwrap().success();
    assert!(ok);
    let listing = world.command("tar").args(["--utc", "-tvf", "tree.tar"]).output().unwrap();
    let listing = String::from_utf8(listing.stdout).unwrap();
    assert!(listing.lines().all(|line| line.contains("1980-01-01 00:00")), "{listing}");
    assert_eq!(world.read("out/docs/b.md"), "b\n");
    let checked =
        world.command("sha256sum").args(["-c", "../SUMS"]).current_dir(world.package().join("out")).output();
    let checked = String::from_utf8(checked.unwrap().stdout).unwrap();
    assert_eq!(checked, "a.txt: OK\ndocs/a.md: OK\ndocs/b.md: OK\n");
    let run = |world: &World| {
        crate::harness::finish(world.pipe().env("SOURCE_DATE_EPOCH", "1000000000").args([
            "run",
            "tarball",
            "-o",
            "later.tar",
        ]))
    };
    run(&world).success();
    let listing = world.command("tar").args(["--utc", "-tvf", "later.tar"]).output().unwrap();
    assert!(String::from_utf8(listing.stdout).unwrap().contains("2001-09-09 01:46"));
}

#[test]
fn a_name_that_is_no_text_is_told() {
    use std::os::unix::ffi::OsStrExt;
    let world = world();
    let name = std::ffi::OsStr::from_bytes(b"src/\xff");
    std::fs::write(world.package().join(name), "").unwrap();
    world.run(["run", "odd"]).exits(1).says("not UTF-8").says("main.pipe:");
    assert_eq!(world.prints(["run", "found", "--json"]).trim(), r#"["docs/a.md","docs/b.md"]"#);
}

#[test]
fn a_folder_of_somebody_is_not_replaced_by_a_result() {
    let world = World::module("pub fn made() -> Dir { dir().write(\"new\", \"x\") }\n");
    let out = world.path("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("notes"), "mine").unwrap();
    let run = || world.run(["run", "made", "-o", out.to_str().unwrap()]);
    run().exits(2).says("`notes`");
    assert_eq!(std::fs::read_to_string(out.join("notes")).unwrap(), "mine");
    std::fs::remove_file(out.join("notes")).unwrap();
    run().success();
    run().success();
    assert_eq!(std::fs::read_to_string(out.join("new")).unwrap(), "x");
}
