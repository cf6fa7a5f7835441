//! Packages out of git repositories, through the binary.

use std::io::Read;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;

use crate::git::git;
use crate::harness::{Outcome, World, command_lines};

/// Has the repositories at `url` stand for those on example.com.
pub(crate) fn mirror(world: &World, url: &str) {
    world.configure(&format!("[git.mirrors]\n\"https://example.com/\" = \"{url}/\"\n"));
}

/// Removes what was fetched.
pub(crate) fn forget(world: &World) {
    std::fs::remove_dir_all(world.store().join("packages")).unwrap();
}

const MAIN: &str = "use web\n\npub fn count() -> Int { web.count() }\n";

pub(crate) fn manifest(web: &str) -> String {
    format!(
        "[package]\nname = \"test\"\n\n[dependencies]\nweb = {{ git = \"https://example.com/web\", {web} }}\n"
    )
}

/// A package that uses `web`, whose repository has a tag `v1` and stands in for the one on example.com.
pub(crate) fn world() -> World {
    let world = World::empty();
    world.write("main.pipe", MAIN);
    world.write("pipe.toml", &manifest("tag = \"v1\""));
    mirror(&world, &format!("file://{}", repositories(&world).display()));
    init(&world, "web");
    commit(
        &world,
        "web",
        &[("main.pipe", "pub fn count() -> Int { 1 }\n"), ("pipe.toml", "[package]\nname = \"web\"\n")],
    );
    git(&world, &repository(&world, "web"), &["tag", "v1"]);
    world
}

pub(crate) fn repositories(world: &World) -> PathBuf {
    world.path("repositories")
}

pub(crate) fn repository(world: &World, name: &str) -> PathBuf {
    repositories(world).join(name)
}

pub(crate) fn init(world: &World, name: &str) {
    let folder = repository(world, name);
    std::fs::create_dir_all(&folder).unwrap();
    git(world, &folder, &["init", "-q"]);
}

/// Writes files and commits them; the commit's name.
pub(crate) fn commit(world: &World, name: &str, files: &[(&str, &str)]) -> String {
    let folder = repository(world, name);
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    git(world, &folder, &["add", "-A"]);
    git(world, &folder, &["commit", "-qm", "A change"]);
    git(world, &folder, &["rev-parse", "HEAD"])
}

pub(crate) fn packages(world: &World) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(world.store().join("packages"));
    let mut found: Vec<PathBuf> = entries.map(|e| e.map(|e| e.unwrap().path()).collect()).unwrap_or_default();
    found.retain(|path| path.is_dir());
    found
}

pub(crate) fn lock(world: &World) -> String {
    world.read("pipe.lock")
}

#[test]
fn what_is_added_is_locked_and_runs() {
    let world = world();
    world.write("pipe.toml", "[package]\nname = \"test\" # mine\n");
    world.run(["add", "git+https://example.com/web#v1"]).success().says("added `web`");
    assert_eq!(
        world.read("pipe.toml"),
        "[package]\nname = \"test\" # mine\n\n[dependencies]\nweb = { git = \"https://example.com/web\", tag = \"v1\" }\n"
    );
    let commit = git(&world, &repository(&world, "web"), &["rev-parse", "v1"]);
    let first = lock(&world);
    assert!(
        first.starts_with(&format!("package https://example.com/web tag=v1 commit={commit} sha256=")),
        "{first}"
    );
    assert!(first.ends_with(" allow=network\n") && first.lines().count() == 1, "{first}");
    world.run(["check"]).success();
    assert_eq!(world.prints(["run", "count"]), "1\n");
    assert_eq!(world.prints(["run", "--offline", "--locked", "count"]), "1\n");
    // It is there by its digest.
    let digest = first.split("sha256=").nth(1).unwrap().split(' ').next().unwrap();
    assert_eq!(packages(&world), [world.store().join("packages").join(digest)]);
    assert!(world.prints(["cache", "size"]).contains("  packages\n"));
    assert!(
        world
            .prints(["cache", "prune", "--all", "--dry-run"])
            .contains("packages that were fetched: 1 would be removed")
    );
    assert!(world.prints(["cache", "prune", "--all"]).contains("packages that were fetched: 1 removed"));
    assert!(packages(&world).is_empty());
    world.run(["add", "https://example.com/web"]).exits(2).says("there is a dependency `web` already");
    world.run(["add", "https://example.com/web#v2", "--as", "two"]).exits(2).says("did you mean `v1`?");
    world.run(["add", "nothing"]).exits(2).says("packages have no index");
    assert_eq!(lock(&world), first);
    // Without a name, the newest version.
    world.run(["add", "https://example.com/web", "--as", "again"]).success().says("at tag v1").exits(0);
}

