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

/// Also where it stands behind a target, where nothing could be understood, and where several things failed.
#[test]
fn every_failure_is_an_event() {
    let world = World::tools("pub fn f(count: Int = 1) -> Check { tools.check(sh\"exit 3\") }\n");
    let commands: [(&[&str], i32, &str); 6] = [
        (&["run", "f", "--progress", "json"], 1, "failure"),
        (&["run", "nothing", "--progress", "json"], 2, "error"),
        (&["run", "f", "--count", "x", "--progress=json"], 2, "error"),
        (&["run", "--progress", "json", "--nonsense"], 2, "error"),
        (&["run", "f", "--progress", "json", "--nonsense"], 2, "error"),
        (&["--progress", "json", "nonsense"], 2, "error"),
    ];
    for (args, code, event) in commands {
        let object = world.run(args.iter().copied()).exits(code).the(event);
        assert!(object["message"].as_str().is_some_and(|message| !message.is_empty()), "{object}");
    }
    let broken = World::module("pub fn f() -> Int { \"x\" }\n");
    broken.run(["run", "f", "--progress", "json"]).exits(2).the("diagnostic");
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

/// What a package writes where people read it: a documentation comment, names, titles, questions.
const LOUD: &str = "## Docs \u{1b}[2J.

param tools: Container = host.toolchain()
## Of it \u{1b}[31m.
pub fn build(text: String = \"\u{1b}[2J\") -> Check { tools.check([\"false\"], name: \"na\\u{1b}[2Jme\\n::warning::x\\u{202e}\") }
pub action ask() { do approval(\"Sure\\u{1b}[2J?\\nSay yes\") }
test \"title \\u{1b}[2J\" { expect 1 == 1 }
test \"wrong \\u{1b}[2J\" { expect \"\\u{1b}\" == \"\" }
";

#[test]
fn names_that_a_package_chose_do_not_act_on_a_terminal() {
    let world = World::module(LOUD);
    let acts = |c: char| c == '\u{202e}' || c.is_control() && c != '\n' && c != '\t';
    for args in [
        &["list"][..],
        &["run", "build"],
        &["-v", "run", "build"],
        &["--progress", "github", "--color", "never", "run", "ask"],
        &["run", "--expect-cached", "build"],
        &["run", "ask"],
        &["run", "build", "--help"],
        &["plan", "build"],
        &["plan", "--dot", "build"],
        &["plan", "--mermaid", "build"],
        &["why", "build"],
        &["why", "build", "other"],
        &["test"],
        &["cache", "ls"],
    ] {
        let outcome = world.run(args);
        let printed = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!printed.contains(acts), "{args:?}: {printed:?}");
        // A name is one line: it must not begin another one.
        assert!(!printed.lines().any(|line| line.starts_with("::warning")), "{args:?}: {printed}");
    }
    // Programs get what it is.
    let events = world.events(["run", "build"]).exits(1);
    assert!(events.steps("failed")[0].contains('\u{1b}'), "{events:?}");
    assert!(!events.the("failure")["message"].as_str().unwrap().contains('\n'), "{events:?}");
}
