//! `git(…)`, through the binary: repositories behind `git http-backend` and `sshd` on this machine, and on its disk.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Child, Command, Stdio};

use crate::git::git;
use crate::git_server::{AUTHORIZATION, PASSWORD, netrc, serve, serve_to};
use crate::harness::{World, finish};
use crate::packages::{commit, init, lock, repositories, repository};

/// A package that takes the files of `app`, and `app` with a file, a program, a link, and `lib` as a submodule, by an address beside it.
pub(crate) fn world(url: &str) -> (World, String) {
    let world = World::module(&format!(
        "param ref: GitRef = \"main\"\nparam url: Url = \"{url}\"\n
pub fn files() -> Dir {{ git(url, ref) }}
pub fn bare() -> List[Path] {{ git(url, ref, submodules: false).glob(\"**\") }}
pub fn names() -> List[Path] {{ files().glob(\"**\") }}
pub fn text() -> String {{ files().file(\"src/a\").contents }}
"
    ));
    init(&world, "lib");
    commit(&world, "lib", &[("lib.txt", "of the submodule")]);
    init(&world, "app");
    let app = repository(&world, "app");
    commit(&world, "app", &[("src/a", "one"), ("run", "#!/bin/sh\n")]);
    std::fs::set_permissions(app.join("run"), std::fs::Permissions::from_mode(0o755)).unwrap();
    symlink("src/a", app.join("link")).unwrap();
    let lib = git(&world, &repository(&world, "lib"), &["rev-parse", "HEAD"]);
    let link = format!("160000,{lib},deps/lib");
    git(&world, &app, &["update-index", "--add", "--cacheinfo", &link]);
    std::fs::create_dir_all(app.join("deps/lib")).unwrap();
    // What a repository says about filters and hooks means nothing.
    let marker = world.path("ran").display().to_string();
    let made = commit(
        &world,
        "app",
        &[
            (".gitmodules", "[submodule \"l\"]\n\tpath = deps/lib\n\turl = ../lib\n\tupdate = !touch ran\n"),
            (".gitattributes", "* filter=evil\n"),
        ],
    );
    git(&world, &app, &["config", "filter.evil.smudge", &format!("touch {marker}")]);
    (world, made)
}

pub(crate) const NAMES: &str =
    r#"[".gitattributes",".gitmodules","deps","deps/lib","deps/lib/lib.txt","link","run","src","src/a"]"#;

/// A world whose repositories are served over http; with the flag that allows it.
fn served() -> (World, String, String) {
    let (world, made) = world("https://example.com/app");
    let port = serve(repositories(&world));
    let module = world.read("main.pipe").replace("https://example.com", &format!("http://127.0.0.1:{port}"));
    world.write("main.pipe", &module);
    (world, made, format!("--allow=net:127.0.0.1:{port}"))
}

#[test]
fn the_files_of_a_commit_with_those_of_its_submodules() {
    let (world, made, allow) = served();
    world.run(["run", "names"]).exits(2).says("--allow net:127.0.0.1:");
    let plan = world.prints(["plan", "-v", "names", &allow]);
    assert!(plan.contains("pipe.lock does not pin"), "{plan}");
    assert!(!world.store().join("packages").exists());
    world.run(["run", "--locked", &allow, "names"]).exits(2).says("not pinned in pipe.lock");
    assert_eq!(world.prints(["run", &allow, "names", "--json"]).trim(), NAMES);
    let lock = world.read("pipe.lock");
    assert!(
        lock.starts_with("git http://127.0.0.1:") && lock.ends_with(&format!("/app#main {made}\n")),
        "{lock}"
    );
    world.run(["run", &allow, "files", "-o", "out"]).success();
    let out = world.package().join("out");
    assert_eq!(world.read("out/deps/lib/lib.txt"), "of the submodule");
    assert_eq!(out.join("link").read_link().unwrap().to_str(), Some("src/a"));
    assert_eq!(out.join("run").metadata().unwrap().permissions().mode() & 0o777, 0o755);
    assert!(!world.path("ran").exists() && !world.package().join("ran").exists());
    let bare = world.prints(["run", &allow, "bare", "--json"]);
    assert!(!bare.contains("lib.txt") && bare.contains("deps/lib"), "{bare}");
    let left: Vec<_> = std::fs::read_dir(world.store().join("packages"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_dir())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_branch_stays_what_the_lock_says_and_a_commit_needs_none() {
    let (world, made, allow) = served();
    assert_eq!(world.prints(["run", &allow, "text"]), "one");
    commit(&world, "app", &[("src/a", "two")]);
    assert_eq!(world.prints(["run", &allow, "--locked", "--offline", "text"]), "one");
    // Not in this store, and no longer where the branch is: the lock still finds it.
    std::fs::rename(world.store(), world.path("old store")).unwrap();
    assert_eq!(world.prints(["run", &allow, "text"]), "one");
    std::fs::remove_file(world.package().join("pipe.lock")).unwrap();
    assert_eq!(world.prints(["run", &allow, "text"]), "two");
    std::fs::remove_file(world.package().join("pipe.lock")).unwrap();
    assert_eq!(world.prints(["run", &allow, "--locked", "text", "--ref", &made]), "one");
    git(&world, &repository(&world, "app"), &["tag", "-a", "v1", "-m", "v1", &made]);
    assert_eq!(world.prints(["run", &allow, "text", "--ref", "v1"]), "one");
    assert!(world.read("pipe.lock").ends_with(&format!("#v1 {made}\n")), "{}", world.read("pipe.lock"));
    world.run(["run", &allow, "text", "--ref", "v2"]).exits(1).says("no branch, tag or reference `v2`");
    world.run(["run", &allow, "text", "--ref", &"a".repeat(40)]).exits(1).says("has no commit");
}

#[test]
fn update_moves_pins_to_what_branches_are_now() {
    let (world, made, allow) = served();
    git(&world, &repository(&world, "app"), &["branch", "side"]);
    for branch in ["main", "side"] {
        assert_eq!(world.prints(["run", &allow, "text", "--ref", branch]), "one");
    }
    let old = lock(&world);
    let url = old.split_whitespace().nth(1).unwrap().split('#').next().unwrap().to_owned();
    let now = commit(&world, "app", &[("src/a", "two")]);
    // By the ways of a run, and only where the lock may change.
    world.run(["update"]).exits(2).says("--allow net:127.0.0.1:");
    world.run(["update", &allow, "--locked"]).success();
    world.run(["update", &allow, "--locked", &url]).exits(2).says("--locked forbids");
    world.run(["update", &allow, "--offline", &url]).exits(2).says("--offline forbids");
    world.run(["update", &allow, &format!("{url}#other")]).exits(2).says("pipe.lock pins no such");
    let unchanged = world.run(["update", &allow, &format!("{url}#side")]).success();
    unchanged.says("all as they were");
    assert_eq!(lock(&world), old);
    let difference = format!("{url}#main: {} -> {}\n", &made[..12], &now[..12]);
    let outcome = world.run(["update", &allow, &url]).success();
    assert_eq!(outcome.stderr.matches(" -> ").count(), 1, "{}", outcome.stderr);
    outcome.says(&difference);
    assert_eq!(lock(&world), old.replace(&format!("#main {made}"), &format!("#main {now}")));
    assert_eq!(world.prints(["run", &allow, "--locked", "text"]), "two");
    assert_eq!(world.prints(["run", &allow, "--locked", "text", "--ref", "side"]), "one");
    // A branch that is gone holds the others up only where it is named with them.
    let moved = lock(&world);
    let three = commit(&world, "app", &[("src/a", "three")]);
    git(&world, &repository(&world, "app"), &["branch", "-D", "side"]);
    world.run(["update", &allow, &url]).exits(2).says("no branch, tag or reference `side`");
    assert_eq!(lock(&world), moved);
    world.run(["update", &allow]).exits(2).says("no branch, tag or reference `side`").says("remove its line");
    assert_eq!(lock(&world), moved.replace(&format!("#main {now}"), &format!("#main {three}")));
    assert_eq!(world.prints(["run", &allow, "text"]), "three");
}

#[test]
fn a_private_repository_is_read_with_netrc_when_that_is_granted() {
    let (world, _) = world("https://example.com/app");
    let port = serve_to(repositories(&world), Some(AUTHORIZATION));
    let module = world.read("main.pipe").replace("https://example.com", &format!("http://127.0.0.1:{port}"));
    world.write("main.pipe", &module);
    netrc(&world, PASSWORD);
    let net = format!("--allow=net:127.0.0.1:{port}");
    world.run(["run", &net, "text"]).exits(3).says("--allow git:HOST");
    let both = format!("{net},git:127.0.0.1");
    let outcome = world.run(["run", "-v", &both, "text"]).success();
    assert_eq!(outcome.stdout, "one");
    assert!(
        !outcome.stderr.contains(PASSWORD) && !outcome.stderr.contains(AUTHORIZATION),
        "{}",
        outcome.stderr
    );
    assert!(!lock(&world).contains(PASSWORD));
    world.run(["update", &net]).exits(3).says("--allow git:HOST");
    world.run(["update", &both]).success().says("all as they were");
}

#[test]
fn update_takes_no_tag_that_was_moved() {
    let (world, made, allow) = served();
    let app = repository(&world, "app");
    git(&world, &app, &["tag", "-a", "v1", "-m", "v1"]);
    assert_eq!(world.prints(["run", &allow, "text", "--ref", "v1"]), "one");
    let old = lock(&world);
    let now = commit(&world, "app", &[("src/a", "two")]);
    git(&world, &app, &["tag", "-f", "-a", "v1", "-m", "v1"]);
    world.run(["update", &allow]).exits(2).says("was moved").says(&made).says(&now).says("--accept");
    assert_eq!(lock(&world), old);
    world.run(["update", &allow, "--accept"]).success().says(&format!("{} -> {}", &made[..12], &now[..12]));
    assert_eq!(world.prints(["run", &allow, "--locked", "text", "--ref", "v1"]), "two");
}

#[test]
fn a_mirror_of_the_user_may_be_a_folder() {
    let (world, _) = world("https://example.com/app");
    let folder = repositories(&world);
    world.configure(&format!("[git.mirrors]\n\"https://example.com/\" = \"file://{}/\"\n", folder.display()));
    assert_eq!(world.prints(["run", "names", "--json"]).trim(), NAMES);
    // Without one, nothing of this machine is a repository.
    for url in [format!("file://{}/app", folder.display()), folder.join("app").display().to_string()] {
        let outcome = world.run(["run", "text", "--url", &url]);
        assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.stderr);
    }
}

/// `sshd` on this machine, for whoever runs the tests; ends when this is dropped.
struct Sshd {
    child: Child,
    port: u16,
}

impl Sshd {
    fn start(world: &World) -> Sshd {
        let at = |name: &str| world.path(name).display().to_string();
        for key in ["host_key", "user_key"] {
            finish(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &at(key)]))
                .success();
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
             PidFile none\nPasswordAuthentication no\nPermitRootLogin yes\nSetEnv GIT_CONFIG_COUNT=1 \
             GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*\n",
            at("host_key"),
            at("user_key.pub"),
        );
        std::fs::write(world.path("sshd_config"), settings).unwrap();
        if crate::harness::is_root() {
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &at("sshd_config")])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Sshd { child, port }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn over_ssh_a_repository_is_read_as_the_user_when_that_is_granted() {
    let (world, _) = world("https://example.com/app");
    let sshd = Sshd::start(&world);
    let folder = repositories(&world);
    let url = format!("ssh://127.0.0.1:{}{}/app", sshd.port, folder.display());
    world.write("main.pipe", &world.read("main.pipe").replace("https://example.com/app", &url));
    // The user's own `ssh`, with the user's key; it looks for both in the home of the account, whatever `HOME` is.
    std::fs::create_dir(world.path("bin")).unwrap();
    let program = format!(
        "#!/bin/sh\nexec /usr/bin/ssh -F none -i '{}' -o UserKnownHostsFile='{}' -o StrictHostKeyChecking=accept-new \"$@\"\n",
        world.path("user_key").display(),
        world.path("known_hosts").display(),
    );
    std::fs::write(world.path("bin/ssh"), program).unwrap();
    std::fs::set_permissions(world.path("bin/ssh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", world.path("bin").display());
    let run = |args: &[&str]| finish(world.pipe().env("PATH", &path).args(args));
    let net = format!("--allow=net:127.0.0.1:{}", sshd.port);
    run(&["run", &net, "names"]).exits(2).says("--allow git:127.0.0.1");
    let both = format!("{net},git:127.0.0.1");
    assert_eq!(run(&["run", &both, "names", "--json"]).success().stdout.trim(), NAMES);
    let known = std::fs::read_to_string(world.path("known_hosts")).unwrap();
    assert!(known.starts_with(&format!("[127.0.0.1]:{}", sshd.port)), "{known}");
}
