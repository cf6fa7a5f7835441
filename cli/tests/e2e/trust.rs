//! What a package may do without a word of the user: nothing beyond its own folder.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::harness::{Outcome, World, finish, pipe_binary, repository};
use crate::images;
use crate::terminal::Terminal;

const HOSTILE: &str = r#"param tools: Container = host.toolchain()
param key: Secret = host.secret("file:~/.ssh/id_rsa")
param token: Secret = host.secret("env:TOKEN")
param command: Secret = host.secret("cmd:touch ../ran")
param variable: String = host.env("AWS_SECRET_ACCESS_KEY") ?? "unset"
param folder: Dir = workspace.dir("../..")
param file: File = workspace.file("../outside/plans")
param link: File = workspace.file("link")

pub fn secret_file() -> Container { tools.secret_env("K", key).run(sh"true") }
pub fn secret_env() -> Container { tools.secret_env("K", token).run(sh"true") }
pub fn secret_command() -> Container { tools.secret_env("K", command).run(sh"true") }
pub fn environment() -> String { if variable == "1" { "one" } else { variable } }
pub fn environment_of_a_step() -> String { tools.env("V", variable).run(sh"printf %s \"$V\"").stdout }
pub fn above() -> Container { tools.mount("/in", folder).run(sh"ls /in") }
pub fn beside() -> String { tools.mount("/in", file).run(sh"cat /in").stdout }
pub fn linked() -> String { tools.mount("/in", link).run(sh"cat /in").stdout }
pub fn both() -> String { tools.mount("/a", link).mount("/b", file).env("V", variable).run(sh"cat /a /b").stdout }
pub action bashrc() { do tools.run(sh"true && echo x > /out").file("/out").export("../../.bashrc") }
pub fn network() -> String { tools.run(sh"cat /proc/sys/kernel/hostname", network: Host).stdout }
pub action written() { do tools.run(sh"true && echo x > /out").file("/out").export("../outside/written") }
pub fn volume() -> String { tools.cache("/c", "c", shared: "everyone").run(sh"echo kept > /c/f; cat /c/f").stdout }

test "values need nothing" { expect 1 + 1 == 2 }
test "nor does what a test sets itself" with (variable: "1") { expect environment() == "one" }
"#;

/// The package, and beside it what it is after.
fn hostile() -> World {
    let world = World::module(HOSTILE);
    std::fs::create_dir(world.path("outside")).unwrap();
    std::fs::write(world.path("outside/plans"), "secret plans\n").unwrap();
    std::fs::create_dir(world.home().join(".ssh")).unwrap();
    std::fs::write(world.home().join(".ssh/id_rsa"), "A PRIVATE KEY\n").unwrap();
    symlink("../outside/plans", world.package().join("link")).unwrap();
    world
}

/// Runs `pipe` under `strace`; gives the outcome, and every call that opens, connects or executes.
fn traced(world: &World, args: &[&str]) -> (Outcome, Vec<String>) {
    let log = world.path("trace");
    let mut command = world.command("strace");
    command.args([
        "-f",
        "-qq",
        "-s",
        "4096",
        "-e",
        "trace=open,openat,openat2,connect,execve,execveat",
        "-o",
    ]);
    let outcome =
        finish(command.arg(&log).arg(pipe_binary()).args(args).env("AWS_SECRET_ACCESS_KEY", "AKIA"));
    let calls = std::fs::read_to_string(&log).unwrap().lines().map(str::to_owned).collect();
    (outcome, calls)
}

