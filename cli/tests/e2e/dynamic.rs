//! Plans that depend on what runs: what can decide, what runs meanwhile, what is known of it beforehand.

use std::fmt::Write;

use crate::git::git;
use crate::harness::{Outcome, World};

/// Positions in the event stream at which a step came into a state.
fn at(outcome: &Outcome, name: &str, state: &str) -> usize {
    let found = outcome
        .objects()
        .iter()
        .position(|object| object["event"] == "step" && object["name"] == name && object["state"] == state);
    found.unwrap_or_else(|| panic!("{name} was never {state}: {}", outcome.stderr))
}

/// The slow probe is over only when the step behind the fast one has begun: were there a moment at which all wait for the slowest, it
/// would never be over.
#[test]
fn what_a_fast_probe_decides_does_not_wait_for_a_slow_one() {
    let world = World::tools(
        r#"
fn shared() -> Container { tools.cache("/meet", "meet") }
fn fast() -> String { tools.run(sh"sleep 0.2; echo yes", name: "fast").stdout.trim() }
fn slow() -> String {
  shared().run(sh"until [ -e /meet/behind ]; do sleep 0.01; done; echo yes", name: "slow", timeout: 10min).stdout.trim()
}
fn behind() -> Check { shared().check(sh"touch /meet/behind; sleep 0.2", name: "behind") }
pub fn both() -> Check {
  all([
    if fast() == "yes" { behind() } else { tools.check(["false"], name: "not fast") },
    if slow() == "yes" { tools.check(["true"], name: "last") } else { tools.check(["false"], name: "not slow") },
  ])
}
"#,
    );
    let outcome = world.events(["run", "--jobs", "4", "both"]).success();
    assert!(at(&outcome, "fast", "ran") < at(&outcome, "behind", "running"));
    assert!(at(&outcome, "behind", "running") < at(&outcome, "slow", "ran"));
    assert!(at(&outcome, "slow", "ran") < at(&outcome, "last", "running"));
    assert_eq!(outcome.steps("ran").len(), 4, "{}", outcome.stderr);
}

/// What stands behind `??`, `&&` and `||` counts only when the left side, which only running gives, leaves it to that.
#[test]
fn a_failure_behind_an_operator_waits_for_what_is_before_it() {
    let world = World::tools(
        r#"
fn out() -> Dir { tools.run(sh"mkdir /out; echo hi > /out/a.whl", name: "build").dir("/out") }
fn number(text: String) -> Int { Int.parse(tools.run(["echo", text], name: "say").stdout.trim()).ok() ?? fail("${text} is no number") }
fn is(text: String) -> Bool { tools.run(["echo", text], name: "say").stdout.trim() == "yes" }
fn fails() -> Bool { fail("it is asked for") }
pub fn wheel() -> String { out().file(out().glob("*.whl").first() ?? fail("no wheel")).contents.trim() }
pub fn zip() -> File { out().file(out().glob("*.zip").first() ?? fail("no zip")) }
pub fn twelve() -> Int { number("12") }
pub fn dozen() -> Int { number("dozen") }
pub fn no() -> Bool { is("no") && fails() }
pub fn yes() -> Bool { is("yes") || fails() }
pub fn asked() -> Bool { is("yes") && fails() }
action ship(file: File) { do notify("shipped ${file.contents}") }
pub action all() { do ship(out().file(out().glob("*.whl").first() ?? fail("no wheel"))) }

test "a plan is made without running" { expect plan(all()).actions.len() == 1 }
"#,
    );
    world.run(["plan", "zip"]).success();
    world.run(["test"]).success();
    assert_eq!(world.prints(["run", "wheel"]), "hi");
    assert_eq!(world.prints(["run", "twelve"]), "12\n");
    assert_eq!(world.prints(["run", "no"]), "false\n");
    assert_eq!(world.prints(["run", "yes"]), "true\n");
    world.run(["run", "zip"]).exits(1).says("no zip").says("main.pipe:");
    world.run(["run", "dozen"]).exits(1).says("dozen is no number");
    world.run(["run", "asked"]).exits(1).says("it is asked for");
}

const FORMS: &str = r#"
param src: Dir = workspace.dir("src")

