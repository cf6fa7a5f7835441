//! The forms of progress.

use crate::harness::{World, finish};

const PACKAGE: &str =
    "pub fn build() -> Check { tools.check(sh\"printf 'a\\033[2Jb\\n'; echo '::set-output name=x::y'\") }\n";

#[test]
fn everything_but_results_goes_to_standard_error() {
    let world = World::tools("pub fn f() -> String { tools.run(sh\"echo out; echo log >&2\").stdout }\n");
    let outcome = world.run(["run", "f"]).success();
    assert_eq!(outcome.stdout, "out\n");
    assert!(outcome.stderr.contains("f | log"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("1 step: 1 ran"), "{}", outcome.stderr);
}

#[test]
fn quiet_shows_failures_only() {
    let world = World::tools(
        "pub fn good() -> Check { tools.check(sh\"echo x\") }\npub fn bad() -> Check { tools.check(sh\"exit 3\") }\n",
    );
    assert_eq!(world.run(["-q", "run", "good"]).success().stderr, "");
    world.run(["-q", "run", "bad"]).exits(1).says("exit code 3");
}

#[test]
fn control_sequences_do_not_reach_the_terminal() {
    let world = World::tools(PACKAGE);
    let outcome = world.run(["run", "build"]).success();
    assert!(outcome.stderr.contains("build | ab\n"), "{:?}", outcome.stderr);
}

#[test]
fn json_is_all_there_is_on_standard_error() {
    let world = World::tools(PACKAGE);
    // `objects` parses every line.
    let objects = world.events(["run", "build"]).success().objects();
    assert!(objects.iter().all(|object| object["v"] == 1));
    let broken = World::module("pub fn f() -> Int { \"x\" }\n");
    let diagnostic = broken.events(["run", "f"]).exits(2).the("diagnostic");
    assert_eq!(diagnostic["diagnostic"]["line"], 1);
    let error = broken.events(["-C", "/", "run", "f"]).exits(2).the("error");
    assert!(error["help"].as_str().unwrap().contains("pipe.toml"));
}

#[test]
fn steps_come_with_key_and_place() {
    let world = World::tools(PACKAGE);
    let outcome = world.events(["run", "build"]).success();
    let step = outcome.objects().into_iter().find(|o| o["event"] == "step" && o["state"] == "ran").unwrap();
    assert_eq!((step["file"].as_str(), step["line"].as_u64()), (Some("main.pipe"), Some(3)));
    assert_eq!(step["key"].as_str().unwrap().len(), 64);
    assert_eq!(step["exit_code"], 0);
    assert!(step["ms"].is_u64());
}

#[test]
fn github_commands_of_a_step_are_stopped() {
    let world = World::tools(PACKAGE);
    let outcome = world.run(["--progress", "github", "run", "build"]).success();
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    let hostile = lines.iter().position(|line| line.contains("::set-output")).unwrap();
    let before = lines[..hostile].iter().rev().find(|line| line.starts_with("::stop-commands::")).unwrap();
    let token = before.strip_prefix("::stop-commands::").unwrap();
    assert!(lines[hostile..].contains(&format!("::{token}::").as_str()), "{}", outcome.stderr);
    assert!(lines[..hostile].iter().any(|line| line.starts_with("::group::build")), "{}", outcome.stderr);
}

#[test]
fn the_form_follows_the_surroundings() {
    let world = World::tools(PACKAGE);
    let github = finish(world.pipe().env("GITHUB_ACTIONS", "true").args(["run", "build"])).success();
    assert!(github.stderr.contains("::group::"), "{}", github.stderr);
    let world = World::tools(PACKAGE);
    let gitlab = finish(world.pipe().env("GITLAB_CI", "true").args(["run", "build"])).success();
    assert!(gitlab.stderr.contains("section_start:"), "{}", gitlab.stderr);
}
