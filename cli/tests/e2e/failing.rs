//! A failed step says what to do about it, also when its command said nothing.

use crate::harness::World;

const PROGRAM: &str = r#"
pub fn silent() -> Check {
  tools.check(sh"""
    echo fine > /f
    grep -q other /f
  """)
}
pub fn program() -> Check { tools.check(["false"]) }
pub fn several() -> Check { tools.check(sh"true; test 1 = 2 || exit 4") }
pub fn missing() -> Check { tools.check(sh"no-such-program --flag") }
pub fn closed() -> Check { tools.check(sh"echo x > /f; /f") }
pub fn killed() -> Check { tools.check(sh"kill -9 $$") }
pub fn slow() -> Check { tools.check(sh"sleep 600", timeout: 100ms) }
pub fn loud() -> Check { tools.check(sh"echo the reason; exit 1") }
pub fn flaky() -> Check { tools.check(sh"echo tried; exit 1", retries: 1) }
pub action deploy() { do tools.perform(sh"exit 139", name: "deploy") }
"#;

#[test]
fn a_command_that_said_nothing_is_explained() {
    let world = World::tools(PROGRAM);
    for (target, said) in [
        ("silent", "as does `grep -q other /f`"),
        ("program", "`false` printed nothing"),
        ("several", "`set -x`"),
        ("missing", "127 says that a program was not found"),
        ("closed", "chmod +x"),
        ("killed", "137 says that it was killed"),
        ("slow", "`timeout:` says how long"),
        ("deploy", "139 says that it crashed"),
    ] {
        let failure = world.events(["run", target]).exits(1).the("failure");
        let help = failure["help"].as_str().unwrap_or_default().to_owned();
        assert!(help.contains(said), "{target}: {failure}");
        world.run(["run", target]).exits(1).says(said);
    }
}

#[test]
fn a_step_that_is_to_be_tried_again_is() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "flaky"]).exits(1);
    let tries = outcome.objects().iter().filter(|object| object["event"] == "log").count();
    assert_eq!((tries, outcome.steps("running").len(), outcome.steps("failed").len()), (2, 1, 1));
    assert_eq!(outcome.warnings(), ["flaky failed: exit code 1; it is tried again in 1s"]);
    let negative = World::tools("pub fn f() -> Check { tools.check([\"true\"], retries: -1) }\n");
    negative.run(["run", "f"]).exits(1).says("`retries` is from 0 to 100");
}

#[test]
fn a_command_that_said_why_is_left_to_say_it() {
    let world = World::tools(PROGRAM);
    let failure = world.events(["run", "loud"]).exits(1).the("failure");
    assert!(failure["help"].is_null(), "{failure}");
    assert!(failure["log"].as_str().unwrap().contains("the reason"), "{failure}");
}
