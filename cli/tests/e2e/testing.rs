//! `pipe test`.

use crate::harness::World;

const DIFFERING: &str = r#"
record App { name: String, tags: List[String] }
fn app() -> App { App(name: "a name that is the same", tags: ["x", "y"]) }
fn text() -> String { "first\nsecond\nthird\nfourth" }

test "a record" { expect app() == App(name: "a name that is the same", tags: ["x", "z"]) }
test "lines" { expect text() == "first\nsecond\n3rd\nfourth" }
test "a question" { expect app().tags.contains("q") }
test "unequal" { expect app().name != "a name that is the same" }
test "order" { expect 2 < 1 }
test "passes" { expect text().lines().len() == 4 }
"#;

#[test]
fn only_what_differs_is_shown() {
    let world = World::module(DIFFERING);
    let outcome = world.run(["test"]).exits(1);
    assert!(outcome.stdout.ends_with("ok      passes\n1 passed, 5 failed\n"), "{}", outcome.stdout);
    for part in [
        ".tags[1]",
        "left:  \"y\"",
        "right: \"z\"",
        "line 2 (- left, + right)",
        "- third",
        "+ 3rd",
        "it is asked of [\"x\", \"y\"]",
        "both are \"a name that is the same\"",
        "left:  2",
        "main.pipe:6:",
    ] {
        assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
    }
    // What is equal is not shown: neither the name nor the last line.
    let record = outcome.stderr.split("main.pipe:7:").next().unwrap();
    assert!(!record.contains("name: \"a name that is the same\", tags: [\"x\", \"y\"]"), "{record}");
    assert!(!outcome.stderr.contains("- first") && !outcome.stderr.contains("+ first"), "{}", outcome.stderr);
}

#[test]
fn a_filter_that_finds_nothing_is_a_mistake() {
    let world = World::module(DIFFERING);
    assert_eq!(world.prints(["test", "asse"]), "ok      passes\n1 passed, 0 failed\n");
    world.run(["test", "pases"]).exits(2).says("no test has `pases` in its title").says("mean `passes`?");
}

#[test]
fn one_test_is_chosen_by_its_whole_title() {
    let world = World::module("test \"it\" { expect true }\ntest \"it holds\" { expect true }\n");
    assert_eq!(world.prints(["test", "it"]), "ok      it\nok      it holds\n2 passed, 0 failed\n");
    assert_eq!(world.prints(["test", "--exact", "it"]), "ok      it\n1 passed, 0 failed\n");
    world
        .run(["test", "--exact", "it hold"])
        .exits(2)
        .says("no test has the title `it hold`")
        .says("`it holds`");
    world.run(["test", "--exact"]).exits(2);
}

const CONTAINERS: &str = r#"
fn out(text: String) -> String { tools.run(["echo", text]).stdout.trim() }

test "of a step" { expect out("a") == "b" }
test "needs nothing" { expect 1 == 1 }
test "cannot run" { expect tools.run(sh"echo gone; exit 7").stdout == "" }
test "</x> & \"quoted\"" { expect true }
"#;

#[test]
fn a_junit_report_has_every_test() {
    let world = World::tools(CONTAINERS);
    let folder = world.path("reports");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("junit.xml");
    world.run(["test", "--junit", file.to_str().unwrap()]).exits(1);
    let text = std::fs::read_to_string(&file).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((report.tests, report.failures), (4, 2), "{text}");
    let cases = &report.test_suites[0].test_cases;
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["needs nothing", "</x> & \"quoted\"", "of a step", "cannot run"]);
    for part in ["left:", "right:", "exit code 7", "gone", "line=\"8\""] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Nothing else is left beside it.
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let nowhere = folder.join("no/such/file");
    world.run(["test", "needs", "--junit", nowhere.to_str().unwrap()]).exits(2).says("cannot write");
    assert!(world.package().join("main.pipe").exists());
}

#[test]
fn a_junit_report_tells_of_a_command_that_was_refused() {
    let world = World::tools(
        r#"test "plain" { expect 1 == 1 }
test "of the host" { expect tools.run(["true"], network: Host).stdout == "" }
test "of a step" { expect tools.run(["true"]).stdout == "" }
"#,
    );
    let file = world.path("junit.xml");
    world.run(["test", "--junit", file.to_str().unwrap()]).exits(2).says("--allow net:host");
    let text = std::fs::read_to_string(&file).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((report.tests, report.failures), (3, 2), "{text}");
    assert_eq!(text.matches("did not run: ").count(), 4, "a message and a description each: {text}");
    assert!(text.contains("--allow net:host"), "{text}");
}