#[test]
fn looking_connects_nowhere() {
    let world = world();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    mirror(&world, &format!("http://127.0.0.1:{port}"));
    let not_locked =
        |outcome: Outcome| assert!((outcome.stdout + &outcome.stderr).contains("package-not-locked"));
    not_locked(world.run(["check"]).exits(1));
    for command in [
        &["list"][..],
        &["plan", "count"],
        &["why", "count"],
        &["inputs", "count"],
        &["run", "--offline", "count"],
        &["run", "count", "--offline"],
        &["run", "--locked", "count"],
        &["run", "--dry-run", "count"],
        &["test", "--offline"],
    ] {
        not_locked(world.run(command).exits(2));
    }
    world.run(["fmt", "--check"]).success();
    world.run(["update", "--offline"]).exits(2).says("--offline forbids it");
    world.run(["vendor", "--offline"]).exits(2).says("--offline forbids it");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert!(!world.package().join("pipe.lock").exists());
}

#[test]
fn a_run_fetches_what_the_lock_says() {
    let world = world();
    assert_eq!(world.prints(["run", "count"]), "1\n");
    let first = lock(&world);
    forget(&world);
    let outcome = world.run(["check"]).exits(1);
    assert!(outcome.stdout.contains("package-not-fetched"), "{}", outcome.stdout);
    // The tag is another commit by now; what was locked is fetched.
    commit(&world, "web", &[("main.pipe", "pub fn count() -> Int { 2 }\n")]);
    assert_eq!(world.prints(["run", "--locked", "count"]), "1\n");
    assert_eq!(lock(&world), first);
    world.run(["update", "--locked"]).success();
    // Whoever changed it: it is not what was locked, and is fetched anew.
    let module = packages(&world)[0].join("main.pipe");
    std::fs::write(&module, "pub fn count() -> Int { 666 }\n").unwrap();
    let outcome = world.run(["check"]).exits(1);
    assert!(outcome.stdout.contains("package-changed"), "{}", outcome.stdout);
    assert_eq!(world.prints(["run", "count"]), "1\n");
    // A lock that somebody changed by hand is not believed.
    forget(&world);
    let digest = first.split("sha256=").nth(1).unwrap().split(' ').next().unwrap();
    world.write("pipe.lock", &first.replace(digest, &"0".repeat(64)));
    world.run(["run", "count"]).exits(2).says("is not what pipe.lock says");
}

