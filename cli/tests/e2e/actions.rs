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

/// Each `perform` leaves a line behind in a cache volume: what was done, and how often.
const ROLLOUT: &str = r#"
fn kubectl(line: String) -> Action[Container] {
  tools.cache("/cluster", "cluster").perform(sh"""
    echo ${{ line }} >> /cluster/log
    echo "applied ${{ line }}"
  """, name: line)
}
action quietly(line: String) { do kubectl(line) }
pub enum To { Staging, Production(canary: Int = 10) }
pub action deploy(to: To = Production()) {
  match to {
    Staging => do kubectl("staging")
    Production(canary) => {
      let first = do kubectl("canary ${canary}")
      do sleep(1ms)
      do approval("Promote after ${first.stdout.trim()}?")
      do kubectl("everyone")
    }
  }
}
pub fn done() -> String {
  tools.cache("/cluster", "cluster").run(sh"cat /cluster/log", fresh: 0s).stdout
}
pub action flaky() {
  do retry(once("second try"), times: 2)
  do allow_failure(tools.perform(sh"exit 9", name: "may fail"))
  do on_failure(kubectl("good"), quietly("handler"))
  do finally(kubectl("work"), quietly("cleanup"))
  do approval("Go on?")
  do kubectl("last")
}
fn once(name: String) -> Action[Container] {
  tools.cache("/cluster", "cluster").perform(sh"""
    echo try >> /cluster/log
    [ "$(grep -c try /cluster/log)" -gt 1 ]
  """, name: name)
}
pub action asks_first() { do approval("Go on?") }
"#;

/// The run that a stopped command says can go on, with the command for that.
fn resumable(outcome: &crate::harness::Outcome) -> (String, String) {
    let told = outcome.the("resume");
    let text = |field: &str| told[field].as_str().unwrap().to_owned();
    (text("run"), text("command"))
}

#[test]
fn a_run_goes_on_where_an_approval_stopped_it() {
    let world = World::tools(ROLLOUT);
    let done = || world.prints(["run", "done"]);
    let outcome = world.events(["run", "deploy"]).exits(4);
    assert_eq!(outcome.steps("ran"), ["canary 10", "sleep"]);
    let (run, command) = resumable(&outcome);
    assert!(command.ends_with(&format!(" run deploy --resume {run} --approve approval")), "{command}");
    assert_eq!(done(), "canary 10\n");
    // Still nobody says yes: nothing is done, and the run stays the same.
    let outcome = world.events(["run", "deploy", "--resume", &run]).exits(4);
    assert_eq!(
        (outcome.steps("cached"), outcome.steps("ran")),
        (vec!["canary 10".into(), "sleep".into()], vec![])
    );
    assert_eq!(resumable(&outcome).0, run);
    let outcome = world.events(["run", "deploy", "--resume", &run, "--approve", "approval"]).success();
    assert_eq!(outcome.steps("ran"), ["approval", "everyone"]);
    assert_eq!(done(), "canary 10\neveryone\n");
    // All of it is done now.
    let outcome = world.events(["run", "deploy", "--resume", &run]).success();
    assert_eq!((outcome.steps("cached").len(), outcome.steps("ran")), (4, vec![]));
    assert_eq!(done(), "canary 10\neveryone\n");
    // Without it everything is done anew.
    world.run(["run", "deploy", "--approve", "all"]).success();
    assert_eq!(done(), "canary 10\neveryone\ncanary 10\neveryone\n");
}

#[test]
fn a_run_that_waits_outlives_a_pruning() {
    let world = World::tools(ROLLOUT);
    let (run, _) = resumable(&world.events(["run", "deploy"]).exits(4));
    let pruned = world.run(["cache", "prune", "--all"]).success();
    assert!(pruned.stdout.contains("stay for runs that can go on (`--resume`)"), "{}", pruned.stdout);
    let outcome = world.events(["run", "deploy", "--resume", &run, "--approve", "approval"]).success();
    assert_eq!(
        (outcome.steps("cached"), outcome.steps("ran")),
        (vec!["canary 10".into(), "sleep".into()], vec!["approval".into(), "everyone".into()],)
    );
    // It waits no more.
    world.run(["cache", "prune", "--all"]).success();
    world.run(["run", "deploy", "--resume", &run]).exits(2).says("knows of no run");
}

#[test]
fn what_is_resumed_must_be_what_stopped() {
    let world = World::tools(ROLLOUT);
    let stopped = world.run(["run", "deploy"]).exits(4);
    let run =
        stopped.stderr.split("--resume ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().to_owned();
    stopped.says("to go on, without repeating what is done:");
    world
        .run(["run", "deploy", "--to", "Production(canary: 11)", "--resume", &run])
        .exits(2)
        .says("is not as it was");
    world.run(["run", "flaky", "--resume", &run]).exits(2).says("is not as it was");
    for unknown in ["00000000", "../../x", ""] {
        world.run(["run", "deploy", &format!("--resume={unknown}")]).exits(2).says("knows of no run");
    }
    world.write("main.pipe", &world.read("main.pipe").replace("echo \"applied", "echo \"done"));
    world.run(["run", "deploy", "--resume", &run]).exits(2).says("is not as it was");
    // One that did nothing cannot go on.
    let outcome = world.events(["run", "asks_first"]).exits(4);
    assert!(!outcome.stderr.contains("\"resume\""), "{}", outcome.stderr);
}

/// What was tried again, allowed to fail, handled or cleaned up is over, and is not begun anew.
#[test]
fn a_run_goes_on_behind_retries_and_failures() {
    let world = World::tools(ROLLOUT);
    let outcome = world.events(["run", "flaky"]).exits(4);
    let done = "try\ntry\ngood\nwork\ncleanup\n";
    assert_eq!(world.prints(["run", "done"]), done);
    let (run, _) = resumable(&outcome);
    let outcome = world.events(["run", "flaky", "--resume", &run, "--approve", "all"]).success();
    assert_eq!(outcome.steps("ran"), ["approval", "last"]);
    assert_eq!(world.prints(["run", "done"]), format!("{done}last\n"));
}
