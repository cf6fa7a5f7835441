//! Packages out of git repositories, through the binary.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::git::git;
use crate::harness::{Outcome, World, command_lines};

/// Has the repositories at `url` stand for those on example.com.
fn mirror(world: &World, url: &str) {
    world.configure(&format!("[git.mirrors]\n\"https://example.com/\" = \"{url}/\"\n"));
}

/// Removes what was fetched.
fn forget(world: &World) {
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

fn packages(world: &World) -> Vec<PathBuf> {
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
fn nothing_of_a_user_or_a_repository_runs() {
    let world = world();
    let ran = world.path("ran");
    let script = world.path("script");
    std::fs::write(&script, format!("#!/bin/sh\ntouch {}\nexit 1\n", ran.display())).unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let hooks = world.path("hooks");
    std::fs::create_dir(&hooks).unwrap();
    for hook in ["reference-transaction", "post-checkout", "post-merge"] {
        std::fs::copy(&script, hooks.join(hook)).unwrap();
    }
    let script = script.display();
    let config = format!(
        "[core]\n  hooksPath = {}\n  fsmonitor = {script}\n  sshCommand = {script}\n[filter \"x\"]\n  smudge = {script}\n  required = true\n\
         [credential]\n  helper = !{script}\n[url \"file:///nowhere/\"]\n  insteadOf = file://\n[uploadpack]\n  packObjectsHook = {script}\n",
        hooks.display()
    );
    commit(
        &world,
        "web",
        &[
            (".gitattributes", "* filter=x\n"),
            (".gitconfig", &config),
            ("hooks/post-checkout", "#!/bin/sh\n"),
        ],
    );
    std::fs::write(world.home().join(".gitconfig"), &config).unwrap();
    let web = repository(&world, "web");
    std::fs::copy(world.path("script"), web.join(".git/hooks/reference-transaction")).unwrap();
    std::fs::copy(world.path("script"), web.join(".git/hooks/post-checkout")).unwrap();
    world.write("pipe.toml", &manifest("branch = \"main\""));
    let mut pipe = world.pipe();
    for name in [
        "GIT_SSH_COMMAND",
        "GIT_SSH",
        "GIT_ASKPASS",
        "GIT_EXTERNAL_DIFF",
        "GIT_PROXY_COMMAND",
        "GIT_TRACE2_EVENT",
    ] {
        pipe.env(name, world.path("script"));
    }
    pipe.env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "core.hooksPath")
        .env("GIT_CONFIG_VALUE_0", &hooks);
    pipe.env("GIT_DIR", world.path("nowhere")).env("GIT_EXEC_PATH", &hooks).env("GIT_TEMPLATE_DIR", &hooks);
    crate::harness::finish(pipe.arg("update")).success();
    assert!(!ran.exists());
    assert_eq!(world.prints(["run", "count"]), "1\n");
    // Nothing but its modules was taken.
    let package = packages(&world).pop().unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(package).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["main.pipe", "pipe.toml"]);
}

