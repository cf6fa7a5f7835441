//! Simulated actions, and fakes: what is tested without running anything.

use pipe_eval::{Demand, ErrorKind};

use crate::pipeline::{Pipeline, holds};

const ROLLOUT: &str = r#"
fn tools() -> Container { scratch() }
fn version() -> String { tools().run(["version"]).stdout.trim() }
fn is_new(v: String) -> Bool { if v == "2" { true } else { false } }
fn ci() -> Check { all([tools().check(["lint"], name: "lint"), tools().check(["unit"], name: "unit")]) }
action apply(to: String) -> Container { do tools().perform(["apply", to], name: "apply ${to}") }
action rollout() {
  gate ci()
  let canary = do apply("canary")
  if canary.stdout.trim() == "healthy" { do approval("Promote?") }
  do apply("all")
}
action safe() {
  do on_failure(apply("all"), notify("failed"))
  do notify("then")
}
action again() { do retry(apply("all"), times: 3) }
action clean() { do finally(apply("all"), notify("cleanup")) }
action allowed() {
  let r = do allow_failure(apply("all"))
  match r { some(_) => do notify("good"), none => do notify("bad") }
}
action by_version() { if is_new(version()) { do notify("new") } else { do notify("old") } }
fn names[T](s: Simulation[T]) -> List[String] { [for a in s.actions => if a.failed { "${a.name}!" } else { a.name }] }
"#;

fn simulated(call: &str) -> (String, String) {
    let mut pipeline = Pipeline::new(ROLLOUT);
    (pipeline.json(&format!("names({call})")), pipeline.json(&format!("({call}).failed")))
}