fn built() -> Dir {
  tools.run(sh"mkdir -p /out/a /out/b; echo 1 > /out/a/x.c; echo 2 > /out/b/y.c; touch /out/README", name: "build").dir("/out")
}
fn say(text: String) -> String { tools.run(["echo", text], name: "say ${text}").stdout.trim() }
pub fn per_entry() -> List[String] { [for e in built().entries => say("in ${e.name}")] }
pub fn per_file() -> List[String] { [for f in built().glob("**/*.c") => say("of ${f}")] }
pub fn by_contents() -> String { if built().file("a/x.c").contents == "1\n" { say("one") } else { say("other") } }
pub fn by_code(code: Int = 3) -> String {
  match tools.run(sh"exit ${{ code }}", allow_failure: true, name: "code").exit_code {
    0 => say("zero")
    3 | 4 => say("three or four")
    n if n > 100 => say("much: ${n}")
    _ => say("something")
  }
}
pub fn by_check() -> String { if tools.check(["false"], name: "check").passed { say("passed") } else { say("failed") } }
pub fn nested() -> List[String] {
  [for e in built().entries if kept(e) for w in words(e) => [for n in numbers() => say("${w}${n}")].join("+")]
}
fn kept(e: Path) -> Bool { say("keep ${e.name}") != "keep README" }
fn words(e: Path) -> List[String] { if e.name == "a" { tools.run(["echo", "p q"], name: "words").stdout.trim().split(" ") } else { [e.name] } }
fn numbers() -> List[String] { tools.run(["printf", "1\\n2\\n"], name: "numbers").stdout.lines() }
pub fn some_fail() -> List[Check] { [for e in built().entries => one(e.name)] }
fn one(name: String) -> Check {
  let code = tools.run(sh"test ${{ name }} != b", name: "probe ${name}").exit_code
  if code == 0 { tools.check(["echo", name], name: "after ${name}") } else { tools.check(["false"]) }
}
pub fn by_source() -> Check {
  let mode = tools.mount("/src", src).run(sh"cat /src/mode", name: "mode").stdout.trim()
  all([tools.check(["true"], name: "always"), if mode == "fast" { fast() } else { slow() }])
}
fn fast() -> Check { tools.mount("/src", src).check(sh"cat /src/code", name: "fast") }
fn slow() -> Check { tools.mount("/src", src).check(sh"cat /src/code /src/mode", name: "slow") }
"#;

fn forms() -> World {
    let world = World::tools(FORMS);
    world.write("src/mode", "fast\n");
    world.write("src/code", "1\n");
    world
}

#[test]
fn whatever_a_step_gives_can_decide() {
    let world = forms();
    for (target, printed) in [
        ("per_entry", "in README\nin a\nin b\n"),
        ("per_file", "of a/x.c\nof b/y.c\n"),
        ("by_contents", "one"),
        ("by_code", "three or four"),
        ("by_code(code: 0)", "zero"),
        ("by_code(code: 7)", "something"),
        ("by_code(code: 120)", "much: 120"),
        ("by_check", "failed"),
        ("nested", "p1+p2\nq1+q2\nb1+b2\n"),
    ] {
        assert_eq!(world.prints(["run", target]), printed, "{target}");
        // All of it is known now, and nothing of it runs again.
        let plan = world.prints(["plan", target]);
        assert!(!plan.contains("decides") && !plan.contains("to run"), "{target}: {plan}");
        assert_eq!(world.events(["run", target]).success().steps("ran"), [""; 0], "{target}");
    }
}

#[test]
fn a_probe_that_fails_takes_only_its_own_with_it() {
    let world = forms();
    let outcome = world.events(["run", "some_fail"]).exits(1);
    let mut ran = outcome.steps("ran");
    ran.sort();
    assert_eq!(ran, ["after README", "after a", "build", "probe README", "probe a"]);
    assert_eq!(outcome.steps("failed"), ["probe b"]);
    let failure = outcome.the("failure");
    assert_eq!((&failure["name"], &failure["line"]), (&"probe b".into(), &30.into()));
}

#[test]
fn an_edit_of_what_a_probe_reads_changes_what_follows() {
    let world = forms();
    let run = || world.events(["run", "by_source"]).success();
    assert!(run().steps("ran").contains(&"fast".to_owned()));
    assert_eq!(
        world.prints(["why", "by_source", "fast"]),
        "fast: cached; when it ran: first run  main.pipe:37\n"
    );
    // What the probe reads changed, what it says did not: the decision is the same, and made after the probe.
    world.write("src/code", "2\n");
    let plan = world.prints(["plan", "by_source"]);
    assert!(plan.contains("mode    decides what follows: `if` waits for it  main.pipe:35"), "{plan}");
    assert!(plan.contains("always  cached") && !plan.contains("fast"), "{plan}");
    let why = world.run(["why", "by_source", "fast"]).exits(2);
    assert!(why.stderr.contains("the target has no step `fast`"), "{}", why.stderr);
    assert!(world.prints(["why", "by_source", "mode"]).contains("`src/code` changed"));
    assert_eq!(run().steps("ran"), ["mode", "fast"]);
    assert!(world.prints(["why", "by_source", "fast"]).contains("when it ran: `src/code` changed"));
    // Now it says something else.
    world.write("src/mode", "slow\n");
    let outcome = run();
    assert_eq!(
        (outcome.steps("ran"), outcome.steps("cached")),
        (vec!["mode".into(), "slow".into()], vec!["always".into()])
    );
    // Back again: both are remembered, so the plan is whole.
    world.write("src/mode", "fast\n");
    let plan = world.prints(["plan", "by_source"]);
    assert!(plan.contains("3 steps: 3 cached") && !plan.contains("decides"), "{plan}");
}