#[test]
fn what_no_package_may_have_is_refused() {
    let world = world();
    let web = repository(&world, "web");
    world.write("pipe.toml", &manifest("branch = \"main\""));
    let refused = |what: &str| {
        world.run(["update"]).exits(2).says(what);
        assert!(!world.package().join("pipe.lock").exists());
        assert!(packages(&world).is_empty());
    };
    std::os::unix::fs::symlink("/etc/passwd", web.join("secret.pipe")).unwrap();
    commit(&world, "web", &[]);
    refused("`secret.pipe` is a link");
    git(&world, &web, &["rm", "-q", "secret.pipe"]);
    let head = git(&world, &web, &["rev-parse", "HEAD"]);
    git(&world, &web, &["update-index", "--add", "--cacheinfo", &format!("160000,{head},sub")]);
    git(&world, &web, &["commit", "-qm", "With a submodule"]);
    refused("`sub` is a submodule");
    // Names that git itself would not check out.
    let tree = git(&world, &web, &["rev-parse", "v1^{tree}"]);
    let blob = git(&world, &web, &["rev-parse", "v1:main.pipe"]);
    for name in ["..", ".git"] {
        let entries = world.path("entries");
        std::fs::write(&entries, format!("100644 blob {blob}\tmain.pipe\n040000 tree {tree}\t{name}\n"))
            .unwrap();
        let mut mktree = world.command("git");
        mktree.current_dir(&web).arg("mktree").stdin(std::fs::File::open(&entries).unwrap());
        let made = crate::harness::finish(&mut mktree).success().stdout;
        let made = git(&world, &web, &["commit-tree", made.trim(), "-m", "Odd"]);
        git(&world, &web, &["update-ref", "refs/heads/main", &made]);
        refused("is a name that a package cannot have");
    }
    git(&world, &web, &["reset", "-q", "--hard", "v1"]);
    git(&world, &web, &["rm", "-q", "pipe.toml"]);
    commit(&world, "web", &[("ci/go/pipe.toml", "[package]\nname = \"go\"\n")]);
    world.run(["update"]).exits(2).says("is no package: there is no `pipe.toml`").says("dir = \"ci/go\"");
    world.write("pipe.toml", &manifest("branch = \"main\", dir = \"elsewhere\""));
    world.run(["update"]).exits(2).says("has no folder `elsewhere`");
    world.write("pipe.toml", &manifest("branch = \"gone\""));
    world.run(["update"]).exits(2).says("has no branch `gone`");
    world.write("pipe.toml", &manifest("branch = \"main\"").replace("/web\"", "/gone\""));
    world.run(["update"]).exits(3).says("git cannot fetch https://example.com/gone");
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
fn vendored_packages_are_read_where_they_are() {
    let world = world();
    world.run(["vendor"]).success().says("1 package is in vendor/");
    forget(&world);
    std::fs::remove_dir_all(repositories(&world)).unwrap();
    assert_eq!(world.prints(["run", "count"]), "1\n");
    world.run(["check"]).success();
    assert!(packages(&world).is_empty());
    let module = world.read("vendor/web/main.pipe");
    world.write("vendor/web/main.pipe", "pub fn count() -> Int { 666 }\n");
    world.run(["run", "count"]).exits(2).says("package-changed").says("`pipe vendor`");
    world.write("vendor/web/main.pipe", &module);
    world.write("vendor/web/more.pipe", "");
    world.run(["run", "count"]).exits(2).says("package-changed");
    std::fs::remove_dir_all(world.package().join("vendor/web")).unwrap();
    world.run(["run", "count"]).exits(2).says("package-not-fetched").says("`pipe vendor` puts it there");
}

#[test]
fn vendor_touches_only_its_own() {
    let world = world();
    world.write("vendor/web/mine", "x");
    world.run(["vendor"]).exits(2).says("is not one of pipe's");
    std::fs::rename(world.package().join("vendor/web"), world.package().join("vendor/other")).unwrap();
    world.run(["vendor"]).success();
    commit(&world, "web", &[("main.pipe", "pub fn count() -> Int { 2 }\n")]);
    git(&world, &repository(&world, "web"), &["tag", "v2"]);
    world.write("pipe.toml", &manifest("tag = \"v2\""));
    world.run(["run", "count"]).exits(2).says("package-not-locked");
    world.run(["update"]).success();
    assert_eq!(world.prints(["run", "count"]), "2\n");
    assert!(world.read("vendor/web/main.pipe").contains('2'));
    world.write("pipe.toml", "[package]\nname = \"test\"\n");
    world.write("main.pipe", "pub fn count() -> Int { 3 }\n");
    world.run(["vendor"]).success();
    assert!(!world.package().join("vendor/web").exists() && !world.package().join("pipe.lock").exists());
    assert_eq!(world.read("vendor/other/mine"), "x");
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

/// Whether the address of a repository is one that anything is fetched from.
#[test]
fn only_https_and_ssh_are_spoken() {
    let world = world();
    let local = format!("file://{}", repository(&world, "web").display());
    for address in [
        local.as_str(),
        "ext::sh -c touch% x",
        "http://example.com/web",
        "git://example.com/web",
        "git@example.com:web",
        "https://me:pw@example.com/web",
    ] {
        world.write("pipe.toml", &manifest("tag = \"v1\"").replace("https://example.com/web", address));
        let outcome = world.run(["run", "count"]).exits(2);
        assert!(outcome.stderr.contains("[manifest]"), "{address}: {}", outcome.stderr);
        let added = world.run(["add", address]);
        assert_eq!(added.code, Some(2), "{address}: {}", added.stderr);
    }
    assert!(packages(&world).is_empty());
    assert!(!Path::new("x").exists());
}

/// Answers requests with `git http-backend`, one after the other, until the process ends.
pub(crate) fn serve(root: PathBuf) -> u16 {
    serve_to(root, None)
}

/// As [`serve`], for whoever says this in `Authorization`.
pub(crate) fn serve_to(root: PathBuf, authorization: Option<&'static str>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            // A client that goes away is no failure of the server's.
            let _ = answer(connection.unwrap(), &root, authorization);
        }
    });
    port
}