#[test]
fn coverage_names_what_no_test_entered() {
    let world = World::tools(
        r#"enum To { Staging, Live(canary: Int) }
fn name(to: To) -> String {
  match to {
    Staging => "s"
    Live(canary) => "l ${canary}"
  }
}
fn forgotten() -> Int { match 1 { 1 => 2, _ => 3 } }
fn of_a_step() -> String { if tools.run(["echo", "y"]).stdout == "y\n" { inner() } else { "" } }
fn inner() -> String { "z" }
action ship(to: To) { do notify(name(to)) }

test "name" { expect name(To.Staging) == "wrong" }
test "step" { expect of_a_step() == "z" }
test "ship" { expect plan(ship(To.Staging)).actions.len() == 1 }
"#,
    );
    let outcome = world.run(["test", "--coverage"]).exits(1);
    let table = outcome.stdout.split("2 passed, 1 failed\n").nth(1).unwrap();
    assert_eq!(
        table,
        "file       functions           arms\n\
         main.pipe  4 of 5, 80 %        1 of 4, 25 %\n\
         never entered:\n  \
         main.pipe:7  name: `Live(canary) => \"l ${canary}\"`\n  \
         main.pipe:10  forgotten\n"
    );
    // A filter narrows what is entered.
    let outcome = world.run(["test", "--coverage", "ship"]).success();
    assert!(outcome.stdout.contains("main.pipe:11  of_a_step\n"), "{}", outcome.stdout);
}

/// Both begin before one of them is over: each waits for what the other one writes into their volume.
#[test]
fn tests_that_start_containers_run_side_by_side() {
    let world = World::tools(
        r#"fn meet(own: String, other: String) -> String {
  tools.cache("/meet", "meet").run(sh"""
    touch /meet/${{ own }}
    until [ -e /meet/${{ other }} ]; do sleep 0.01; done
    echo met
  """, timeout: 5min).stdout.trim()
}
test "a" { expect meet("a", "b") == "met" }
test "b" { expect meet("b", "a") == "met" }
"#,
    );
    let outcome = world.run(["test", "--jobs", "2"]).success();
    assert!(outcome.stdout.ends_with("2 passed, 0 failed\n"), "{}", outcome.stdout);
}

/// The examples of the reference: a rollout with approvals, and functions over containers, on a store that is never made.
#[test]
fn rollouts_are_tested_without_a_container() {
    let page =
        std::fs::read_to_string(crate::harness::repository().join("docs/reference/testing.md")).unwrap();
    let blocks: Vec<&str> =
        page.split("```pipe\n").skip(1).filter_map(|rest| rest.split("```\n").next()).collect();
    let world = World::module(&format!("{}{}", blocks[1], blocks[2]));
    let outcome = world.run(["test"]).success();
    assert!(outcome.stdout.ends_with("3 passed, 0 failed\n"), "{}", outcome.stdout);
    assert!(!world.store().exists(), "a test that starts nothing needs no store");
}

#[test]
fn a_fixture_takes_the_place_of_the_sources() {
    let world = World::module(
        "param src: Dir = workspace.dir(\"src\")\nfn names() -> List[String] { [for e in src.entries => e.name] }\n\
         test \"own\" { expect names() == [\"real\"] }\n\
         test \"other\" with (src: fixture(\"testdata/two\")) { expect names() == [\"a\", \"b\"] }\n\
         test \"file\" { expect fixture(\"testdata\").file(\"two/a\").contents == \"A\" }\n",
    );
    for (name, text) in [("src/real", ""), ("testdata/two/a", "A"), ("testdata/two/b", "")] {
        world.write(name, text);
    }
    assert!(world.prints(["test"]).ends_with("3 passed, 0 failed\n"));
    world.write("testdata/two/c", "");
    let outcome = world.run(["test"]).exits(1);
    assert!(outcome.stderr.contains("[2]") && outcome.stderr.contains("left:  \"c\""), "{}", outcome.stderr);
}
