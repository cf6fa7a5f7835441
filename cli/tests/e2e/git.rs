//! `workspace.git()`, through the binary.

use std::path::Path;

use crate::harness::World;

const MODULE: &str = r#"
param repo: Repo = workspace.git()
param since: GitRef = "HEAD~1"

pub fn tree() -> Dir { repo.tree }
pub fn commit() -> String { repo.commit }
pub fn branch() -> String { repo.branch ?? "detached" }
pub fn on_branch() -> String { match repo.branch { some(b) => "on ${b}", none => "nowhere" } }
pub fn tags() -> List[String] { repo.tags }
pub fn describe() -> String { repo.describe }
pub fn dirty() -> Bool { repo.dirty }
pub fn time() -> Int { repo.time }
pub fn touched() -> List[Path] { repo.diff(since, "HEAD").paths }
pub fn base() -> String { repo.merge_base("main", "HEAD~1") }
pub fn subjects() -> List[String] { [for c in repo.log(limit: 2) => "${c.subject} by ${c.author}"] }
pub fn short() -> List[Commit] { workspace_log() }
fn workspace_log() -> List[Commit] { repo.log(limit: 1) }
"#;

/// Git with nothing of the caller's.
pub(crate) fn git(world: &World, folder: &Path, args: &[&str]) -> String {
    let mut command = world.command("git");
    command.current_dir(folder).env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.com");
        command.env(format!("GIT_{role}_DATE"), "2001-02-03T04:05:06Z");
    }
    let output = command.args(["-c", "init.defaultBranch=main"]).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository of two commits, of which the package is the root.
fn world() -> World {
    let world = World::module(MODULE);
    let package = world.package();
    world.write("src/a", "one");
    world.write("src/b", "b");
    git(&world, &package, &["init", "-q"]);
    git(&world, &package, &["add", "-A"]);
    git(&world, &package, &["commit", "-qm", "First"]);
    world.write("src/a", "two");
    world.write("src/new/c", "c");
    git(&world, &package, &["rm", "-q", "src/b"]);
    git(&world, &package, &["add", "-A"]);
    git(&world, &package, &["commit", "-qm", "Second\n\nwith a body"]);
    world
}

fn json(world: &World, target: &str) -> String {
    world.prints(["run", target, "--json"]).trim().to_owned()
}