fn answer(mut connection: TcpStream, root: &Path, authorization: Option<&str>) -> std::io::Result<()> {
    let mut input = BufReader::new(connection.try_clone()?);
    let mut line = String::new();
    input.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut backend = std::process::Command::new("git");
    backend.arg("http-backend").env_clear().env("PATH", "/usr/bin:/bin").env("GIT_HTTP_EXPORT_ALL", "1");
    backend.env("GIT_PROJECT_ROOT", root).env("PATH_INFO", path).env("QUERY_STRING", query);
    backend.env("REQUEST_METHOD", method).env("GIT_CONFIG_COUNT", "1");
    backend.env("GIT_CONFIG_KEY_0", "safe.directory").env("GIT_CONFIG_VALUE_0", "*");
    let (mut length, mut is_known) = (0, authorization.is_none());
    loop {
        let mut header = String::new();
        input.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "content-type" => drop(backend.env("CONTENT_TYPE", value)),
            "content-encoding" => drop(backend.env("HTTP_CONTENT_ENCODING", value)),
            "git-protocol" => drop(backend.env("HTTP_GIT_PROTOCOL", value)),
            "authorization" => is_known |= Some(value) == authorization,
            _ => {}
        }
    }
    if !is_known {
        let challenge =
            "WWW-Authenticate: Basic realm=\"packages\"\r\nContent-Length: 0\r\nConnection: close";
        return write!(connection, "HTTP/1.1 401 Unauthorized\r\n{challenge}\r\n\r\n");
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    backend.env("CONTENT_LENGTH", length.to_string());
    let mut child = backend.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().unwrap().write_all(&body)?;
    let output = child.wait_with_output()?.stdout;
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let headers = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = headers.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let body = &output[end + 4..];
    write!(
        connection,
        "HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    connection.write_all(body)
}

#[test]
fn packages_come_over_http() {
    let world = world();
    let port = serve(repositories(&world));
    mirror(&world, &format!("http://127.0.0.1:{port}"));
    assert_eq!(world.prints(["run", "count"]), "1\n");
    let first = lock(&world);
    forget(&world);
    commit(&world, "web", &[("main.pipe", "pub fn count() -> Int { 2 }\n")]);
    git(&world, &repository(&world, "web"), &["tag", "-f", "v1"]);
    // This server gives no commit by its name alone: it is found in the history of the branch.
    assert_eq!(world.prints(["run", "count"]), "1\n");
    assert_eq!(lock(&world), first);
    // Nobody there.
    forget(&world);
    mirror(&world, "http://127.0.0.1:1");
    world.run(["run", "count"]).exits(3).says("git cannot fetch https://example.com/web");
    assert_eq!(lock(&world), first);
}

/// A password, and what a client says that has it of a user `ada`.
pub(crate) const PASSWORD: &str = "only-in-netrc";
pub(crate) const AUTHORIZATION: &str = "Basic YWRhOm9ubHktaW4tbmV0cmM=";

/// Writes the user's `~/.netrc`.
pub(crate) fn netrc(world: &World, password: &str) {
    let line = format!("machine 127.0.0.1 login ada password {password}\n");
    std::fs::write(world.home().join(".netrc"), line).unwrap();
}

/// Private repositories over https are read with what `~/.netrc` says of their host, by git itself; nothing of that is said or kept.
#[test]
fn passwords_of_netrc_open_private_repositories() {
    let world = world();
    let port = serve_to(repositories(&world), Some(AUTHORIZATION));
    mirror(&world, &format!("http://127.0.0.1:{port}"));
    world.write("pipe.toml", "[package]\nname = \"test\"\n");
    let add = || world.run(["add", "-v", "git+https://example.com/web#v1"]);
    let hides = |outcome: Outcome, password: &str| {
        let all = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!all.contains(password) && !all.contains(AUTHORIZATION), "{all}");
        outcome
    };
    // Nobody in particular, and somebody with a wrong password: nothing is asked, and nothing is changed.
    hides(add().exits(3).says("git cannot fetch https://example.com/web"), PASSWORD);
    netrc(&world, "wrong-in-netrc");
    hides(add().exits(3).says("git cannot fetch https://example.com/web"), "wrong-in-netrc");
    assert!(!world.package().join("pipe.lock").exists());
    netrc(&world, PASSWORD);
    hides(add().success().says("added `web`"), PASSWORD);
    assert!(lock(&world).starts_with("package https://example.com/web tag=v1 commit="));
    assert_eq!(hides(world.run(["run", "-v", "count"]).success(), PASSWORD).stdout, "1\n");
    hides(world.run(["update", "-v"]).success(), PASSWORD);
    // In no file but `~/.netrc`.
    let has = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes())
    };
    let found: Vec<PathBuf> = files_below(&world.path("")).into_iter().filter(|path| has(path)).collect();
    assert_eq!(found, [world.home().join(".netrc")]);
}

/// All files in a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files.extend(files_below(&entry.path())),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}
