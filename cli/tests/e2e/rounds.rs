//! Decisions over what steps give.

use crate::harness::World;

const PROGRAM: &str = r#"
fn probe(text: String) -> String { tools.run(sh"echo ${{ text }}").stdout.trim() }
fn step(name: String) -> Check { tools.check(["echo", name], name: name) }
fn one(text: String) -> Check { if probe(text) == "yes" { step("${text} is yes") } else { step("${text} is no") } }

pub fn both() -> Check { all([one("yes"), one("no")]) }
pub fn words() -> List[String] {
  [for w in tools.run(["printf", "a\\nb\\n"]).stdout.lines() => tools.run(["echo", "${w}!"]).stdout.trim()]
}
pub fn broken() -> String { if tools.run(sh"echo why; exit 4").stdout == "" { "a" } else { "b" } }
pub fn wrong() -> String { if probe("yes") == "yes" { fail("not this way") } else { "" } }
pub fn outside() -> Dir { if probe("yes") == "yes" { fixture_of("x") } else { dir() } }
fn fixture_of(name: String) -> Dir { tools.run(["mkdir", "/${name}"]).dir("/${name}") }

test "a decision" { expect (if probe("yes") == "yes" { 1 } else { 2 }) == 1 }
test "a list" { expect words() == ["a!", "b!"] }
test "a decision that comes to nothing" { expect broken() == "b" }
"#;

#[test]
fn the_steps_that_decisions_ask_for_run() {
    let world = World::tools(PROGRAM);
    let first = world.events(["run", "both"]).success();
    let mut names = first.steps("ran");
    names.sort();
    assert_eq!(names, ["no is no", "probe no", "probe yes", "yes is yes"]);
    // What the cache holds decides at once.
    let again = world.events(["run", "both"]).success();
    assert_eq!(again.steps("cached").len(), 4);
    assert_eq!(world.prints(["run", "words"]), "a!\nb!\n");
}

#[test]
fn a_plan_tells_after_which_step_it_will_know() {
    let world = World::tools(PROGRAM);
    let plan = world.prints(["plan", "both"]);
    assert!(plan.contains("probe yes  decides what follows: `if` waits for it  main.pipe:6"), "{plan}");
    assert!(plan.contains("2 steps: 2 to run"), "{plan}");
    let json: serde_json::Value = serde_json::from_str(&world.prints(["plan", "--json", "both"])).unwrap();
    assert_eq!(json["unknown"].as_array().unwrap().len(), 2);
    assert_eq!(json["unknown"][0]["after"], "probe yes");
    world.run(["run", "both"]).success();
    let plan = world.prints(["plan", "both"]);
    assert!(plan.contains("yes is yes") && !plan.contains("decides"), "{plan}");
    assert!(plan.contains("4 steps: 4 cached"), "{plan}");
}

#[test]
fn a_step_that_is_waited_for_and_fails_is_told_at_its_place() {
    let world = World::tools(PROGRAM);
    let outcome = world.run(["run", "broken", "both"]).exits(1);
    assert!(outcome.stderr.contains("broken failed: exit code 4"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("main.pipe:12:"), "{}", outcome.stderr);
    // The other target is done.
    assert_eq!(world.events(["run", "both"]).success().steps("cached").len(), 4);
}

#[test]
fn an_error_of_a_later_round_is_the_targets_own() {
    let world = World::tools(PROGRAM);
    let outcome = world.run(["run", "wrong", "both"]).exits(1).says("not this way");
    assert!(outcome.stderr.contains("main.pipe:13:"), "{}", outcome.stderr);
    assert_eq!(world.events(["run", "both"]).success().steps("cached").len(), 4);
}

#[test]
fn tests_decide_by_what_steps_give() {
    let world = World::tools(PROGRAM);
    let outcome = world.run(["test"]).exits(1);
    assert!(outcome.stdout.contains("ok      a decision\n"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("ok      a list\n"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("FAILED  a decision that comes to nothing\n"), "{}", outcome.stdout);
}

/// What fails fails what depends on it, and nothing else.
#[test]
fn a_failure_leaves_the_rest_alone_unless_it_is_to_stop_it() {
    let world = World::tools(
        "pub fn a() -> Check { tools.check([\"false\"]) }\npub fn b() -> Check { tools.check([\"sleep\", \"0.5\"]) }\npub fn c() -> Check { tools.check([\"sleep\", \"500\"], timeout: 30s) }\n",
    );
    let outcome = world.events(["run", "a", "b"]).exits(1);
    assert_eq!((outcome.steps("failed"), outcome.steps("ran")), (vec!["a".into()], vec!["b".into()]));
    assert_eq!(world.events(["run", "b"]).success().steps("cached"), ["b"]);
    // Left alone, it would fail, after half a minute.
    let outcome = world.events(["run", "--fail-fast", "a", "c"]).exits(1);
    assert_eq!(outcome.steps("skipped"), ["c"]);
}

/// Under 1 GiB of address space, the budget ends it first.
#[test]
fn an_absurd_comprehension_ends_with_an_error_at_its_place() {
    let world = World::module(
        "fn hundred() -> List[Int] { [for a in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] for b in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] => a * 10 + b] }\npub fn f() -> Int {\n  let h = hundred()\n  [for a in h for b in h for c in h for d in h for e in h for f in h => a + b + c + d + e + f].len()\n}\n",
    );
    let pipe = crate::harness::pipe_binary();
    let limited = format!("ulimit -v 1048576; exec {} run f", pipe.display());
    let outcome = crate::harness::finish(world.command("sh").args(["-c", &limited])).exits(1);
    assert!(outcome.stderr.contains("evaluation-limit"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("main.pipe:4:"), "{}", outcome.stderr);
}