#[test]
fn branches_are_followed_and_tags_are_not() {
    let world = world();
    world.write("pipe.toml", &manifest("branch = \"main\""));
    assert_eq!(world.prints(["run", "count"]), "1\n");
    let web = repository(&world, "web");
    let second = commit(&world, "web", &[("main.pipe", "pub fn count() -> Int { 2 }\n")]);
    assert_eq!(world.prints(["run", "count"]), "1\n");
    world.run(["update", "other"]).exits(2).says("no dependency by git called `other`");
    world.run(["update", "web"]).success().says(&second[..12]);
    assert_eq!(world.prints(["run", "count"]), "2\n");
    // A branch may be put back.
    git(&world, &web, &["reset", "-q", "--hard", "v1"]);
    let third = commit(&world, "web", &[("main.pipe", "pub fn count() -> Int { 3 }\n")]);
    world.run(["update"]).success().says(&third[..12]);
    assert_eq!(world.prints(["run", "count"]), "3\n");

    // A tag should not move.
    world.write("pipe.toml", &manifest("tag = \"v1\""));
    assert_eq!(world.prints(["run", "count"]), "1\n");
    let before = lock(&world);
    git(&world, &web, &["tag", "-f", "v1"]);
    world.run(["update"]).exits(2).says("the tag v1 of https://example.com/web was moved");
    assert_eq!(lock(&world), before);
    assert_eq!(world.prints(["run", "count"]), "1\n");
    // What it was cannot be had any more.
    forget(&world);
    git(&world, &web, &["update-ref", "-d", "refs/stash"]);
    git(&world, &web, &["reflog", "expire", "--expire=now", "--all"]);
    git(&world, &web, &["checkout", "-q", "--orphan", "fresh"]);
    git(&world, &web, &["commit", "-qm", "Anew"]);
    git(&world, &web, &["branch", "-M", "main"]);
    git(&world, &web, &["tag", "-f", "v1"]);
    git(&world, &web, &["reflog", "expire", "--expire=now", "--all"]);
    git(&world, &web, &["gc", "-q", "--prune=now"]);
    world.run(["run", "count"]).exits(2).says("tag `v1` of https://example.com/web was moved");
    world.run(["update", "--accept"]).success();
    assert_eq!(world.prints(["run", "count"]), "3\n");
}

#[test]
fn packages_of_packages_and_of_one_repository() {
    let world = world();
    init(&world, "mono");
    let common = "[dependencies]\ncommon = { path = \"../common\" }\nweb = { git = \"https://example.com/web\", tag = \"v1\" }\n";
    commit(
        &world,
        "mono",
        &[
            ("ci/go/pipe.toml", &format!("[package]\nname = \"go\"\n{common}")),
            ("ci/go/main.pipe", "use common\nuse web\npub fn sum() -> Int { common.ten() + web.count() }\n"),
            ("ci/common/pipe.toml", "[package]\nname = \"common\"\n"),
            ("ci/common/main.pipe", "pub fn ten() -> Int { 10 }\n"),
        ],
    );
    commit(&world, "web", &[("main.pipe", "pub fn count() -> Int { 2 }\n")]);
    git(&world, &repository(&world, "web"), &["tag", "v2"]);
    world.write(
        "pipe.toml",
        "[package]\nname = \"test\"\n\n[dependencies]\ngo = { git = \"https://example.com/mono\", branch = \"main\", dir = \"ci/go\" }\n\
         web = { git = \"https://example.com/web\", tag = \"v2\" }\n",
    );
    // Each package has the versions that it names, side by side.
    world.write("main.pipe", "use go\nuse web\n\npub fn sum() -> Int { go.sum() + web.count() * 100 }\n");
    assert_eq!(world.prints(["run", "sum"]), "211\n");
    let locked: Vec<String> =
        lock(&world).lines().map(|line| line.split(" commit=").next().unwrap().to_owned()).collect();
    assert_eq!(
        locked,
        [
            "package https://example.com/mono dir=ci/common branch=main",
            "package https://example.com/mono dir=ci/go branch=main",
            "package https://example.com/web tag=v1",
            "package https://example.com/web tag=v2",
        ]
    );
    // Two folders of one version are of one commit, also when it moved meanwhile.
    let lines = lock(&world);
    commit(&world, "mono", &[("ci/common/main.pipe", "pub fn ten() -> Int { 20 }\n")]);
    let without = lines
        .lines()
        .filter(|line| !line.contains("ci/common"))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    world.write("pipe.lock", &without);
    assert_eq!(world.prints(["run", "sum"]), "211\n");
    assert_eq!(lock(&world), lines);
    world.run(["update", "go"]).success();
    assert_eq!(world.prints(["run", "sum"]), "221\n");
    // What is not needed any more goes.
    world.write("pipe.toml", &manifest("tag = \"v1\""));
    world.write("main.pipe", MAIN);
    world
        .run(["update"])
        .success()
        .says("not needed any more: https://example.com/mono (ci/go) at branch main");
    assert_eq!(lock(&world).lines().count(), 1);
    // A circle.
    commit(
        &world,
        "mono",
        &[(
            "ci/common/pipe.toml",
            "[package]\nname = \"common\"\n[dependencies]\ngo = { path = \"../go\" }\n",
        )],
    );
    world.write("pipe.toml", &manifest("branch = \"main\", dir = \"ci/go\"").replace("/web\"", "/mono\""));
    world.run(["update"]).exits(2).says("packages need each other in a circle: go -> common -> go");
}

