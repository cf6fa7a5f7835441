//! Results that are too old to be used, and variables that make none.

use std::time::Duration;

use crate::harness::World;

const PROGRAM: &str = r#"
param build: String = "1"
fn scan() -> Container { tools.run(sh"echo same > /found; date +%N", name: "scan", fresh: 1s) }
pub fn scanned() -> Check { tools.run(sh"true", name: "scan", fresh: 1h).check(sh": done", name: "scanned") }
pub fn rarely() -> String { tools.run(sh"echo same > /found; date +%N", name: "scan", fresh: 1h).stdout }
pub fn report() -> String { tools.copy("/found", scan().file("/found")).run(["cat", "/found"], name: "report").stdout }
pub fn once() -> String { tools.run(sh"date +%N", name: "once", fresh: 0s).stdout }
pub fn twice() -> List[String] { [once(), once()] }
pub fn slow() -> Check { tools.check(sh"sleep 1; echo slept", name: "slow", fresh: 1s) }
pub fn numbered() -> String { tools.volatile_env("BUILD", build).run(sh"echo $BUILD", name: "numbered").stdout }
pub fn set() -> String { tools.volatile_env("BUILD", build).env("BUILD", build).run(sh"echo $BUILD", name: "set").stdout }
"#;

/// Until a result of this moment is too old.
fn wait() {
    std::thread::sleep(Duration::from_secs(2));
}

#[test]
fn a_result_that_is_too_old_is_made_again() {
    let world = World::tools(PROGRAM);
    assert_eq!(world.events(["run", "report"]).success().steps("ran"), ["scan", "report"]);
    wait();
    let plan = world.prints(["plan", "report"]);
    assert!(plan.contains("`fresh: 1s` takes none of that age"), "{plan}");
    let why = world.prints(["why", "report", "scan"]);
    assert!(why.contains("will run") && why.contains("old, and `fresh: 1s` takes none of that age"), "{why}");
    // What stands on it has the same bytes before it.
    let outcome = world.events(["run", "report"]).success();
    assert_eq!((outcome.steps("ran"), outcome.steps("cached")), (vec!["scan".into()], vec!["report".into()]));
    // That is known afterwards, too. The same step for somebody who takes its result for longer:
    let why = world.prints(["why", "rarely"]);
    let because = "cached; when it ran: its result was ";
    assert!(why.contains(because) && why.contains("old, and `fresh: 1s` takes none of that age"), "{why}");
    // How fresh it is to be is no part of a step's key.
    assert_eq!(world.events(["run", "scanned"]).success().steps("ran"), ["scan", "scanned"]);
    assert_eq!(world.events(["run", "scanned"]).success().steps("ran"), [""; 0]);
}

#[test]
fn two_that_want_a_fresh_result_at_once_make_it_once() {
    let world = World::tools(PROGRAM);
    for _ in 0..2 {
        let (mut first, second) = (world.start(["run", "slow"]), world.start(["run", "slow"]));
        first.wait_for(|object| object["event"] == "started");
        let outcomes = [first.wait(), second.wait()];
        let ran: usize = outcomes.iter().map(|outcome| outcome.steps("ran").len()).sum();
        let cached: usize = outcomes.iter().map(|outcome| outcome.steps("cached").len()).sum();
        assert_eq!((ran, cached), (1, 1), "{outcomes:?}");
        wait();
    }
}

#[test]
fn once_a_run_is_once_a_run() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "--json", "twice"]).success();
    assert_eq!(outcome.steps("ran"), ["once"]);
    let again = world.events(["run", "--json", "twice"]).success();
    assert_eq!(again.steps("ran"), ["once"]);
    assert_ne!(outcome.stdout, again.stdout);
}

#[test]
fn a_volatile_variable_makes_nothing_run_again() {
    let world = World::tools(PROGRAM);
    assert_eq!(world.prints(["run", "numbered"]), "1\n");
    // It is the value of when it ran.
    let outcome = world.events(["run", "numbered", "--build", "2"]).success();
    assert_eq!((outcome.stdout.as_str(), outcome.steps("cached")), ("1\n", vec!["numbered".into()]));
    assert!(world.prints(["why", "numbered", "--build", "2"]).contains("cached; when it ran: first run"));
    assert_eq!(world.prints(["run", "--no-cache", "numbered", "--build", "2"]), "2\n");
    let why = world.prints(["why", "numbered", "--build", "3"]);
    assert!(why.contains("cached; when it ran: it had a result, and the cache was not used"), "{why}");
    assert_eq!(world.prints(["run", "set"]), "1\n");
    assert_eq!(world.prints(["run", "set", "--build", "2"]), "2\n");
}
