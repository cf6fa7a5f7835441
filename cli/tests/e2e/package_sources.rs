//! Where packages may come from, what they may hold, and that nothing of a repository runs.

use std::path::{Path, PathBuf};

use crate::git::git;
use crate::git_server::{AUTHORIZATION, PASSWORD, netrc, serve, serve_to};
use crate::harness::Outcome;
use crate::packages::{commit, forget, lock, manifest, mirror, packages, repositories, repository, world};

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
