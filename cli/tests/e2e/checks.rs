//! Checks that wait for each other, fall together, or only warn.

use crate::harness::World;

const PROGRAM: &str = r#"
fn good(n: Int) -> Check { tools.check(sh"echo ${{ n }}", name: "good ${n}") }
fn bad() -> Check { tools.check(sh"echo the reason; exit 3", name: "bad") }
fn slow() -> Check { tools.check(sh"echo started; sleep 600", name: "slow", timeout: 1min) }
fn late() -> Check { tools.check(sh"echo late", name: "late") }

pub fn in_order() -> Check { late().requires(good(1)) }
pub fn behind_a_failure() -> Check { late().requires(bad()) }
pub fn built_behind_a_failure() -> Check {
  scratch().copy("/f", tools.run(sh"echo x > /f", name: "build").file("/f")).check().requires(bad())
}
pub fn chain() -> Check { late().requires(good(1).requires(good(2))) }
pub fn warns() -> Check { all([bad().warn_only(), good(1)]) }
pub fn warns_and_asks() -> Check { all([bad().warn_only(), bad()]) }
pub fn passed() -> List[Bool] { [bad().warn_only().passed, bad().passed, late().requires(bad()).passed] }
pub fn one_by_one() -> Check { all([for n in [1, 2, 3, 4] => good(n)], limit: 1) }
pub fn one_by_one_with_a_failure() -> Check { all([bad(), good(1)], limit: 1) }
pub fn together() -> Check { all([tools.check(sh"sleep 0.3; exit 1", name: "bad"), slow()], fail_fast: true) }
pub fn shared() -> Check {
  let wanted = tools.check(sh"sleep 0.6", name: "wanted")
  all([all([bad(), wanted, late().requires(wanted)], fail_fast: true), wanted])
}
pub fn bad_one() -> Check { bad() }
pub fn slow_one() -> Check { slow() }
pub fn good_one() -> Check { tools.check(sh"sleep 0.5", name: "good one") }
pub fn cover() -> File { tools.check(sh"echo half > /cover; exit 1", name: "unit").file("/cover") }
pub action gated() {
  gate bad().warn_only()
  do tools.perform(["true"], name: "behind")
}
"#;

#[test]
fn a_check_runs_after_what_it_requires() {
    let world = World::tools(PROGRAM);
    assert_eq!(world.events(["run", "in_order"]).success().steps("ran"), ["good 1", "late"]);
    assert_eq!(world.events(["run", "chain"]).success().steps("ran"), ["good 2"]);
    // The order is no part of a step's key: alone it is the same step.
    let outcome = world.events(["run", "late()"]).success();
    assert_eq!(outcome.steps("cached"), ["late"]);
    for target in ["behind_a_failure", "built_behind_a_failure"] {
        let world = World::tools(PROGRAM);
        let outcome = world.events(["run", target]).exits(1);
        assert_eq!((outcome.steps("failed"), outcome.steps("ran")), (vec!["bad".into()], vec![]), "{target}");
        assert_eq!(outcome.steps("skipped").len(), 1, "{target}");
    }
}

#[test]
fn a_check_that_only_warns_fails_nothing() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "warns"]).success();
    let warnings = outcome.warnings();
    assert!(
        matches!(&*warnings, [text] if text.starts_with("bad failed: exit code 3 (main.pipe:5)")),
        "{warnings:?}"
    );
    assert_eq!((outcome.steps("failed"), outcome.steps("ran")), (vec!["bad".into()], vec!["good 1".into()]));
    world.run(["run", "warns"]).success().says("warning: bad failed: exit code 3");
    world.run(["run", "--fail-fast", "warns"]).success();
    // Who asks for the same without that fails.
    world.run(["run", "warns_and_asks"]).exits(1);
    assert_eq!(world.prints(["run", "--json", "passed"]), "[true,false,false]\n");
    assert!(world.events(["run", "gated"]).success().steps("ran").contains(&"behind".to_owned()));
}

#[test]
fn a_limit_is_kept_whatever_comes_of_each() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "--jobs", "4", "one_by_one"]).success();
    let (mut running, mut most) = (0, 0);
    for object in outcome.objects().iter().filter(|object| object["event"] == "step") {
        running += if object["state"] == "running" { 1 } else { -1 };
        most = most.max(running);
    }
    assert_eq!((most, outcome.steps("ran").len()), (1, 4), "{}", outcome.stderr);
    let outcome = world.events(["run", "--no-cache", "one_by_one_with_a_failure"]).exits(1);
    assert_eq!((outcome.steps("failed"), outcome.steps("ran")), (vec!["bad".into()], vec!["good 1".into()]));
}

#[test]
fn those_that_fail_fast_are_stopped_together() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "--jobs", "2", "together"]).exits(1);
    assert_eq!(
        (outcome.steps("failed"), outcome.steps("skipped")),
        (vec!["bad".into()], vec!["slow".into()])
    );
    assert!(outcome.stderr.contains("stopped: `bad` failed"), "{}", outcome.stderr);
    // What something else needs, too, goes on.
    let outcome = world.events(["run", "--jobs", "2", "shared"]).exits(1);
    assert_eq!(
        (outcome.steps("ran"), outcome.steps("skipped")),
        (vec!["wanted".into()], vec!["late".into()])
    );
}

#[test]
fn targets_fail_each_for_itself_unless_they_fail_fast() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "--jobs", "2", "bad_one", "good_one"]).exits(1);
    assert_eq!(
        (outcome.steps("failed"), outcome.steps("ran")),
        (vec!["bad".into()], vec!["good one".into()])
    );
    assert_eq!(world.events(["run", "good_one"]).success().steps("cached"), ["good one"]);
    let outcome = world.events(["run", "--jobs", "2", "--fail-fast", "bad_one", "slow_one"]).exits(1);
    assert_eq!(
        (outcome.steps("failed"), outcome.steps("skipped")),
        (vec!["bad".into()], vec!["slow".into()])
    );
}

#[test]
fn a_file_of_a_failed_check_is_written() {
    let world = World::tools(PROGRAM);
    world.run(["run", "cover", "-o", "cover.txt"]).success();
    assert_eq!(world.read("cover.txt"), "half\n");
}
