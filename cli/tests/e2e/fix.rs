//! `pipe check --fix`.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::harness::World;

/// Several mistakes, of which a later round sees what an earlier one hid.
const WRONG: &str =
    "func f(c: Container) -> Container {\n  const a = c.run(['true'], timeuot: 5m);\n  a\n}\n";
const RIGHT: &str = "fn f(c: Container) -> Container {\n  let a = c.run([\"true\"], timeout: 5min)\n  a\n}\n";

#[test]
fn rounds_go_on_until_nothing_can_be_fixed() {
    let world = World::module(WRONG);
    world.write("lib/other.pipe", "pub fn g() -> Int { 1 };\n");
    world.write(
        "main.pipe",
        &format!("use \"./lib/other.pipe\" as other\npub {WRONG}pub let n: Int = other.g()\n"),
    );
    let fixed = world.run(["check", "--fix"]).exits(0);
    fixed.says("applied in 2 files").says("no problems in 2 files");
    assert_eq!(
        world.read("main.pipe"),
        format!("use \"./lib/other.pipe\" as other\npub {RIGHT}pub let n: Int = other.g()\n")
    );
    assert_eq!(world.read("lib/other.pipe"), "pub fn g() -> Int { 1 }\n");
    world.run(["check", "--fix"]).exits(0).says("nothing to fix");
}

#[test]
fn what_cannot_be_fixed_stays_and_is_shown() {
    let world = World::module(&format!("{WRONG}pub fn g() -> Int {{ nothing_like_it }}\n"));
    let fixed = world.run(["check", "--fix", "--format", "short"]).exits(1);
    assert_eq!(fixed.stdout.lines().count(), 1, "{}", fixed.stdout);
    assert!(fixed.stdout.starts_with("main.pipe:5:"), "{}", fixed.stdout);
    assert!(world.read("main.pipe").starts_with(RIGHT));
}

#[test]
fn a_difference_is_shown_and_nothing_changes() {
    let world = World::module(WRONG);
    let shown = world.run(["check", "--fix", "--diff"]).exits(1);
    assert_eq!(world.read("main.pipe"), WRONG);
    shown.says("would be applied in 1 file");
    let shown = world.run(["-q", "check", "--fix", "--diff"]).exits(1);
    assert_eq!(shown.stderr, "");
    let removed = shown.stdout.lines().filter(|line| line.starts_with('-')).count();
    assert!(
        shown.stdout.starts_with("--- a/main.pipe\n+++ b/main.pipe\n") && removed == 3,
        "{}",
        shown.stdout
    );
    world.write("main.pipe", RIGHT);
    assert_eq!(world.run(["check", "--fix", "--diff"]).exits(0).stdout, "");
}

#[test]
fn modes_stay_and_nothing_else_is_left_behind() {
    let world = World::module(WRONG);
    let file = world.package().join("main.pipe");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    world.run(["check", "--fix"]).exits(0);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o7777, 0o640);
    let mut names: Vec<_> =
        std::fs::read_dir(world.package()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["main.pipe", "pipe.toml"]);
}

#[test]
fn what_a_link_leads_to_is_left_alone() {
    let world = World::module(WRONG);
    world.write("lib/real.pipe", "pub fn g() -> Int { 1 };\n");
    symlink("real.pipe", world.package().join("lib/link.pipe")).unwrap();
    world.write("parts/two.pipe", "pub fn g() -> Int { 1 };\n");
    symlink("parts", world.package().join("linked")).unwrap();
    world.write(
        "main.pipe",
        "use \"./lib/link.pipe\" as a\nuse \"./linked/two.pipe\" as b\npub let n: Int = a.g() + b.g();\n",
    );
    let fixed = world.run(["check", "--fix"]).exits(1);
    fixed
        .says("lib/link.pipe is left as it is: it is reached through a link")
        .says("linked/two.pipe is left as it is: it is reached through a link");
    for file in ["lib/real.pipe", "parts/two.pipe"] {
        assert_eq!(world.read(file), "pub fn g() -> Int { 1 };\n");
    }
    assert!(world.read("main.pipe").ends_with("b.g()\n"));
}

#[test]
fn the_package_itself_may_be_reached_through_a_link() {
    let world = World::module(WRONG);
    symlink(world.package(), world.path("elsewhere")).unwrap();
    world
        .run(["-C".as_ref(), world.path("elsewhere").as_os_str(), "check".as_ref(), "--fix".as_ref()])
        .exits(0);
    assert_eq!(world.read("main.pipe"), RIGHT);
}

#[test]
fn a_dependency_is_not_changed() {
    let world = World::module("use other\n\npub let n: Int = other.g();\n");
    world.write(
        "pipe.toml",
        "[package]\nname = \"test\"\n\n[dependencies]\nother = { path = \"../other\" }\n",
    );
    let other = world.path("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("pipe.toml"), "[package]\nname = \"other\"\n").unwrap();
    std::fs::write(other.join("main.pipe"), "pub fn g() -> Int { 1 };\n").unwrap();
    world.run(["check", "--fix"]).exits(1);
    assert_eq!(std::fs::read_to_string(other.join("main.pipe")).unwrap(), "pub fn g() -> Int { 1 };\n");
    assert!(world.read("main.pipe").ends_with("other.g()\n"));
}

#[test]
fn colours_are_a_choice() {
    let world = World::module("pub fn f() -> Int { \"text\" }\n");
    assert!(world.run(["check", "--color", "always"]).exits(1).stdout.contains("\u{1b}["));
    assert!(!world.run(["check"]).exits(1).stdout.contains("\u{1b}["));
}
