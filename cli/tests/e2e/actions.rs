//! Actions run.

use rustix::process::Signal;

use crate::harness::World;

const PROGRAM: &str = r#"
fn say(text: String) -> Action[Container] { tools.perform(["echo", text], name: text) }
fn bad(text: String) -> Action[Container] { tools.perform(["false"], name: text) }
action cleanup() { do say("cleanup") }

pub action chain() {
  gate tools.check(["true"])
  let made = do tools.perform(sh"mkdir /out; echo x > /out/f; echo hello", name: "make")
  do made.dir("/out").export("out/deep")
  do made.file("/out/f").export("file")
  do sleep(1ms)
  if made.stdout.trim() == "hello" { do notify("made") } else { do say("never") }
}
pub action gated() {
  gate tools.check(["false"], name: "gate")
  do say("behind")
}
pub action retried() { do retry(bad("flaky"), times: 2) }
pub action allowed() {
  let result = do allow_failure(bad("may fail"))
  match result { some(_) => do say("good"), none => do say("it failed") }
}
pub action cleaned() {
  do finally(bad("work"), cleanup())
  do say("not reached")
}
pub action stopped() {
  do finally(tools.perform(sh"echo started; sleep 600", name: "slow"), cleanup())
  do say("not reached")
}
pub action asks() {
  do say("before")
  do approval("Go on?", name: "go")
  do say("after")
}
pub action escapes() {
  do say("before")
  do dir().write("f", "x").export("../../.bashrc")
}
pub action through_a_link() { do dir().write("f", "x").file("f").export("link/f") }
pub action undone() {
  do say("before")
  do scratch().push("a/b:1")
}
pub action side() { do parallel([say("a"), say("a"), say("b")], limit: 2) }
"#;

#[test]
fn effects_are_done_in_order_each_time() {
    let world = World::tools(PROGRAM);
    for _ in 0..2 {
        let outcome = world.events(["run", "chain"]).success();
        let ran = outcome.steps("ran");
        let effects: Vec<&str> = ran.iter().map(String::as_str).filter(|name| *name != "chain").collect();
        assert_eq!(effects, ["make", "export", "export", "sleep", "notify"]);
        assert_eq!(outcome.the("notice")["message"], "made");
        assert_eq!((world.read("out/deep/f"), world.read("file")), ("x\n".into(), "x\n".into()));
    }
    let outcome = world.events(["run", "side"]).success();
    let mut ran = outcome.steps("ran");
    ran.sort();
    assert_eq!(ran, ["a", "a", "b"]);
}

#[test]
fn failures_are_handled_as_written() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "gated"]).exits(1);
    assert_eq!(
        (outcome.steps("failed"), outcome.steps("skipped")),
        (vec!["gate".into()], vec!["behind".into()])
    );
    let outcome = world.events(["run", "retried"]).exits(1);
    assert_eq!(outcome.steps("failed"), ["flaky", "flaky"]);
    assert_eq!(outcome.the("failure")["name"], "flaky");
    let outcome = world.events(["run", "allowed"]).success();
    assert_eq!(
        (outcome.steps("failed"), outcome.steps("ran")),
        (vec!["may fail".into()], vec!["it failed".into()])
    );
    let outcome = world.events(["run", "cleaned"]).exits(1);
    assert_eq!(
        (outcome.steps("ran"), outcome.steps("skipped")),
        (vec!["cleanup".into()], vec!["not reached".into()])
    );
}

#[test]
fn a_run_that_is_stopped_cleans_up() {
    let world = World::tools(PROGRAM);
    let mut running = world.start(["run", "stopped"]);
    running.wait_for_log("started");
    running.signal(Signal::INT);
    let outcome = running.wait();
    assert_eq!(outcome.code, Some(130));
    assert_eq!(outcome.steps("ran"), ["cleanup"]);
    assert!(outcome.steps("skipped").contains(&"not reached".to_owned()), "{}", outcome.stderr);
}

#[test]
fn an_approval_stops_the_run_unless_it_is_given() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "asks"]).exits(4);
    assert_eq!(
        (outcome.steps("ran"), outcome.steps("skipped")),
        (vec!["before".into()], vec!["after".into()])
    );
    assert!(outcome.the("failure")["help"].as_str().unwrap().contains("--approve go"));
    for approve in ["go", "all"] {
        let outcome = world.events(["run", "--approve", approve, "asks"]).success();
        assert_eq!(outcome.steps("ran"), ["before", "go", "after"]);
    }
    world.run(["run", "--approve", "other", "asks"]).exits(4);
}

#[test]
fn what_may_not_be_done_is_refused_before_anything_is() {
    let world = World::tools(PROGRAM);
    let outcome = world.events(["run", "escapes"]).exits(2);
    assert!(outcome.steps("ran").is_empty() && outcome.steps("running").is_empty(), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--allow export:"), "{}", outcome.stderr);
    std::os::unix::fs::symlink(world.home(), world.package().join("link")).unwrap();
    world.run(["run", "through_a_link"]).exits(2);
    assert!(!world.home().join("f").exists());
    let grant = format!("export:{}", world.home().display());
    world.run(["run", "--allow", &grant, "through_a_link"]).success();
    assert!(world.home().join("f").exists());
    let outcome = world.events(["run", "undone"]).exits(3);
    assert!(outcome.steps("ran").is_empty(), "{}", outcome.stderr);
    world.run(["run", "--pure", "asks"]).exits(2).says("--pure refuses");
}

#[test]
fn a_plan_lists_the_effects_and_does_none() {
    let world = World::tools(PROGRAM);
    for args in [["plan", "asks"], ["run", "--dry-run"]] {
        let mut args = args.to_vec();
        if args[0] == "run" {
            args.push("asks");
        }
        let plan = world.prints(args);
        assert!(plan.contains("before  action") && plan.contains("3 steps: 3 to do"), "{plan}");
    }
    let plan = world.prints(["plan", "chain"]);
    assert!(plan.contains("make    action") || plan.contains("export  action"), "{plan}");
    assert!(!world.package().join("file").exists());
}