#[test]
fn what_git_says_decides_without_a_step() {
    let world = World::tools(
        r#"
param repo: Repo = workspace.git()
param since: GitRef = "HEAD~1"
fn touched() -> List[Path] { repo.diff(since, "HEAD").paths }
fn services() -> List[Path] { [for f in repo.tree.glob("services/*/run") => f.parent] }
pub fn changed() -> Check { all([for s in services() if touched().any(fn(p) => p.starts_with(s)) => test_of(s)]) }
fn test_of(folder: Path) -> Check { tools.mount("/s", repo.tree.dir(folder)).check(sh"sh /s/run", name: "test ${folder.name}") }
"#,
    );
    let package = world.package();
    for name in ["api", "web", "job"] {
        world.write(&format!("services/{name}/run"), "exit 0\n");
    }
    git(&world, &package, &["init", "-q"]);
    git(&world, &package, &["add", "-A"]);
    git(&world, &package, &["commit", "-qm", "First"]);
    world.write("services/web/run", "exit 0 # changed\n");
    world.write("services/web/new", "");
    world.write("README", "");
    git(&world, &package, &["add", "-A"]);
    git(&world, &package, &["commit", "-qm", "Second"]);
    let plan = world.prints(["plan", "changed"]);
    assert!(plan.contains("test web  will run") && plan.contains("1 step: 1 to run"), "{plan}");
    assert_eq!(world.events(["run", "changed"]).success().steps("ran"), ["test web"]);
    git(&world, &package, &["rm", "-q", "services/job/run"]);
    git(&world, &package, &["commit", "-qm", "Third"]);
    assert!(world.prints(["plan", "changed"]).contains("no steps"));
    let all = world.events(["run", "changed", "--since", "HEAD~2"]).success();
    assert_eq!(all.steps("cached"), ["test web"]);
}

/// Each decision is made after the step that the one before asks for.
#[test]
fn fifty_rounds_come_to_an_end() {
    let mut program = "fn p(n: String) -> String { tools.run([\"echo\", n], name: \"p ${n}\").stdout.trim() }\nfn f0() -> String { \"0\" }\n".to_owned();
    for n in 1..=50 {
        let before = n - 1;
        let _ = writeln!(
            program,
            "fn f{n}() -> String {{ if f{before}() == \"{before}\" {{ p(\"{n}\") }} else {{ fail(\"wrong at {n}\") }} }}"
        );
    }
    program.push_str("pub fn last() -> String { f50() }\n");
    let world = World::tools(&program);
    let outcome = world.events(["run", "last"]).success();
    assert_eq!(outcome.stdout, "50");
    assert_eq!(outcome.steps("ran").len(), 50);
    let rounds = outcome.objects().iter().filter(|object| object["event"] == "started").count();
    assert!(rounds >= 50, "{rounds}");
    assert!(world.prints(["plan", "last"]).contains("50 steps: 50 cached"));
}

/// What a value that only running gives leads to is counted like everything else.
#[test]
fn the_budget_holds_in_later_rounds_too() {
    let world = World::tools(
        r#"
fn many() -> List[Int] { [for a in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] for b in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] => a * 10 + b] }
fn size() -> String { tools.run(["echo", "big"], name: "size").stdout.trim() }
pub fn absurd() -> Int {
  if size() == "big" {
    [for a in many() for b in many() for c in many() for d in many() => a + b + c + d].len()
  } else {
    0
  }
}
pub fn other() -> Check { tools.check(["true"], name: "other") }
"#,
    );
    let outcome = world.run(["run", "absurd", "other"]).exits(1).says("evaluation-limit");
    assert!(outcome.stderr.contains("main.pipe:8:"), "{}", outcome.stderr);
    assert_eq!(world.events(["run", "other"]).success().steps("cached"), ["other"]);
}