#[test]
fn facts_are_what_git_says() {
    let world = world();
    let package = world.package();
    let say = |args: &[&str]| git(&world, &package, args);
    assert_eq!(world.prints(["run", "commit"]).trim(), say(&["rev-parse", "HEAD"]));
    assert_eq!(world.prints(["run", "on_branch"]).trim(), "on main");
    assert_eq!(world.prints(["run", "base"]).trim(), say(&["rev-parse", "HEAD~1"]));
    assert_eq!(world.prints(["run", "time"]).trim(), "981173106");
    assert_eq!(json(&world, "touched"), r#"["src/a","src/b","src/new/c"]"#);
    assert_eq!(json(&world, "subjects"), r#"["Second by Ada","First by Ada"]"#);
    assert!(json(&world, "short").contains(r#""subject":"Second""#));
    assert_eq!(json(&world, "tags"), "[]");
    assert_eq!(world.prints(["run", "describe"]).trim(), say(&["describe", "--always"]));
    say(&["tag", "-a", "v1", "-m", "one", "HEAD~1"]);
    say(&["tag", "light"]);
    assert_eq!(world.prints(["run", "describe"]).trim(), say(&["describe"]));
    assert_eq!(json(&world, "tags"), r#"["light"]"#);
    say(&["pack-refs", "--all"]);
    say(&["gc", "-q"]);
    assert_eq!(json(&world, "tags"), r#"["light"]"#);
    say(&["checkout", "-q", "--detach"]);
    assert_eq!(world.prints(["run", "branch"]).trim(), "detached");
    world.run(["run", "touched", "--since", "no-such"]).exits(1).says("no-such").says("main.pipe:");
}

#[test]
fn the_tree_is_what_was_committed() {
    let world = world();
    world.write("src/a", "not committed");
    world.write("untracked", "");
    world.run(["run", "tree", "-o", "out"]).success();
    assert_eq!(world.read("out/src/a"), "two");
    assert!(!world.package().join("out/untracked").exists());
    assert!(!world.package().join("out/.git").exists());
    assert!(!world.package().join("out/src/b").exists());
}

#[test]
fn only_what_git_knows_makes_it_dirty() {
    let world = world();
    let dirty = || world.prints(["run", "dirty"]).trim().to_owned();
    world.write("untracked", "");
    assert_eq!(dirty(), "false");
    // The same content at another time.
    world.write("src/a", "two");
    assert_eq!(dirty(), "false");
    world.write("src/a", "six");
    assert_eq!(dirty(), "true");
    world.write("src/a", "two");
    std::fs::remove_file(world.package().join("src/new/c")).unwrap();
    assert_eq!(dirty(), "true");
    world.write("src/new/c", "c");
    assert_eq!(dirty(), "false");
    git(&world, &world.package(), &["add", "untracked"]);
    assert_eq!(dirty(), "true");
}

/// The package may be a folder of the repository: nothing else of it is seen.
#[test]
fn it_is_seen_as_the_package_folder() {
    let world = World::empty();
    let (root, package) = (world.package(), "team/app");
    world.write("team/app/pipe.toml", "[package]\nname = \"app\"\n");
    world.write("team/app/main.pipe", MODULE);
    world.write("team/app/inside", "1");
    world.write("outside", "1");
    git(&world, &root, &["init", "-q"]);
    git(&world, &root, &["add", "-A"]);
    git(&world, &root, &["commit", "-qm", "First"]);
    world.write("team/app/inside", "2");
    world.write("outside", "2");
    git(&world, &root, &["commit", "-qam", "Second"]);
    let folder = root.join(package);
    let run = |target: &str| {
        world.prints(["-C", folder.to_str().unwrap(), "run", target, "--json"]).trim().to_owned()
    };
    assert_eq!(run("touched"), r#"["inside"]"#);
    assert_eq!(run("tree().entries"), r#"["inside","main.pipe","pipe.toml"]"#);
    world.write("outside", "3");
    assert_eq!(run("dirty"), "false");
}

#[test]
fn a_linked_working_tree_and_a_shallow_clone_are_read() {
    let world = world();
    let package = world.package();
    let linked = world.path("linked");
    git(&world, &package, &["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    let run = |folder: &Path, target: &str| world.run(["-C", folder.to_str().unwrap(), "run", target]);
    assert!(run(&linked, "on_branch").success().stdout.contains("on side"));
    assert!(run(&linked, "dirty").success().stdout.contains("false"));
    let url = format!("file://{}", package.display());
    let shallow = world.path("shallow");
    git(&world, &package, &["clone", "-q", "--depth=1", &url, shallow.to_str().unwrap()]);
    assert!(run(&shallow, "subjects").success().stdout.contains("Second by Ada"));
    run(&shallow, "touched").exits(2).says("shallow").says("--unshallow");
}

#[test]
fn what_is_no_repository_of_its_own_is_refused() {
    let world = World::module(MODULE);
    world.run(["run", "commit"]).exits(2).says("not in a git repository").says("git init");
    let package = world.package();
    git(&world, &package, &["init", "-q"]);
    world.run(["run", "commit"]).exits(2).says("no commits yet");
    world.run(["run", "tree"]).exits(2).says("no commits yet");
    assert!(world.run(["run", "on_branch"]).success().stdout.contains("on main"));

    // A package from elsewhere that wants to be read together with somebody's repository.
    let private = world.path("private");
    std::fs::create_dir(&private).unwrap();
    git(&world, &private, &["init", "-q"]);
    git(&world, &private, &["commit", "-q", "--allow-empty", "-m", "secret"]);
    let alternates = package.join(".git/objects/info/alternates");
    std::fs::create_dir_all(alternates.parent().unwrap()).unwrap();
    std::fs::write(&alternates, format!("{}\n", private.join(".git/objects").display())).unwrap();
    world.run(["run", "subjects"]).exits(2).says("borrows objects");
    std::fs::remove_dir_all(package.join(".git")).unwrap();
    world.write(".git", &format!("gitdir: {}\n", private.join(".git").display()));
    world.run(["run", "subjects"]).exits(2).says("does not name it back");
    std::fs::remove_file(package.join(".git")).unwrap();
    std::os::unix::fs::symlink(private.join(".git"), package.join(".git")).unwrap();
    world.run(["run", "subjects"]).exits(2).says("is a link");
}

/// What a repository is configured to run is run by nobody.
#[test]
fn nothing_of_the_repository_is_run() {
    let world = world();
    let package = world.package();
    let marker = world.path("marker");
    let touch = format!("touch {}; cat", marker.display());
    world.write(".gitattributes", "* filter=mark diff=mark\n");
    git(&world, &package, &["add", ".gitattributes"]);
    git(&world, &package, &["commit", "-qm", "Attributes"]);
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.editor",
        "core.pager",
        "diff.external",
        "diff.mark.command",
        "diff.mark.textconv",
        "filter.mark.smudge",
        "filter.mark.clean",
        "filter.mark.process",
        "gpg.program",
    ] {
        git(&world, &package, &["config", key, &touch]);
    }
    git(&world, &package, &["config", "include.path", world.path("included").to_str().unwrap()]);
    std::fs::write(world.path("included"), format!("[core]\n\thooksPath = {}\n", world.path("").display()))
        .unwrap();
    world.write("src/a", "touched");
    world.run(["check"]).exits(0);
    world.run(["list"]).success();
    world.run(["fmt", "--check"]);
    for target in ["tree", "dirty", "touched", "describe", "subjects", "on_branch"] {
        world.run(["plan", target]).success();
        world.run(["run", target]).success();
        world.run(["why", target]);
    }
    assert!(!marker.exists(), "something of the repository was run");
}

/// Older git cannot make one; what it says is then of no use here.
#[test]
fn objects_named_by_sha256_are_told() {
    let world = World::module(MODULE);
    git(&world, &world.package(), &["init", "-q", "--object-format=sha256"]);
    world.run(["run", "commit"]).exits(2).says("SHA-256");
}

/// With their files: of the commit that `HEAD` has of each, whatever lies in the working files.
#[test]
fn the_files_of_submodules_come_along() {
    let world = World::module(
        "param whole: Repo = workspace.git(submodules: true)\nparam bare: Repo = workspace.git()\n\n\
         pub fn names() -> List[Path] { whole.tree.glob(\"deps/**\") }\n\
         pub fn text() -> String { whole.tree.file(\"deps/lib/text\").contents }\n\
         pub fn empty() -> List[Path] { bare.tree.glob(\"deps/**\") }\n",
    );
    let (package, lib, deep) = (world.package(), world.path("lib"), world.path("deep"));
    for (folder, text) in [(&deep, "deep"), (&lib, "one")] {
        std::fs::create_dir(folder).unwrap();
        std::fs::write(folder.join("text"), text).unwrap();
        git(&world, folder, &["init", "-q"]);
        git(&world, folder, &["add", "-A"]);
        git(&world, folder, &["commit", "-qm", text]);
    }
    let local = ["-c", "protocol.file.allow=always"];
    let add = |folder: &Path, from: &Path, to: &str| {
        git(
            &world,
            folder,
            &[&local[..], &["submodule", "--quiet", "add", from.to_str().unwrap(), to]].concat(),
        );
        git(&world, folder, &["commit", "-qm", "Submodule"]);
    };
    add(&lib, &deep, "deep");
    git(&world, &package, &["init", "-q"]);
    git(&world, &package, &["add", "-A"]);
    git(&world, &package, &["commit", "-qm", "First"]);
    add(&package, &lib, "deps/lib");
    assert_eq!(json(&world, "empty"), r#"["deps/lib"]"#);
    world
        .run(["run", "names"])
        .exits(2)
        .says("the submodule `deps/lib/deep` is not there")
        .says("submodule update");
    git(
        &world,
        &package,
        &[&local[..], &["submodule", "--quiet", "update", "--init", "--recursive"]].concat(),
    );
    let names = r#"["deps/lib","deps/lib/.gitmodules","deps/lib/deep","deps/lib/deep/text","deps/lib/text"]"#;
    assert_eq!(json(&world, "names"), names);
    // What was not committed is none of it, nor what was and is not the commit of `HEAD`.
    let inside = package.join("deps/lib");
    std::fs::write(inside.join("text"), "two").unwrap();
    git(&world, &inside, &["commit", "-qam", "two"]);
    assert_eq!(world.prints(["run", "text"]), "one");
    git(&world, &package, &["add", "deps/lib"]);
    git(&world, &package, &["commit", "-qm", "Two"]);
    assert_eq!(world.prints(["run", "text"]), "two");
    // Another repository in its place is none of the package's business.
    std::fs::write(lib.join("text"), "elsewhere").unwrap();
    git(&world, &lib, &["commit", "-qam", "Elsewhere"]);
    std::fs::rename(&inside, world.path("aside")).unwrap();
    std::os::unix::fs::symlink(&lib, &inside).unwrap();
    std::fs::rename(world.store(), world.path("old store")).unwrap();
    world.run(["run", "text"]).exits(2).says("the submodule `deps/lib` is not there");
    std::fs::remove_file(&inside).unwrap();
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join(".git"), format!("gitdir: {}\n", lib.join(".git").display())).unwrap();
    world.run(["run", "text"]).exits(2).says("does not name it back");
    // Nor is a commit that is nowhere.
    std::fs::remove_dir_all(&inside).unwrap();
    std::fs::rename(world.path("aside"), &inside).unwrap();
    assert_eq!(world.prints(["run", "text"]), "two");
    let nowhere = format!("160000,{},deps/lib", "a".repeat(40));
    git(&world, &package, &["update-index", "--cacheinfo", &nowhere]);
    git(&world, &package, &["commit", "-qm", "Nowhere"]);
    world.run(["run", "text"]).exits(2).says("does not have the commit that is wanted of it");
}
