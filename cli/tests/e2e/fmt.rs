//! `pipe fmt`.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Stdio;

use crate::harness::{Outcome, World, finish, repository};

const UGLY: &str = "pub fn f( )->Int{ 1 } # one\n";
const NEAT: &str = "pub fn f() -> Int { 1 } # one\n";
const BROKEN: &str = "pub fn f( -> Int { 1 }\n";

fn through_stdin(world: &World, text: &[u8]) -> Outcome {
    let mut child = world
        .pipe()
        .args(["fmt", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    Outcome::of("pipe fmt --stdin", &child.wait_with_output().unwrap())
}

#[test]
fn the_files_of_the_package_are_formatted() {
    let world = World::module(UGLY);
    world.write("lib/more.pipe", UGLY);
    world.write("lib/neat.pipe", NEAT);
    world.write(".hidden/other.pipe", UGLY);
    world.write("inner/pipe.toml", "[package]\nname = \"inner\"\n");
    world.write("inner/main.pipe", UGLY);
    let neat = world.package().join("lib/neat.pipe");
    let before = std::fs::metadata(&neat).unwrap();
    let outcome = world.run(["fmt"]).success().says("formatted 2 of 3 files");
    assert_eq!(outcome.stdout, "");
    assert_eq!((world.read("main.pipe"), world.read("lib/more.pipe")), (NEAT.to_owned(), NEAT.to_owned()));
    assert_eq!(
        (world.read(".hidden/other.pipe"), world.read("inner/main.pipe")),
        (UGLY.to_owned(), UGLY.to_owned())
    );
    let after = std::fs::metadata(&neat).unwrap();
    assert_eq!(
        (before.ino(), before.mtime_nsec()),
        (after.ino(), after.mtime_nsec()),
        "what is in form is left alone"
    );
    world.run(["fmt"]).success().says("nothing to format in 3 files");
    assert_eq!(world.run(["-q", "fmt"]).success().stderr, "");
}

#[test]
fn files_and_folders_can_be_named() {
    let world = World::module(UGLY);
    world.write("a/x.pipe", UGLY);
    world.write("b/x.pipe", UGLY);
    world.run(["fmt", "a", "a/x.pipe"]).success().says("formatted 1 of 1 file");
    assert_eq!((world.read("a/x.pipe"), world.read("b/x.pipe")), (NEAT.to_owned(), UGLY.to_owned()));
    world.run(["fmt", "no/such.pipe"]).exits(2).says("no/such.pipe");
    let elsewhere = world.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    finish(world.pipe().current_dir(&elsewhere).args(["fmt"])).exits(2).says("no package");
    finish(world.pipe().current_dir(&elsewhere).arg("-C").arg(world.package()).arg("fmt")).success();
    assert_eq!(world.read("b/x.pipe"), NEAT);
}

#[test]
fn check_and_diff_change_nothing() {
    let world = World::module(UGLY);
    world.write("neat.pipe", NEAT);
    let checked = world.run(["fmt", "--check"]).exits(1).says("1 of 2 files would change");
    assert_eq!(checked.stdout, "main.pipe\n");
    let shown = world.run(["fmt", "--diff"]).exits(1);
    assert_eq!(shown.stdout, format!("--- a/main.pipe\n+++ b/main.pipe\n@@ -1 +1 @@\n-{UGLY}+{NEAT}"),);
    assert_eq!(world.read("main.pipe"), UGLY);
    world.run(["fmt"]).success();
    assert_eq!(world.run(["fmt", "--check"]).exits(0).stdout, "");
    assert_eq!(world.run(["fmt", "--diff"]).exits(0).stdout, "");
    for args in
        [&["fmt", "--check", "--diff"][..], &["fmt", "--stdin", "--check"], &["fmt", "--stdin", "main.pipe"]]
    {
        world.run(args).exits(2);
    }
}

#[test]
fn a_file_with_errors_stays_and_the_others_are_formatted() {
    let world = World::module(BROKEN);
    world.write("other.pipe", UGLY);
    let outcome = world.run(["fmt"]).exits(2).says("main.pipe:1:");
    assert!(!outcome.stderr.contains("expected one of"), "{}", outcome.stderr);
    assert_eq!((world.read("main.pipe"), world.read("other.pipe")), (BROKEN.to_owned(), NEAT.to_owned()));
    world.run(["fmt", "--check"]).exits(2);
    std::fs::write(world.package().join("main.pipe"), b"# \xff\n").unwrap();
    world.run(["fmt"]).exits(2).says("main.pipe is not UTF-8");
}

#[test]
fn mode_and_links_stay() {
    let world = World::module(NEAT);
    world.write("script.pipe", UGLY);
    let path = world.package().join("script.pipe");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).unwrap();
    std::os::unix::fs::symlink("script.pipe", world.package().join("link.pipe")).unwrap();
    world.run(["fmt", "link.pipe"]).success();
    assert_eq!(world.read("script.pipe"), NEAT);
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o750);
    assert!(world.package().join("link.pipe").is_symlink());
    let names: Vec<_> = std::fs::read_dir(world.package()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "nothing is left beside: {names:?}");
}

#[test]
fn standard_input_is_a_file_too() {
    let world = World::empty();
    assert_eq!(through_stdin(&world, UGLY.as_bytes()).success().stdout, NEAT);
    assert_eq!(through_stdin(&world, UGLY.replace('\n', "\r\n").as_bytes()).success().stdout, NEAT);
    let broken = through_stdin(&world, BROKEN.as_bytes()).exits(2).says("<standard input>:1:");
    assert_eq!(broken.stdout, "");
    through_stdin(&world, b"\xff").exits(2).says("not UTF-8");
}

#[test]
fn the_examples_are_in_form() {
    let world = World::empty();
    let examples = repository().join("examples");
    world.run(["fmt".as_ref(), "--check".as_ref(), examples.as_os_str()]).success();
}