#[test]
fn two_at_once_and_one_that_is_killed() {
    let world = world();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let good = std::fs::read_to_string(world.home().join(".config/pipe/config.toml")).unwrap();
    mirror(&world, &format!("http://127.0.0.1:{port}"));
    let mut stuck = world.pipe().arg("update").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // It waits for an answer that never comes.
    let (mut connection, _) = listener.accept().unwrap();
    let begun = packages(&world);
    assert!(
        begun.iter().any(|path| path.file_name().unwrap().to_str().unwrap().starts_with(".fetch-")),
        "{begun:?}"
    );
    stuck.kill().unwrap();
    stuck.wait().unwrap();
    // What it started ends with it, though nobody told it. (Whoever waits for longer than this waits for ever.)
    connection.set_read_timeout(Some(std::time::Duration::from_secs(120))).unwrap();
    connection.read_to_end(&mut Vec::new()).unwrap();
    drop((connection, listener));
    world.configure(&good);
    let start = || world.pipe().arg("update").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let running = [start(), start(), start()];
    for child in running {
        Outcome::of("pipe update", &child.wait_with_output().unwrap()).success();
    }
    assert_eq!(packages(&world).len(), 1);
    assert_eq!(lock(&world).lines().count(), 1);
    assert_eq!(world.prints(["run", "count"]), "1\n");
    let mirror = format!("127.0.0.1:{port}");
    assert!(!command_lines().iter().any(|line| line.contains("git") && line.contains(&mirror)));
}

#[test]
fn a_store_that_cannot_be_written_is_read() {
    let world = world();
    world.run(["update"]).success();
    let folder = world.store().join("packages");
    let mode = |mode: u32| {
        std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap()
    };
    mode(0o555);
    world.run(["check"]).success();
    assert_eq!(world.prints(["run", "count"]), "1\n");
    mode(0o755);
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    world.run(["update"]).exits(3).says("packages");
}

#[test]
fn a_package_for_another_pipe_is_not_checked() {
    let world = World::module("pub what is this\n");
    world.write("pipe.toml", "[package]\nname = \"test\"\npipe = \">=99\"\nkind = \"new\"\n");
    let outcome = world.run(["check"]).exits(2);
    assert!(outcome.stdout.contains("written for pipe >=99, and this is pipe 0.1.0"), "{}", outcome.stdout);
    assert_eq!(outcome.stdout.matches("Error:").count(), 1, "{}", outcome.stdout);
    world.run(["run", "what"]).exits(2).says("newer-pipe");
    world.write("pipe.toml", "[package]\nname = \"test\"\nedition = \"2099\"\n");
    let outcome = world.run(["check"]).exits(2);
    assert!(outcome.stdout.contains("unknown-edition"), "{}", outcome.stdout);
    world.write("pipe.toml", "[package]\nname = \"test\"\nedition = \"2026\"\npipe = \">=0.1\"\n");
    world.write("main.pipe", "pub fn f() -> Int { 1 }\n");
    assert_eq!(world.prints(["run", "f"]), "1\n");
}
