//! Actions: planned effects.

use pipe_eval::{Demand, Known, KnownOutputs};
use pipe_ops::{Datum, Output};

use crate::pipeline::{Pipeline, holds};

const RELEASE: &str = "
enum Target { Staging, Production(canary: Percent = 10, soak: Duration = 10min) }
fn ci() -> Check { scratch().check([\"test\"]) }
fn app() -> Container { image(\"a\").user(\"me\") }
fn names(a: Action[Unit]) -> List[String] { [for s in plan(a).actions => s.name] }
action announce(text: String) { do notify(text) }
action apply(to: String) { do app().perform([\"apply\", to], name: \"apply ${to}\") }
action release(to: Target = Staging) {
  gate ci()
  let pushed = do app().push(\"ghcr.io/a/b:1\")
  match to {
    Staging => do apply(\"staging\")
    Production(canary, soak) => {
      do apply(\"canary\")
      do sleep(soak)
      do approval(\"Promote ${pushed}?\")
      do apply(\"all\")
    }
  }
}
action combined() {
  do parallel([announce(\"a\"), announce(\"b\")], limit: 2)
  do sequence([announce(\"c\")])
  do retry(announce(\"d\"), times: 5)
  do on_failure(announce(\"e\"), announce(\"f\"))
  do finally(announce(\"g\"), announce(\"h\"))
  do allow_failure(announce(\"i\"))
}
";

#[test]
fn a_plan_names_the_effects_in_order() {
    let mut pipeline = Pipeline::new(RELEASE);
    assert_eq!(pipeline.json("names(release())"), r#"["push","apply staging"]"#);
    assert_eq!(
        pipeline.json("names(release(Production(soak: 1h)))"),
        r#"["push","apply canary","sleep","approval","apply all"]"#
    );
    assert_eq!(pipeline.json("names(combined()).len()"), "9");
}

#[test]
fn effects_come_one_after_the_other() {
    let mut pipeline = Pipeline::new(
        "action a() {\n  do notify(\"x\")\n  do notify(\"x\")\n  do parallel([notify(\"y\"), notify(\"y\"), notify(\"z\")], limit: 2)\n}",
    );
    let graph = pipeline.graph("a()");
    let lines: Vec<&str> = graph.lines().map(|line| line.split("  #").next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "%0 = notify \"x\" after []",
            "%1 = notify \"x\" after [%0]",
            "%2 = lane 0 after [%1]",
            "%3 = notify \"y\" after [%2]",
            "%4 = lane 1 after [%1]",
            "%5 = notify \"y\" after [%4]",
            "%6 = lane 2 after [%1]",
            "%7 = settled [%3] after [%1]",
            "%8 = notify \"z\" after [%6, %7]",
            "=> %3, %5, %8",
        ]
    );
}

/// Decides with what is known; gives names of the effects, and what is awaited.
fn done(pipeline: &mut Pipeline, known: &KnownOutputs) -> (Vec<String>, bool, Vec<Output>) {
    pipeline.evaluator.next_round(known);
    let Demand::Action(plan) = pipeline.demand("a()") else { panic!() };
    let names = plan.effects.iter().map(|effect| effect.name.to_string()).collect();
    let awaited = pipeline.evaluator.awaited().iter().map(|awaited| awaited.output).collect();
    (names, plan.waits, awaited)
}

fn answer(known: &mut KnownOutputs, outputs: &[Output], value: bool) {
    known.extend(outputs.iter().map(|output| (*output, Known::Value(Datum::Bool(value)))));
}

#[test]
fn a_retry_goes_on_until_it_succeeds() {
    let mut pipeline =
        Pipeline::new("action a() {\n  do retry(sleep(1s), times: 3)\n  do notify(\"then\")\n}");
    let mut known = KnownOutputs::new();
    let (names, waits, awaited) = done(&mut pipeline, &known);
    assert_eq!((names, waits), (vec!["sleep".to_owned()], true));
    answer(&mut known, &awaited, false);
    let (names, _, awaited) = done(&mut pipeline, &known);
    assert_eq!(names, ["sleep", "sleep"]);
    answer(&mut known, &awaited, true);
    let (names, waits, _) = done(&mut pipeline, &known);
    assert_eq!((names, waits), (vec!["sleep".into(), "sleep".into(), "notify".into()], false));
}

#[test]
fn what_becomes_of_an_action_decides_what_follows() {
    for (action, good, bad) in [
        (
            "let r = do allow_failure(notify(\"x\"))\n  match r { some(_) => do notify(\"good\"), none => do sleep(1s) }",
            "notify",
            "sleep",
        ),
        ("do on_failure(notify(\"x\"), sleep(1s))\n  do notify(\"then\")", "notify", "sleep"),
    ] {
        for (value, last) in [(true, good), (false, bad)] {
            let mut pipeline = Pipeline::new(&format!("action a() {{\n  {action}\n}}"));
            let mut known = KnownOutputs::new();
            let (_, waits, awaited) = done(&mut pipeline, &known);
            assert!(waits);
            answer(&mut known, &awaited, value);
            let (names, waits, _) = done(&mut pipeline, &known);
            assert_eq!((names.get(1).map(String::as_str), waits), (Some(last), false), "{action} {value}");
        }
    }
}

#[test]
fn nothing_behind_a_decision_is_done_before_it_is_made() {
    let program = "action a() {\n  let r = do scratch().perform([\"x\"])\n  if r.stdout == \"y\" { do notify(\"yes\") }\n  do sleep(1s)\n}";
    let mut pipeline = Pipeline::new(program);
    let mut known = KnownOutputs::new();
    let (names, waits, awaited) = done(&mut pipeline, &known);
    assert_eq!((names, waits), (vec!["perform".to_owned()], true));
    answer(&mut known, &awaited, false);
    let (names, waits, _) = done(&mut pipeline, &known);
    assert_eq!((names, waits), (vec!["perform".into(), "sleep".into()], false));
    // A plan says what it waits for.
    assert!(
        Pipeline::new(program)
            .error("plan(a())")
            .starts_with("known-later: `if` needs a value that is known only after `perform`")
    );
}

#[test]
fn what_failed_is_cleaned_up_behind() {
    let mut pipeline = Pipeline::new(
        "action a() { do finally(b(), notify(\"cleanup\")) }\naction b() {\n  let r = do scratch().perform([\"x\"])\n  if r.stdout == \"y\" { do notify(\"yes\") }\n}",
    );
    let mut known = KnownOutputs::new();
    let (names, _, awaited) = done(&mut pipeline, &known);
    assert_eq!(names, ["perform"]);
    known.insert(awaited[0], Known::Lost);
    let (names, waits, _) = done(&mut pipeline, &known);
    assert_eq!((names, waits), (vec!["perform".into(), "notify".into()], true));
}

#[test]
fn an_effect_that_is_not_there_yet_stands_on_a_node_that_is_refused() {
    let mut pipeline =
        Pipeline::new("action p() -> ImageRef { do scratch().push(\"a/b\", auth: fake.auth()) }");
    let Demand::Action(plan) = pipeline.demand("p()") else { panic!() };
    assert_eq!(plan.effects.iter().map(|effect| &*effect.operation).collect::<Vec<_>>(), ["push"]);
}

#[test]
fn tests_look_at_plans_without_a_run() {
    let program = format!(
        "{RELEASE}\ntest \"order\" {{\n  expect names(release()) == [\"push\", \"apply staging\"]\n  expect app().user == \"you\"\n}}"
    );
    let mut pipeline = Pipeline::new(&program);
    let plan = pipeline.test("order").unwrap();
    assert!(!plan.needs_run());
    assert_eq!(holds(&plan), [true, false]);
}

#[test]
fn arguments_of_combinations_are_checked() {
    let mut pipeline = Pipeline::new(RELEASE);
    assert!(
        pipeline
            .error("retry(announce(\"a\"), times: 0)")
            .starts_with("invalid-value: an action is tried at least once\n  at 0")
    );
    assert!(
        pipeline
            .error("parallel([announce(\"a\")], limit: 0)")
            .starts_with("invalid-value: at least one runs at once\n  at 0")
    );
}

#[test]
fn actions_inside_each_other_are_counted_one_by_one() {
    let mut program = "action a0() { }\n".to_owned();
    for i in 1..=60 {
        program.push_str(&format!("action a{i}() {{\n  do a{0}()\n  do a{0}()\n}}\n", i - 1));
    }
    let budget = pipe_eval::Budget { steps: 10_000, ..Default::default() };
    let mut pipeline = Pipeline::with(&program, crate::pipeline::facts(), Vec::new(), budget);
    assert!(
        pipeline.error("a60()").starts_with("evaluation-limit: the evaluation takes more than 10000 steps")
    );
}

#[test]
fn what_gates_an_action_is_asked_for_with_its_effects() {
    let mut pipeline = Pipeline::new(RELEASE);
    let demand = pipeline.demand("release()");
    let Demand::Action(plan) = &demand else { panic!() };
    assert_eq!(plan.gates.iter().map(|part| &*part.name).collect::<Vec<_>>(), ["ci"]);
    assert_eq!(demand.outputs().len(), 2);
}