#[test]
fn answers_decide_what_is_done() {
    for (call, names, failed) in [
        (
            r#"simulate(rollout(), answers: [Output("apply canary", stdout: "healthy\n"), Yes])"#,
            r#"["apply canary","approval","apply all"]"#,
            "false",
        ),
        (
            r#"simulate(rollout(), answers: [Output("apply canary", stdout: "healthy"), No])"#,
            r#"["apply canary","approval!"]"#,
            "true",
        ),
        // Nobody is there to say yes.
        (
            r#"simulate(rollout(), answers: [Output("apply canary", stdout: "healthy")])"#,
            r#"["apply canary","approval!"]"#,
            "true",
        ),
        (
            r#"simulate(rollout(), answers: [Output("apply canary", stdout: "ill")])"#,
            r#"["apply canary","apply all"]"#,
            "false",
        ),
        (
            r#"simulate(rollout(), answers: [Output("apply canary", exit_code: 1)])"#,
            r#"["apply canary!"]"#,
            "true",
        ),
        (r#"simulate(rollout(), answers: [Output("unit", exit_code: 1)])"#, "[]", "true"),
        (r#"simulate(safe())"#, r#"["apply all","notify"]"#, "false"),
        (
            r#"simulate(safe(), answers: [Output("apply all", exit_code: 2)])"#,
            r#"["apply all!","notify"]"#,
            "true",
        ),
        (r#"simulate(again())"#, r#"["apply all"]"#, "false"),
        (
            r#"simulate(again(), answers: [Output("apply all", exit_code: 2), Output("apply all")])"#,
            r#"["apply all!","apply all"]"#,
            "false",
        ),
        (
            r#"simulate(again(), answers: [for n in [1, 2, 3] => Output("apply all", exit_code: n)])"#,
            r#"["apply all!","apply all!","apply all!"]"#,
            "true",
        ),
        (
            r#"simulate(clean(), answers: [Output("apply all", exit_code: 2)])"#,
            r#"["apply all!","notify"]"#,
            "true",
        ),
        (
            r#"simulate(allowed(), answers: [Output("apply all", exit_code: 2)])"#,
            r#"["apply all!","notify"]"#,
            "false",
        ),
    ] {
        assert_eq!(simulated(call), (names.to_owned(), failed.to_owned()), "{call}");
    }
}

#[test]
fn what_is_said_is_told_with_what_was_done() {
    let mut pipeline = Pipeline::new(ROLLOUT);
    let details = |call: &str| format!("[for a in {call}.actions => \"${{a.operation}}: ${{a.detail}}\"]");
    assert_eq!(
        pipeline.json(&details("simulate(allowed(), answers: [Output(\"apply all\", exit_code: 2)])")),
        r#"["perform: apply all","notify: bad"]"#
    );
    let program = "action a() -> Unit {\n  let r = do scratch().perform([\"x\"])\n  do notify(\"it said ${r.stdout.trim()}.\")\n  do sleep(90s)\n  do dir().export(\"out\")\n}";
    let mut pipeline = Pipeline::new(program);
    assert_eq!(
        pipeline.json(&details("plan(a())")),
        r#"["perform: x","notify: it said ….","sleep: 1min30s","export: out"]"#
    );
    let told = details("simulate(a(), answers: [Output(\"perform\", stdout: \"yes\\n\")])");
    assert!(pipeline.json(&told).contains("notify: it said yes."));
}

/// One function is asked twice with the same step: what one simulation says of it is nothing to the other.
#[test]
fn what_is_known_in_a_simulation_stays_in_it() {
    let mut pipeline = Pipeline::new(&format!(
        "{ROLLOUT}\ntest \"t\" {{\n  let say = fn(v) => simulate(by_version(), answers: [Output(\"version\", stdout: v)]).actions.map(fn(a) => a.detail)\n  expect say(\"2\\n\") == [\"new\"]\n  expect say(\"1\\n\") == [\"old\"]\n  expect say(\"2\") == [\"new\"]\n}}"
    ));
    let plan = pipeline.test("t").unwrap();
    assert!(!plan.needs_run());
    assert_eq!(holds(&plan), [true, true, true]);
}

#[test]
fn answers_that_do_not_fit_are_mistakes() {
    let mut pipeline = Pipeline::new(ROLLOUT);
    let mut error = |call: &str| pipeline.error(call);
    assert!(
        error("simulate(safe(), answers: [Yes])")
            .starts_with("invalid-value: nothing asks for an answer: `Yes` is left")
    );
    assert!(
        error("simulate(safe(), answers: [Output(\"aply all\", exit_code: 1)])")
            .contains("the one for `aply all` is left")
    );
    let wrong = error(
        "simulate(rollout(), answers: [Output(\"apply canary\", stdout: \"healthy\"), Output(\"apply all\")])",
    );
    assert!(wrong.contains("`approval` asks a person, and the next answer is for `apply all`"), "{wrong}");
    assert!(error("simulate(safe(), answers: [Output(\"x\", exit_code: 300)])").contains("not an exit code"));
    // A decision that nothing is said about.
    let open = error("simulate(rollout())");
    assert!(
        open.starts_with("known-later: `if` needs a value that is known only after `apply canary`"),
        "{open}"
    );
}

const RESULTS: &str = r#"
fn tools() -> Container { scratch() }
action publish(app: Container) -> ImageRef { do app.push("ghcr.io/acme/app:1") }
action release(app: Container) -> String {
  let pushed = do publish(app)
  do notify("pushed ${pushed}")
  "released ${pushed}"
}
action count() -> Int {
  let counted = do tools().perform(["count"])
  counted.stdout.trim().len()
}
action ask() -> String {
  do approval("Go?")
  "went"
}
action both() -> List[Int] { do parallel([count(), count()]) }
action perhaps() -> Int? { do allow_failure(count()) }
action leaves() -> Container { do tools().write("/a", "b").perform(["make"]) }
action decided() -> String {
  let left = do leaves()
  if left.stdout == "x" { "x" } else { "other" }
}
action lints() -> Check {
  let left = do leaves()
  left.check(["lint"])
}
action version() -> String { tools().run(["version"]).stdout.trim() }
action none_given() { do notify("x") }
"#;

#[test]
fn what_an_action_gives_is_there() {
    let mut pipeline = Pipeline::new(RESULTS);
    for (call, result) in [
        ("simulate(release(scratch())).result", r#""released ghcr.io/acme/app:1""#),
        (
            r#"simulate(release(scratch()), answers: [Output("push", stdout: "ghcr.io/acme/app@sha256:1\n")]).actions.last()?.detail"#,
            r#""pushed ghcr.io/acme/app@sha256:1""#,
        ),
        ("simulate(publish(scratch())).result", r#""ghcr.io/acme/app:1""#),
        ("simulate(release(scratch()), answers: [Output(\"push\", exit_code: 1)]).result", "null"),
        (r#"simulate(count(), answers: [Output("perform", stdout: "abc\n")]).result"#, "3"),
        (r#"simulate(count(), answers: [Output("perform", exit_code: 1)]).result"#, "null"),
        ("simulate(ask(), answers: [Yes]).result", r#""went""#),
        ("simulate(ask(), answers: [No]).result", "null"),
        (
            r#"simulate(both(), answers: [Output("perform", stdout: "a"), Output("perform", stdout: "bc")]).result"#,
            "[1,2]",
        ),
        (r#"simulate(perhaps(), answers: [Output("perform", stdout: "abc")]).result"#, "3"),
        (r#"simulate(perhaps(), answers: [Output("perform", exit_code: 1)]).failed"#, "false"),
        (
            r#"simulate(leaves(), answers: [Output("perform", stdout: "o", stderr: "e")]).result?.stdout"#,
            r#""o""#,
        ),
        (r#"simulate(decided(), answers: [Output("perform", stdout: "x")]).result"#, r#""x""#),
        (r#"simulate(version(), answers: [Output("version", stdout: "2\n")]).result"#, r#""2""#),
    ] {
        assert_eq!(pipeline.json(call), result, "{call}");
    }
}

/// What one simulation says of an effect is nothing to another one, and nothing to the action when it is done.
#[test]
fn what_an_action_gives_is_what_this_simulation_says() {
    let mut pipeline = Pipeline::new(&format!(
        "{RESULTS}\ntest \"t\" {{\n  let say = fn(v) => simulate(count(), answers: [Output(\"perform\", stdout: v)]).result\n  expect say(\"a\") == 1\n  expect say(\"abc\") == 3\n  expect match simulate(none_given()).result {{ some(_) => true, none => false }}\n}}"
    ));
    let plan = pipeline.test("t").unwrap();
    assert!(!plan.needs_run());
    assert_eq!(holds(&plan), [true, true, true]);
}

/// Nobody may do an effect to have what a simulated action gives.
#[test]
fn what_is_not_said_is_not_done_to_be_known() {
    for (expectation, error) in [
        (
            "simulate(count()).result == 3",
            "`expect` needs a value that is known only after `perform` was done",
        ),
        ("simulate(leaves()).result?.stdout == \"\"", "known only after `perform`"),
        ("simulate(leaves()).result?.file(\"/a\")?.contents == \"b\"", "known only after `perform`"),
        ("simulate(lints()).result?.passed == true", "known only after `perform`"),
        ("(if simulate(count()).result == 3 { 1 } else { 2 }) == 1", "known only after `perform`"),
    ] {
        let mut pipeline = Pipeline::new(&format!("{RESULTS}\ntest \"t\" {{ expect {expectation} }}"));
        let told = pipeline.test("t").unwrap_err().to_string();
        assert!(told.contains(error), "{expectation}: {told}");
    }
    let mut pipeline = Pipeline::new(RESULTS);
    assert!(pipeline.error("simulate(count()).result").contains("known only after `perform`"));
    assert!(pipeline.error("simulate(leaves()).result?.rootfs").contains("known only after `perform`"));
}

const FAKES: &str = r##"
fn probe(tools: Container) -> String { tools.run(["go", "version"]).stdout.trim() }
fn newest(tools: Container) -> Bool { if probe(tools) == "1.22" { true } else { false } }
fn unit(tools: Container) -> Check { tools.check(sh"go test ./...", name: "unit") }
fn notes(f: File) -> List[String] { [for l in f.lines if l.starts_with("#") => l.trim_prefix("# ")] }
action ship(tools: Container) {
  gate unit(tools)
  let r = do tools.perform(["deploy"])
  if r.stdout == "done" { do notify("done") } else { do notify("odd") }
}
"##;

fn test(body: &str) -> Vec<bool> {
    let mut pipeline = Pipeline::new(&format!("{FAKES}\ntest \"t\" {{\n{body}\n}}"));
    let plan = pipeline.test("t").unwrap();
    assert!(!plan.needs_run(), "{body}");
    holds(&plan)
}

#[test]
fn functions_over_containers_are_tested_without_one() {
    let body = r#"
  let go = fake.container(answers: [Output("go version", stdout: "1.22\n"), Output("go test", exit_code: 1, stderr: "bad")])
  expect newest(go)
  expect !newest(fake.container())
  expect !unit(go).passed
  expect unit(go).stderr == "bad"
  expect unit(go).exit_code == 1
  expect unit(fake.container()).passed
  expect !all([unit(go), unit(fake.container())]).passed
  expect unit(go).warn_only().passed
  expect !unit(fake.container()).requires(unit(go)).passed
  expect go.env("A", "1").user("me").run(["anything"]).user == "me"
  expect fake.container(files: ["/etc/os": "x"]).run(["y"]).file("/etc/os").contents == "x""#;
    assert_eq!(test(body), [true; 11]);
}

#[test]
fn files_and_folders_are_made_of_texts() {
    let body = r##"
  expect notes(fake.file("# a\nb\n# c\n")) == ["a", "c"]
  expect fake.dir(["a/b": "x", "c": "y"]).file("a/b").contents == "x"
  expect dir().write("n", "1\n2").file("n").lines.len() == 2"##;
    assert_eq!(test(body), [true; 3]);
}

#[test]
fn an_action_over_a_fake_is_simulated_by_what_it_says() {
    let body = r#"
  let good = fake.container(answers: [Output("deploy", stdout: "done")])
  expect simulate(ship(good)).actions.map(fn(a) => a.detail) == ["deploy", "done"]
  expect simulate(ship(fake.container())).actions.map(fn(a) => a.detail) == ["deploy", "odd"]
  let bad = fake.container(answers: [Output("go test", exit_code: 1)])
  expect simulate(ship(bad)).failed
  expect simulate(ship(bad)).actions.len() == 0"#;
    assert_eq!(test(body), [true; 4]);
}

#[test]
fn a_fake_fails_as_a_step_does() {
    let program = format!(
        "{FAKES}\ntest \"t\" {{ expect probe(fake.container(answers: [Output(\"go\", exit_code: 2)])) == \"\" }}\ntest \"person\" {{ expect probe(fake.container(answers: [Yes])) == \"\" }}"
    );
    let mut pipeline = Pipeline::new(&program);
    let error = pipeline.test("t").unwrap_err();
    assert!(error.to_string().contains("this command fails: the fake container's answer has exit code 2"));
    assert!(
        pipeline.test("person").unwrap_err().to_string().contains("a container answers for its commands")
    );
}

/// A pipeline that runs must not go on with what was made up.
#[test]
fn a_fake_container_is_for_tests_only() {
    let mut pipeline = Pipeline::new("pub fn f() -> Container { fake.container() }");
    let error = pipeline.eval("f()").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Pipeline);
    assert!(error.to_string().contains("`fake.container` is for tests"));
    assert!(matches!(pipeline.demand("fake.file(\"x\")"), Demand::File(_)));
}
