//! Any number of `pipe` processes share a store.

use std::collections::BTreeMap;

use rustix::process::Signal;

use crate::harness::{Outcome, World};

const SHARED: &str = r#"
fn slow(n: Int) -> File { tools.run(sh"sleep 0.3; echo ${{ n }} > /f").file("/f") }

pub fn probe() -> String {
  tools.mount("/a", slow(1)).mount("/b", slow(2)).run(sh"cat /a /b").stdout
}
"#;

fn runs_by_key(outcomes: &[Outcome]) -> BTreeMap<String, usize> {
    let mut runs = BTreeMap::new();
    for key in outcomes.iter().flat_map(|outcome| outcome.keys("ran")) {
        *runs.entry(key).or_default() += 1;
    }
    runs
}

#[test]
fn six_at_once_run_each_step_once() {
    let world = World::tools(SHARED);
    let running: Vec<_> = (0..6).map(|_| world.start(["run", "probe"])).collect();
    let outcomes: Vec<Outcome> = running.into_iter().map(|r| r.wait().success()).collect();
    assert!(outcomes.iter().all(|outcome| outcome.stdout == "1\n2\n"));
    let runs = runs_by_key(&outcomes);
    assert_eq!(runs.len(), 3, "{runs:?}");
    assert!(runs.values().all(|times| *times == 1), "{runs:?}");
}

#[test]
fn one_that_is_killed_while_it_holds_a_step_holds_nobody_up() {
    let world =
        World::tools("pub fn probe() -> String { tools.run(sh\"echo started; sleep 0.5\").stdout }\n");
    let mut first = world.start(["run", "probe"]);
    first.wait_for_log("started");
    let others: Vec<_> = (0..5).map(|_| world.start(["run", "probe"])).collect();
    first.signal(Signal::KILL);
    assert_eq!(first.wait().code, None);
    let outcomes: Vec<Outcome> = others.into_iter().map(|r| r.wait().success()).collect();
    assert!(outcomes.iter().all(|outcome| outcome.stdout == "started\n"));
    assert_eq!(runs_by_key(&outcomes).values().collect::<Vec<_>>(), [&1]);
}

#[test]
fn independent_steps_run_side_by_side() {
    // Each waits for the other's mark in a file only both together can write: neither would end alone.
    let world = World::tools(
        "fn one(n: Int) -> Check { tools.check(sh\"echo ${{ n }}; sleep 0.2\", name: \"one\") }\n\
         pub fn probe() -> Check { all([one(1), one(2)]) }\n",
    );
    let outcome = world.events(["run", "--jobs", "2", "probe"]).success();
    let states: Vec<String> = outcome
        .objects()
        .iter()
        .filter(|object| object["event"] == "step")
        .map(|object| object["state"].as_str().unwrap().to_owned())
        .filter(|state| state == "running" || state == "ran")
        .collect();
    assert_eq!(states, ["running", "running", "ran", "ran"]);
}

#[test]
fn one_job_runs_one_step_at_a_time() {
    let world = World::tools(
        "fn one(n: Int) -> Check { tools.check(sh\"echo ${{ n }}\", name: \"one\") }\n\
         pub fn probe() -> Check { all([one(1), one(2), one(3)]) }\n",
    );
    let outcome = world.events(["run", "--jobs", "1", "probe"]).success();
    let mut running = 0;
    for object in outcome.objects() {
        match object["state"].as_str() {
            Some("running") => running += 1,
            Some("ran") => running -= 1,
            _ => {}
        }
        assert!(running <= 1, "{}", outcome.stderr);
    }
}

#[test]
fn what_does_not_depend_on_a_failure_goes_on() {
    let world = World::tools(
        "fn bad() -> Check { tools.check(sh\"exit 1\", name: \"bad\") }\n\
         fn good() -> Check { tools.check(sh\"sleep 0.3\", name: \"good\") }\n\
         pub fn probe() -> Check { all([bad(), good()]) }\n",
    );
    let outcome = world.events(["run", "--jobs", "2", "probe"]).exits(1);
    assert_eq!(outcome.steps("ran"), ["good"]);
    assert_eq!(outcome.steps("failed"), ["bad"]);

    let world =
        World::tools(&world.read("main.pipe").replace("param tools: Container = host.toolchain()\n", ""));
    let stopped = world.events(["run", "--jobs", "2", "--fail-fast", "probe"]).exits(1);
    assert_eq!(stopped.steps("ran"), [""; 0], "{}", stopped.stderr);
}

/// What a chain leaves is never on many layers, however long it is: mounting each takes its time, and the kernel takes no more than 500.
#[test]
fn a_chain_of_six_hundred_steps() {
    let world = World::tools(
        "fn numbers() -> List[Int] {\n  [for a in [0, 1, 2, 3, 4, 5] for b in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] for c in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] => a * 100 + b * 10 + c]\n}\n\
         fn add(c: Container, n: Int) -> Container {\n  c.run([\"sh\", \"-c\", \"echo $0 >> /all; echo $0 > /d$(($0 % 40)); rm -f /d$((($0 + 20) % 40))\", \"${n}\"], network: Off)\n}\n\
         fn chain() -> Container { numbers().fold(tools, add) }\n\
         pub fn all() -> String { chain().run(sh\"cat /all; ls / | grep ^d[0-9] | sort -V; cat /d19 /d39 2> /dev/null || true\").stdout }\n\
         pub fn layers() -> String { chain().run(sh\"grep ' / ' /proc/self/mounts\").stdout }\n",
    );
    let first = world.events(["run", "all"]).success();
    let mut expected: Vec<String> = (0..600).map(|n| n.to_string()).collect();
    expected.extend((20..40).map(|n| format!("d{n}")));
    expected.push("599".to_owned());
    assert_eq!(first.stdout.lines().collect::<Vec<_>>(), expected);
    assert_eq!(first.steps("ran").len(), 601);
    // The same from the store, by another process.
    let mounted = world.events(["run", "layers"]).success();
    assert_eq!((mounted.steps("ran").len(), mounted.steps("cached").len()), (1, 600));
    let layers = mounted.stdout.matches("layers/").count();
    assert!((1..=24).contains(&layers), "{}", mounted.stdout);
    world.run(["cache", "verify"]).success();
}
