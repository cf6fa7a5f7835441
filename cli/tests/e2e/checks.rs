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

const KEEPING: &str = r#"
param src: Dir = dir().write("old.txt", "")
fn unit() -> Container { tools.mount("/src", src).workdir("/src") }
pub fn failing() -> Check {
  unit().check(sh"mkdir reports; echo a > reports/a.xml; echo b > b.log; echo c > /cover.txt; exit 3", name: "unit",
    keep: ["reports/**", "/cover.txt"])
}
pub fn good() -> Check { unit().check(sh"echo b > b.log", name: "good: 1", keep: ["*.log"]) }
pub fn both() -> Check { all([failing(), good()]) }
pub fn nothing() -> Check { unit().check(["true"]) }
pub fn nowhere() -> Check { unit().check(["true"], keep: ["/usr/**"]) }
pub fn in_a_volume() -> Check { unit().cache("/src/c", "c").check(["true"], keep: ["c/*"]) }
pub fn none_matches() -> Check { unit().check(["true"], keep: ["no/such/*"]) }
pub fn timed_out() -> Check { unit().check(sh"echo b > b.log; sleep 600", keep: ["*.log"], timeout: 200ms) }
pub fn cover() -> File { failing().file("/cover.txt") }
"#;

/// Files below a folder, by their paths.
fn files(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => pending.push(entry.path()),
                false => found.push(entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn what_a_check_keeps_is_written_also_when_it_failed() {
    let world = World::tools(KEEPING);
    let out = world.path("out");
    let run = |target: &str| world.events(["run", "-o", out.to_str().unwrap(), target]);
    let outcome = run("failing").exits(1);
    assert_eq!(outcome.the("failure")["message"], "unit failed: exit code 3");
    assert_eq!(files(&out), ["cover.txt", "reports/a.xml"]);
    // What it left is one result with its files.
    assert_eq!(world.events(["run", "cover", "-o", "cover.txt"]).success().steps("ran"), [""; 0]);
    let out = world.path("several");
    let run = |target: &str| world.events(["run", "-o", out.to_str().unwrap(), target]);
    run("both").exits(1);
    assert_eq!(files(&out), ["good--1/b.log", "unit/cover.txt", "unit/reports/a.xml"]);
    let out = world.path("good");
    world.run(["run", "-o", out.to_str().unwrap(), "good"]).success();
    assert_eq!(files(&out), ["b.log"]);
}

#[test]
fn what_cannot_be_kept_is_said() {
    let world = World::tools(KEEPING);
    let out = world.path("out");
    let run = |target: &str| world.run(["run", "-o", out.to_str().unwrap(), target]);
    run("nothing").exits(2).says("this one keeps nothing").says("keep:");
    run("nowhere").exits(1).says("host's own tools");
    run("in_a_volume").exits(1).says("lies in the cache volume `c`");
    run("none_matches").success();
    assert_eq!(files(&out), [""; 0]);
    run("timed_out").exits(1).says("timed out after 200ms");
    // Nobody who writes nothing is bothered.
    world.run(["run", "nowhere", "none_matches"]).success();
}

const REPORTING: &str = r##"
fn report(name: String, failing: Bool) -> Check {
  let failure = if failing { "<failure message='1 is not 2'/>" } else { "" }
  tools.workdir("/w").check(sh"""
    mkdir -p reports
    echo "<testsuite name='s' tests='2' failures='1' errors='0' skipped='0'><testcase name='good' classname='m'/><testcase name='bad' classname='m' file='m.c' line='3'>"${{ failure }}"</testcase></testsuite>" > reports/r.xml
    [ -z ${{ failure }} ]
  """, name: name).junit("reports/*.xml")
}
pub fn failing() -> Check { report("unit", true) }
pub fn good() -> Check { report("other", false) }
pub fn both() -> Check { all([failing(), good()]) }
pub fn hostile() -> Check { tools.workdir("/w").check(sh"echo '<testsuite' > x.xml; ln -s /etc/passwd y.xml", name: "h").junit("*.xml") }
pub fn no_report() -> Check { tools.workdir("/w").check(["true"], name: "n").junit("*.xml") }
pub fn of_a_tree() -> Check { dir().check().junit("*.xml") }
"##;

#[test]
fn test_reports_are_told_and_put_together() {
    let world = World::tools(REPORTING);
    let out = world.path("junit.xml");
    let outcome = world.events(["run", "--junit", out.to_str().unwrap(), "both"]).exits(1);
    let tests: Vec<_> = outcome.objects().into_iter().filter(|object| object["event"] == "tests").collect();
    assert_eq!(tests.len(), 2, "{}", outcome.stderr);
    assert_eq!(
        (&tests[0]["name"], &tests[0]["failed"], &tests[0]["passed"]),
        (&"unit".into(), &1.into(), &1.into())
    );
    assert_eq!(
        (&tests[0]["failures"][0]["name"], &tests[0]["failures"][0]["line"]),
        (&"m.bad".into(), &3.into())
    );
    assert_eq!(
        (&tests[1]["name"], &tests[1]["failed"], &tests[1]["passed"]),
        (&"other".into(), &0.into(), &2.into())
    );
    let text = std::fs::read_to_string(&out).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!(report.tests, 6, "{text}");
    world
        .run(["run", "failing"])
        .exits(1)
        .says("unit: 2 tests, 1 failed\n  FAILED m.bad (m.c:3): 1 is not 2");
    world
        .run(["run", "--progress", "github", "failing"])
        .exits(1)
        .says("::error title=m.bad,file=m.c,line=3::1 is not 2");
}

#[test]
fn test_reports_that_cannot_be_read_fail_nothing() {
    let world = World::tools(REPORTING);
    let outcome = world.events(["run", "hostile"]).success();
    assert!(
        outcome.warnings().iter().any(|text| text.contains("the test report x.xml cannot be read")),
        "{}",
        outcome.stderr
    );
    world.run(["run", "no_report"]).success().says("no test report matches");
    world.run(["run", "of_a_tree"]).exits(1).says("leaves no test reports");
}