/// Executes nothing but itself, connects nowhere, opens nothing of what the package is after.
#[track_caller]
fn touches_nothing(calls: &[String]) {
    let (executed, calls): (Vec<&String>, Vec<&String>) =
        calls.iter().partition(|call| call.contains("execve"));
    assert_eq!(executed.len(), 1, "{executed:#?}");
    for wrong in ["connect(", "/outside", ".ssh", ".bashrc", "/link\""] {
        let found: Vec<&&String> = calls.iter().filter(|call| call.contains(wrong)).collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn what_a_package_is_made_of_is_not_read_through_links_out_of_it() {
    let module = "pub fn f() -> String { \"x\" }\n";
    for name in ["main.pipe", "pipe.toml"] {
        let world = World::module(module);
        std::fs::write(world.path("private"), "PRIVATE TEXT\n").unwrap();
        std::fs::remove_file(world.package().join(name)).unwrap();
        symlink("../private", world.package().join(name)).unwrap();
        for args in [&["check"][..], &["list"], &["plan", "f"], &["run", "f"]] {
            let (outcome, calls) = traced(&world, args);
            let outcome = outcome.exits(if args == ["check"] { 1 } else { 2 });
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(said.contains("unreadable-file") && said.contains(name), "{said}");
            assert!(!said.contains("PRIVATE TEXT"), "{said}");
            assert!(!calls.iter().any(|call| call.contains(&format!("/{name}\""))), "{calls:#?}");
        }
    }
    // A link within the package is the package's own, and a file that the user names is the user's.
    let world = World::module(module);
    std::fs::rename(world.package().join("main.pipe"), world.package().join("real.pipe")).unwrap();
    symlink("real.pipe", world.package().join("main.pipe")).unwrap();
    assert_eq!(world.prints(["run", "f"]), "x");
    std::fs::write(world.path("elsewhere.pipe"), module).unwrap();
    symlink("../elsewhere.pipe", world.package().join("other.pipe")).unwrap();
    world.run(["check", "other.pipe"]).success();
}

#[test]
fn an_entry_module_of_a_dependency_is_its_own() {
    let world = World::module("use lib\npub fn f() -> Int { lib.one() }\n");
    world.write("pipe.toml", "[package]\nname = \"test\"\n\n[dependencies]\nlib = { path = \"lib\" }\n");
    world.write("lib/pipe.toml", "[package]\nname = \"lib\"\n");
    std::fs::write(world.path("private"), "PRIVATE TEXT\n").unwrap();
    symlink("../../private", world.package().join("lib/main.pipe")).unwrap();
    let said = world.run(["check"]).exits(1).stdout;
    assert!(said.contains("`lib/main.pipe`") && !said.contains("PRIVATE TEXT"), "{said}");
}

#[test]
fn a_lock_that_is_no_file_of_the_package_is_refused() {
    let world = World::tools("pub fn f() -> Check { tools.check(sh\"true\") }\n");
    let lock = world.package().join("pipe.lock");
    // Without an end, or without a beginning: neither may be waited for.
    for target in ["/dev/zero", "../private"] {
        symlink(target, &lock).unwrap();
        world.run(["plan", "f"]).exits(2).says("pipe.lock: it is a link");
        std::fs::remove_file(&lock).unwrap();
    }
    finish(world.command("mkfifo").arg(&lock)).success();
    world.run(["plan", "f"]).exits(2).says("pipe.lock: it is not a file");
}

fn real(path: PathBuf) -> String {
    path.canonicalize().unwrap().display().to_string()
}

#[test]
fn what_a_hostile_package_asks_for_is_refused_before_anything_is_touched() {
    let world = hostile();
    let plans = format!("--allow file:{}", real(world.path("outside/plans")));
    let above = format!("--allow file:{}", real(world.path("..")));
    let key = format!("--allow secret:file:{}", real(world.home().join(".ssh/id_rsa")));
    let bashrc = format!("--allow export:{}/.bashrc", real(world.path("..")));
    let written = format!("--allow export:{}/written", real(world.path("outside")));
    for (target, line, allow) in [
        ("secret_file", 2, key.as_str()),
        ("secret_env", 3, "--allow secret:TOKEN"),
        ("environment", 5, "--allow env:AWS_SECRET_ACCESS_KEY"),
        ("environment_of_a_step", 5, "--allow env:AWS_SECRET_ACCESS_KEY"),
        ("above", 6, &above),
        ("beside", 7, &plans),
        ("linked", 8, &plans),
        ("bashrc", 19, &bashrc),
        ("network", 20, "--allow net:host"),
        ("written", 21, &written),
        ("volume", 22, "--allow volume:everyone"),
    ] {
        let (outcome, calls) = traced(&world, &["run", target]);
        let outcome = outcome.exits(2).says(&format!("main.pipe:{line}:")).says(allow);
        assert!(!outcome.stderr.contains("AKIA"), "{}", outcome.stderr);
        touches_nothing(&calls);
    }
    assert!(!world.store().exists(), "nothing was begun");
    // No flag allows this one.
    for allow in ["secret:X", "env:X", "secret:file:~/.ssh/id_rsa", "file:/", "net:host"] {
        let (outcome, calls) = traced(&world, &["run", "--allow", allow, "secret_command"]);
        outcome.exits(2).says("main.pipe:4:").says("secret-command");
        touches_nothing(&calls);
    }
    world.run(["run", "--allow", "secret:cmd:touch ../ran", "secret_command"]).exits(2);
    assert!(!world.path("ran").exists());
}

#[test]
fn with_the_flag_it_works() {
    let world = hostile();
    let run = |args: &[&str]| finish(world.pipe().args(args).env("AWS_SECRET_ACCESS_KEY", "AKIA"));
    let plans = format!("file:{}", real(world.path("outside/plans")));
    assert_eq!(run(&["run", "--allow", &plans, "linked"]).success().stdout, "secret plans\n");
    assert_eq!(run(&["run", "--allow", "file:../outside", "beside"]).success().stdout, "secret plans\n");
    let both = format!("env:AWS_SECRET_ACCESS_KEY,{plans}");
    assert_eq!(run(&["run", "--allow", &both, "both"]).success().stdout, "secret plans\nsecret plans\n");
    let environment = ["run", "--allow", "env:AWS_SECRET_ACCESS_KEY"];
    assert_eq!(run(&[&environment[..], &["environment"]].concat()).success().stdout, "AKIA");
    assert_eq!(run(&[&environment[..], &["environment_of_a_step"]].concat()).success().stdout, "AKIA");
    let allowed =
        finish(world.pipe().args(["run", "environment"]).env("PIPE_ALLOW", "env:AWS_SECRET_ACCESS_KEY"));
    assert_eq!(allowed.success().stdout, "unset");
    assert_eq!(run(&["run", "--allow", "volume:everyone", "volume"]).success().stdout, "kept\n");
    run(&["run", "--allow", "export:../outside/written", "written"]).success();
    assert_eq!(std::fs::read_to_string(world.path("outside/written")).unwrap(), "x\n");
    // What was granted is what was asked for: one with `net:host` may no more than that.
    run(&["run", "--allow", "net:host", "network"]).success();
    run(&["run", "--allow", "net:host", "volume"]).exits(2);
    let key = format!("secret:file:{}", real(world.home().join(".ssh/id_rsa")));
    run(&["run", "--allow", &key, "secret_file"]).success();
    run(&["run", "--allow", "secret:file:~/.ssh/id_rsa", "secret_file"]).success();
    let token =
        finish(world.pipe().args(["run", "--allow", "secret:TOKEN", "secret_env"]).env("TOKEN", "A-TOKEN"));
    token.success();
    // A value of the command line is its own grant.
    let link = world.path("outside/plans");
    assert_eq!(run(&["run", "linked", "--link", link.to_str().unwrap()]).success().stdout, "secret plans\n");
    run(&["run", "secret_command", "--command", "cmd:echo A-TOKEN"]).success();
    assert_eq!(run(&["run", "host.env(\"AWS_SECRET_ACCESS_KEY\")"]).success().stdout, "AKIA");
}

#[test]
fn a_list_names_all_that_is_asked_for_at_once() {
    let world = hostile();
    let plans = real(world.path("outside/plans"));
    let all = format!("--allow file:{plans},env:AWS_SECRET_ACCESS_KEY");
    world.run(["run", "both"]).exits(2).says(&all).says("main.pipe:5:").says(" 7 │").says("main.pipe:8:");
    world.run(["run", "--allow", "env:AWS_SECRET_ACCESS_KEY", "both"]).exits(2).says("main.pipe:8:");
}

#[test]
fn settings_of_the_user_are_asked_for_when_something_runs() {
    let world = World::tools("pub fn f() -> Check { tools.check(sh\"true\") }\npub fn n() -> Int { 1 }\n");
    let settings = "[registry.\"docker.io\"]\nmirrors = [\"http://evil.example\"]\n[cache]\nfrom = [\"type=dir,path=/x\"]\n";
    world.write("pipe.toml", &format!("[package]\nname = \"test\"\n{settings}"));
    let mirror = "setting:registry.docker.io.mirrors=http://evil.example";
    let (outcome, calls) = traced(&world, &["run", "f"]);
    outcome.exits(2).says("pipe.toml:4:").says(&format!("--allow {mirror}")).says("pipe.toml:6:");
    touches_nothing(&calls);
    let (outcome, calls) = traced(&world, &["run", "--allow", mirror, "f"]);
    outcome.exits(2).says("--allow 'setting:cache.from=type=dir\\,path=/x'");
    touches_nothing(&calls);
    // Granted, what nothing takes up yet is refused by name.
    let allow = format!("{mirror},setting:cache.from=type=dir\\,path=/x");
    world.run(["run", "--allow", &allow, "f"]).exits(3).says("`cache.from` in pipe.toml");
    assert_eq!(world.prints(["run", "n"]), "1\n");
    world.run(["check"]).success();
    world.run(["list"]).success();
}

/// A mirror that a package names is asked when the user granted it, and stands behind what the user's own configuration says.
#[test]
fn a_mirror_of_a_package_is_asked_when_it_is_granted() {
    let module = "pub fn f() -> String { image(\"alpine:3.20\").run([\"echo\", \"of the mirror\"], network: Off).stdout }\n";
    let Some((world, server)) = images::world("a_mirror_of_a_package_is_asked_when_it_is_granted", module)
    else {
        return;
    };
    world.configure("");
    let ask_for = |mirror: &str| {
        let settings = format!("[registry.\"docker.io\"]\nmirrors = [\"{mirror}\"]\n");
        world.write("pipe.toml", &format!("[package]\nname = \"test\"\n\n{settings}"));
        format!("setting:registry.docker.io.mirrors={mirror}")
    };
    let mirror = ask_for(&server.url());
    let (outcome, calls) = traced(&world, &["run", "f"]);
    outcome.exits(2).says("pipe.toml:5:").says(&format!("--allow {mirror}"));
    touches_nothing(&calls);
    world.run(["run", "--allow", "setting:registry.docker.io.mirrors=http://other.example", "f"]).exits(2);
    assert!(server.asked().is_empty());
    assert_eq!(world.run(["run", "--allow", &mirror, "f"]).success().stdout, "of the mirror\n");
    assert!(!server.asked().is_empty());
    // Another one is another request.
    let other = ask_for("http://127.0.0.1:9");
    world.run(["run", "--allow", &mirror, "f"]).exits(2).says(&other);
    std::fs::remove_dir_all(world.store()).unwrap();
    world.mirror(&server.url());
    assert_eq!(world.run(["run", "--allow", &other, "f"]).success().stdout, "of the mirror\n");
}

#[test]
fn looking_asks_for_nothing_and_touches_nothing() {
    let world = hostile();
    let plans = format!("unknown: needs --allow file:{}", real(world.path("outside/plans")));
    for args in [&["check"][..], &["fmt", "--check"], &["list"], &["plan", "linked"], &["plan", "above"]] {
        let (outcome, calls) = traced(&world, args);
        let outcome = outcome.exits(i32::from(args[0] == "fmt"));
        touches_nothing(&calls);
        assert_eq!(outcome.stdout.contains(&plans), args == ["plan", "linked"], "{}", outcome.stdout);
    }
    let (outcome, calls) = traced(&world, &["plan", "environment_of_a_step"]);
    assert!(outcome.success().stdout.contains("unknown: needs --allow env:AWS_SECRET_ACCESS_KEY"));
    touches_nothing(&calls);
    // Tests that start no container ask for nothing either.
    let (outcome, calls) = traced(&world, &["test"]);
    outcome.success();
    touches_nothing(&calls);
}

#[test]
fn the_quick_start_asks_for_nothing() {
    let world = World::example("hello");
    for args in [&["run", "build", "unit"][..], &["test"]] {
        let terminal = Terminal::run(&world, (40, 120), args, &[]);
        let ended = terminal.wait();
        assert_eq!(ended.code, Some(0), "{}", ended.screen);
        assert!(!ended.raw.contains("[y/N]"), "{}", ended.raw);
    }
}

/// Containers and a secret are only planned there.
#[test]
fn the_tests_of_a_rollout_ask_for_nothing() {
    let program = repository().join("lang/syntax/tests/programs/rollout.pipe");
    let world = World::module(&std::fs::read_to_string(program).unwrap());
    let (outcome, calls) = traced(&world, &["test"]);
    assert_eq!(outcome.success().stdout.lines().last(), Some("2 passed, 0 failed"));
    touches_nothing(&calls);
    assert!(!calls.iter().any(|call| call.contains(".kube")), "{calls:#?}");
}

#[test]
fn a_terminal_is_asked_once_and_the_answer_is_kept() {
    let world = hostile();
    let on_terminal = |target: &str| Terminal::run(&world, (40, 160), &["run", target], &[]);
    let mut terminal = on_terminal("linked");
    let question = terminal.wait_for(|screen| screen.contains("[y/N]"));
    assert!(question.contains("main.pipe:8"), "{question}");
    assert!(question.contains(&format!("read {}", real(world.path("outside/plans")))), "{question}");
    terminal.types("\n");
    let ended = terminal.wait();
    assert_eq!(ended.code, Some(2), "{}", ended.screen);
    assert!(ended.screen.contains("--allow file:"), "{}", ended.screen);

    let mut terminal = on_terminal("linked");
    terminal.wait_for(|screen| screen.contains("[y/N]"));
    terminal.types("y\n");
    let ended = terminal.wait();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    assert!(ended.screen.contains("secret plans"), "{}", ended.screen);

    // The answer holds, also where nobody can be asked, for this list and for less.
    assert_eq!(world.prints(["run", "linked"]), "secret plans\n");
    assert_eq!(world.prints(["run", "beside"]), "secret plans\n");
    assert!(world.prints(["plan", "linked"]).contains("cached"));
    // More is asked for again, with all of it.
    world.run(["run", "both"]).exits(2).says("env:AWS_SECRET_ACCESS_KEY");
    world.run(["run", "above"]).exits(2);
    // A link that leads elsewhere now is another request.
    std::fs::write(world.path("outside/other"), "other").unwrap();
    std::fs::remove_file(world.package().join("link")).unwrap();
    symlink("../outside/other", world.package().join("link")).unwrap();
    world.run(["run", "linked"]).exits(2).says("outside/other");
    let kept = std::fs::read_to_string(world.home().join(".config/pipe/grants.toml")).unwrap();
    assert_eq!(kept.matches("[[granted]]").count(), 1, "{kept}");
    // Another package with the same request is another package.
    let elsewhere = world.path("elsewhere");
    crate::harness::copy_tree(&world.package(), &elsewhere);
    finish(world.pipe().args(["run", "beside", "-C"]).arg(&elsewhere)).exits(2).says("--allow");
}

#[test]
fn an_answer_that_was_tampered_with_counts_for_nothing() {
    let world = hostile();
    let mut terminal = Terminal::run(&world, (40, 160), &["run", "linked"], &[]);
    terminal.wait_for(|screen| screen.contains("[y/N]"));
    terminal.types("y\n");
    assert_eq!(terminal.wait().code, Some(0));
    let file = world.home().join(".config/pipe/grants.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("outside/plans", "outside")).unwrap();
    world.run(["run", "linked"]).exits(2);
    std::fs::write(&file, "nonsense").unwrap();
    world.run(["run", "linked"]).exits(2).says("grants.toml");
}
